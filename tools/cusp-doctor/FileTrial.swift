import Failures
import Files
import HDF5

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A small file, written and read as model files are: by the HDF5 library, and by the guarded reader in a process of its own.
enum FileTrial {
  /// - Throws: `Failure` with what did not work.
  static func run() throws {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    // The system replaces the last six signs.
    var template = Array("\(folder)/cusp-doctor-\(String(repeating: "X", count: 6))".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw Failure(.cannotCreate, "\(folder): \(systemErrorText(errno)); name another folder in TMPDIR")
    }
    let own = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { removeFolder(own) }
    let path = "\(own)/trial.h5"
    let numbers: [Float] = [1, 2, 3]
    let writer = try HDF5Writer(path: path)
    try writer.write(numbers, shape: [numbers.count], to: "/numbers")
    try writer.close()
    guard try HDF5Listing(path: path).readFloats("/numbers") == numbers else {
      throw Failure(.data, "\(path): other numbers were read than written; install HDF5 anew")
    }
  }
}
