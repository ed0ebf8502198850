import Failures
import Files
import Interchange
import Records
import ToolSupport

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The models to convert: a file, or on standard input one file or `checkpoint` records.
struct Inputs {
  /// One model.
  struct Model {
    let file: TensorFile
    /// How errors call the file.
    let name: String
    /// The record that announced it.
    var record: CheckpointRecord?
  }

  private let path: String

  init(_ path: String) { self.path = path }

  /// Hands every model to `body`, one after the other.
  func forEach(_ context: ToolContext, passesOthers: Bool, _ body: (Model) throws -> Void) throws {
    guard path == "-" else { return try body(Model(file: TensorFile(path: path), name: path)) }
    guard isatty(STDIN_FILENO) == 0 else {
      throw Failure(.usage, "no model: standard input is a terminal; name a model file, or pipe one in")
    }
    let first = try Self.firstBytes()
    switch FileKind(firstBytes: first) {
    case .json, .text, .empty:
      var records = try CheckpointRecords(context, first: first, passesOthers: passesOthers)
      while let record = try records.next() {
        try body(Model(file: TensorFile(path: record.path), name: record.path, record: record))
      }
    default: try withTemporaryFolder { folder in try forSpooled(first, "\(folder)/input", body) }
    }
  }

  /// Enough bytes to tell records from a file; no more, since records may come hours apart.
  private static func firstBytes() throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < 16, let more = try readStandardInput() { bytes += more }
    return bytes
  }

  /// The bytes that have come; nil at the end.
  private static func readStandardInput() throws -> [UInt8]? {
    let bytes = [UInt8](unsafeUninitializedCapacity: 1 << 18) { buffer, initialized in
      var count = -1
      repeat { count = read(STDIN_FILENO, buffer.baseAddress, buffer.count) } while count < 0 && errno == EINTR
      initialized = max(count, 0)
    }
    return bytes.isEmpty ? nil : bytes
  }

  /// Takes the file on standard input: its end comes first in some formats, so it is copied to the disk.
  private func forSpooled(_ first: [UInt8], _ copy: String, _ body: (Model) throws -> Void) throws {
    do {
      var file = try FileWriter(path: copy, named: copy)
      try file.write(first)
      while let more = try Self.readStandardInput() { try file.write(more) }
      try body(Model(file: TensorFile(path: copy), name: "stdin"))
    } catch let failure as Failure {
      throw Failure(failure.kind, failure.message.replacing(copy, with: "stdin"))
    }
  }
}
