import Failures

/// A zip file in memory, read by its central directory.
///
/// Everything is checked before a byte is unpacked: the whole structure, the names, that no two entries share bytes,
/// and the sum of the sizes. Stored and deflated entries are read, also those of zip64; encrypted ones are refused.
public struct ZipArchive: Sendable {
  /// How an entry is packed; the value is that of the format.
  enum Method: UInt16 { case stored = 0, deflated = 8 }

  /// A file in the archive.
  public struct Entry: Sendable {
    /// Its name: relative, without `..`, with `/` between folders.
    public let name: String
    /// How many bytes it holds, unpacked.
    public let size: Int
    let method: Method
    let checksum: UInt32
    let packed: Range<Int>
  }

  /// The files, in the order of the central directory.
  public let entries: [Entry]
  private let bytes: [UInt8]
  private let name: String

  /// The zip file `bytes`, called `name` in errors, whose entries unpack to at most `limit` bytes together.
  ///
  /// - Throws: `.data` for anything that is not a whole, unencrypted, unambiguous zip file within `limit`.
  public init(_ bytes: [UInt8], limit: Int, name: String) throws {
    (self.bytes, self.name) = (bytes, name)
    let directory = try ZipDirectory(bytes, name: name)
    entries = try directory.records.map { try $0.entry(in: bytes, directory: directory, name: name) }
    try checkEntries(starts: directory.records.map(\.headerOffset), limit: limit)
  }

  /// The unpacked bytes of `entry`, whose checksum is right.
  ///
  /// - Throws: `.data` if it is damaged.
  public func contents(of entry: Entry) throws -> [UInt8] {
    let contents = try unpacked(entry)
    guard contents.count == entry.size, contents.withUnsafeBytes(checksum) == entry.checksum else {
      throw Failure(.data, "\(name): \(entry.name): its size or CRC-32 is wrong; it is damaged, fetch it again")
    }
    return contents
  }

  private func unpacked(_ entry: Entry) throws -> [UInt8] {
    guard entry.method == .deflated else { return Array(bytes[entry.packed]) }
    var output: [UInt8] = []
    // Data deflates to a thousandth at most, so a false size reserves no more than the file deserves.
    output.reserveCapacity(min(entry.size, entry.packed.count * 1032))
    var position = 0
    var inflater = try Inflater(.raw)
    try bytes.withUnsafeBytes { all in
      let input = UnsafeRawBufferPointer(rebasing: all[entry.packed])
      do throws(InflateError) {
        try inflater.unpack(input, from: &position, into: &output, limit: entry.size)
      } catch {
        let words = explanation(error, position: entry.packed.lowerBound + position, limit: entry.size)
        throw Failure(.data, "\(name): \(entry.name): \(words)")
      }
      guard position == input.count else {
        throw Failure(.data, "\(name): \(entry.name): something follows the deflated data; fetch it again")
      }
    }
    return output
  }

  /// Refuses two entries of one name or with common bytes, and entries that hold more than `limit` bytes together.
  private func checkEntries(starts: [Int], limit: Int) throws {
    var names: Set<String> = []
    var total = 0
    for entry in entries {
      guard names.insert(entry.name).inserted else {
        throw Failure(.data, "\(name): \(entry.name): comes twice; it is damaged or forged")
      }
      let (sum, overflow) = total.addingReportingOverflow(entry.size)
      guard !overflow, sum <= limit else {
        throw Failure(.data, "\(name): holds more than the \(limit) bytes that are unpacked at most")
      }
      total = sum
    }
    var end = 0
    for (start, entry) in zip(starts, entries).sorted(by: { $0.0 < $1.0 }) {
      guard start >= end else {
        throw Failure(.data, "\(name): \(entry.name): overlaps another entry; it is damaged or forged")
      }
      end = entry.packed.upperBound
    }
  }
}
