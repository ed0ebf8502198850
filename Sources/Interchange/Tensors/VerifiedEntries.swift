import Archives
import Synchronization

/// The entries of an archive whose checksums were found right; each is read through for that only once.
final class VerifiedEntries: Sendable {
  private let names = Mutex<Set<String>>([])

  /// Reads `entry` through unless that was done.
  ///
  /// - Throws: `.data` if it is damaged.
  func verify(_ entry: ZipArchive.Entry, of archive: ZipArchive) throws {
    guard !names.withLock({ $0.contains(entry.name) }) else { return }
    try archive.forEachPart(of: entry) { _ in }
    names.withLock { _ = $0.insert(entry.name) }
  }
}
