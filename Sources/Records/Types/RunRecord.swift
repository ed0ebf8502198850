public import Failures

/// What was started: the first record of a training run.
public struct RunRecord: Record {
  /// The value of `type`.
  public static let type = "run"

  /// The program's name.
  public var tool: String
  /// The program's version.
  public var version: String
  /// The command line without the program's name.
  public var arguments: [String]
  /// The seed of all random numbers, decimal; a text, since many readers round integers beyond 2^53.
  public var seed: String

  /// A record of all its parts.
  public init(tool: String, version: String, arguments: [String], seed: String) {
    self.tool = tool
    self.version = version
    self.arguments = arguments
    self.seed = seed
  }

  /// Takes the record out of `json`; other keys are ignored.
  /// - Throws: `Failure(.data)` that names the missing or mistyped key.
  public init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, type: Self.type)
    tool = try fields.string("tool")
    version = try fields.string("version")
    let elements = try fields.array("arguments")
    arguments = elements.compactMap(\.string)
    guard arguments.count == elements.count else {
      throw Failure(.data, "run record: `arguments` is not a list of texts")
    }
    seed = try fields.string("seed")
  }

  /// Appends the record as one line.
  public func write(into writer: inout RecordWriter) {
    writer.begin("run")
    writer.write("tool", tool)
    writer.write("version", version)
    writer.write("arguments", .array(arguments.map { .string($0) }))
    writer.write("seed", seed)
    writer.end()
  }
}
