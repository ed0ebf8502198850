import Failures
public import Records

/// The `checkpoint` records on standard input, one after the other as they come in.
///
/// `error` records are told to people; records of types that this package does not know go to the output untouched.
public struct CheckpointRecords: ~Copyable {
  private let context: ToolContext
  private let passesOthers: Bool
  private var reader: RecordReader
  private var found = 0

  /// The records on standard input, or on `descriptor`.
  /// - Parameters:
  ///   - first: bytes that were read from there already, to see what comes.
  ///   - passesOthers: whether records of other types go to the output, which is wrong where that is no stream of records.
  /// - Throws: `Failure(.usage)` when that is a terminal, where a person would wait for nothing.
  public init(
    _ context: ToolContext, descriptor: Int32 = 0, first: [UInt8] = [], passesOthers: Bool = true
  ) throws {
    self.context = context
    self.passesOthers = passesOthers
    reader = try context.records(
      Self.what, example: Self.example(context), descriptor: descriptor, first: first)
  }

  static let what = "model"

  static func example(_ context: ToolContext) -> String { "cusp-train ... | \(context.name), or name a model file" }

  /// All records at once.
  /// - Throws: as `init(_:descriptor:)` and `next()`.
  public static func read(_ context: ToolContext) throws -> [CheckpointRecord] {
    var records = try CheckpointRecords(context)
    var all: [CheckpointRecord] = []
    while let record = try records.next() { all.append(record) }
    return all
  }

  /// The next record, or nil at the end of the input.
  /// - Throws: `Failure(.data)` for a line that is no record, and when the input ends without any checkpoint, as when
  ///   the program before failed.
  public mutating func next() throws -> CheckpointRecord? {
    while let record = try reader.next() {
      switch record.type {
      case CheckpointRecord.type:
        found += 1
        return try record.decode()
      case ErrorRecord.type:
        context.diagnostics.report("stdin: \(try record.decode(ErrorRecord.self).message)")
      default:
        if !record.isKnown && passesOthers { try context.output.write(line: reader.bytes) }
      }
    }
    guard found > 0 else {
      throw Failure(.data, "no checkpoint on stdin; see what the program before it said, or name a model file")
    }
    return nil
  }
}
