import Failures
import Interchange
import ToolSupport

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Where a model goes: a file, or standard output.
struct Destination {
  /// The path as typed; `-` for standard output.
  let path: String
  let format: ModelFormat

  var isStream: Bool { path == "-" }

  /// The destination `path`, in the format that `format` names, else in that of its ending.
  init(_ path: String, format: String?) throws {
    self.path = path
    if let format {
      guard let named = ModelFormat(rawValue: format) ?? ModelFormat(suffixOf: "x.\(format)") else {
        throw Failure(.usage, "--to \(format): no such format; choose h5, pt, safetensors, npz, keras or onnx")
      }
      self.format = named
    } else if path == "-" {
      throw Failure(.usage, "which format? name a file to write, or give --to h5, pt, safetensors, npz, keras or onnx")
    } else if let named = ModelFormat(suffixOf: path) {
      self.format = named
    } else {
      throw Failure(.usage, "\(path): no format has this ending; give --to h5, pt, safetensors, npz, keras or onnx")
    }
    guard self.format.isSupported else {
      throw Failure(.usage, "\(path): \(self.format.rawValue) files are not written yet; choose another format")
    }
  }

  /// The file for a model of `epoch` epochs.
  func path(epoch: Int) -> String { path.replacing("{epoch}", with: "\(epoch)") }
}

/// Runs `body` with the path of a new folder of our own, which is removed afterwards with the files in it.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
  var template = Array("\(parent)/cusp-convert-\(String(repeating: "X", count: 6))".utf8CString)
  guard let name = template.withUnsafeMutableBufferPointer({ $0.baseAddress.flatMap { mkdtemp($0) } }) else {
    throw Failure(.cannotCreate, "\(parent): no folder can be made there; set TMPDIR")
  }
  let folder = String(cString: name)
  defer {
    _ = unlink("\(folder)/output")
    _ = rmdir(folder)
  }
  return try body(folder)
}
