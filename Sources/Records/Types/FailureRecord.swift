public import Failures

/// Why a program ends, for one that started it: its last line on standard error.
public struct FailureRecord: Record {
  /// The value of `type`.
  public static let type = "failure"

  /// The name of the program.
  public var program: String
  /// The status that it ends with.
  public var status: Int
  /// One line for a person: what, where, what to do.
  public var text: String

  /// A record of all its parts.
  public init(program: String, status: Int, text: String) {
    self.program = program
    self.status = status
    self.text = text
  }

  /// Takes the record out of `json`; other keys are ignored.
  /// - Throws: `Failure(.data)` that names the missing or mistyped key.
  public init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, type: Self.type)
    program = try fields.string("program")
    status = try fields.integer("status")
    text = try fields.string("text")
  }

  /// Appends the record as one line.
  public func write(into writer: inout RecordWriter) {
    writer.begin("failure")
    writer.write("program", program)
    writer.write("status", status)
    writer.write("text", text)
    writer.end()
  }
}
