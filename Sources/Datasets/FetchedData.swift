import Failures
import Files

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Where data sets lie that were fetched, and are then found by their names alone.
public enum FetchedData {
  /// The folder of the data set called `name`, there or not: below `XDG_CACHE_HOME`, else below `.cache` in the home folder.
  ///
  /// - Throws: `.usage` where the environment names neither.
  public static func folder(of name: String) throws -> String {
    func variable(_ name: String) -> String? {
      getenv(name).map { PathText.text(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
    }
    // The convention has it that a relative path is passed over.
    if let cache = variable("XDG_CACHE_HOME"), cache.hasPrefix("/") { return "\(cache)/cusp/\(name)" }
    guard let home = variable("HOME"), !home.isEmpty else {
      throw Failure(.usage, "\(name): where would it lie? set XDG_CACHE_HOME or HOME, or name its folder: \(name):DIR")
    }
    return "\(home)/.cache/cusp/\(name)"
  }
}

extension DatasetReference.Family {
  /// Where it lies if it was fetched.
  ///
  /// - Throws: `.usage` if it was not, with what to write.
  func fetchedFolder() throws -> String {
    let folder = try FetchedData.folder(of: rawValue)
    guard folderExists(at: folder) else {
      throw Failure(
        .usage,
        "\(rawValue): names no folder; write \(rawValue):DIR, or fetch it to \(folder) by cusp-data fetch \(rawValue)")
    }
    return folder
  }

  /// `path`, which is a folder's.
  func checked(_ path: String) throws -> String {
    guard path.isEmpty else { return path }
    throw Failure(.usage, "\(rawValue):: names no folder; write \(rawValue):DIR")
  }
}
