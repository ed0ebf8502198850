import Archives
import Failures
import Files

/// A folder with the original files of a data set, each plain or packed by gzip.
struct DataFolder {
  /// The most bytes that a file may hold, unpacked: every public data set that is read has far less.
  static let limit = 1 << 30

  /// The folder's path.
  let path: String

  /// The file called `name`, or `name.gz`, if there is one.
  func path(of name: String) -> String? { ["", ".gz"].map { "\(path)/\(name)\($0)" }.first(where: fileExists) }

  /// The content of the file `name`, unpacked if it is packed, and the file's path for errors.
  ///
  /// - Throws: `.noInput` if there is neither `name` nor `name.gz`.
  func read(_ name: String) throws -> (bytes: [UInt8], place: String) {
    guard let place = path(of: name) else { throw missing(name) }
    let bytes = try readBytes(path: place, limit: DataFolder.limit)
    guard place.hasSuffix(".gz") || isGZip(bytes) else { return (bytes, place) }
    return (try gunzip(bytes, limit: DataFolder.limit, name: place), place)
  }

  /// The failure that the file `name` is not there.
  func missing(_ name: String) -> Failure {
    Failure(.noInput, "\(path)/\(name): no such file, nor \(name).gz; check the folder")
  }

  /// The first of `path` and its `subfolders` that has the file `name`; `path` if none has.
  static func holding(_ name: String, at path: String, subfolders: [String]) -> DataFolder {
    let folders = [DataFolder(path: path)] + subfolders.map { DataFolder(path: "\(path)/\($0)") }
    return folders.first { $0.path(of: name) != nil } ?? folders[0]
  }
}
