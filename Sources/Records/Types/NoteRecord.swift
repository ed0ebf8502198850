public import Failures

/// Something that a program found worth telling, for one that started it: a line on standard error.
public struct NoteRecord: Record {
  /// The value of `type`.
  public static let type = "note"

  /// The name of the program.
  public var program: String
  /// One line for a person.
  public var text: String

  /// A record of all its parts.
  public init(program: String, text: String) {
    self.program = program
    self.text = text
  }

  /// Takes the record out of `json`; other keys are ignored.
  /// - Throws: `Failure(.data)` that names the missing or mistyped key.
  public init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, type: Self.type)
    program = try fields.string("program")
    text = try fields.string("text")
  }

  /// Appends the record as one line.
  public func write(into writer: inout RecordWriter) {
    writer.begin("note")
    writer.write("program", program)
    writer.write("text", text)
    writer.end()
  }
}
