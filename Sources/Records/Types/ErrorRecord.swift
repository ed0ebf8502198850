public import Failures

/// Something that went wrong with one line or request, told in the stream so that it is not lost.
public struct ErrorRecord: Record {
  /// The value of `type`.
  public static let type = "error"

  /// The kind of failure, such as `data`; one word for scripts.
  public var code: String
  /// One line for a person.
  public var message: String
  /// The 1-based line of the input that it is about, if any.
  public var line: Int?
  /// The request's `id`, untouched, if any.
  public var id: JSON?

  /// A record of all its parts.
  public init(code: String, message: String, line: Int? = nil, id: JSON? = nil) {
    self.code = code
    self.message = message
    self.line = line
    self.id = id
  }

  /// The record that tells of `failure`.
  public init(_ failure: Failure, line: Int? = nil, id: JSON? = nil) {
    self.init(code: failure.kind.code, message: failure.message, line: line, id: id)
  }

  /// Takes the record out of `json`; other keys are ignored.
  /// - Throws: `Failure(.data)` that names the missing or mistyped key.
  public init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, type: Self.type)
    code = try fields.string("code")
    message = try fields.string("message")
    line = try fields.optionalInteger("line")
    id = fields.find("id")
  }

  /// Appends the record as one line.
  public func write(into writer: inout RecordWriter) {
    writer.begin("error")
    writer.write("code", code)
    writer.write("message", message)
    if let line { writer.write("line", line) }
    if let id { writer.write("id", id) }
    writer.end()
  }
}

extension Failure.Kind {
  /// The word for this kind in `error` records.
  public var code: String {
    switch self {
    case .usage: "usage"
    case .data: "data"
    case .noInput: "no-input"
    case .internal: "internal"
    case .cannotCreate: "cannot-create"
    case .inputOutput: "input-output"
    }
  }
}
