public import Failures

/// Something about the machine or the build that decides what works here, and how fast.
public struct FindingRecord: Record {
  /// The value of `type`.
  public static let type = "finding"

  /// How a thing stands.
  public enum State: String, CaseIterable, Sendable {
    /// As it should be.
    case fine
    /// It works, slower than it could.
    case slow
    /// Little is left of it.
    case scarce
    /// It is not here; what needs it cannot be done.
    case missing
    /// It is here and does not work.
    case broken
  }

  /// What it is about, as `engine`.
  public var name: String
  /// What was found.
  public var value: String
  /// How it stands.
  public var state: State
  /// Why, and what to do; nil where all is fine.
  public var advice: String?

  /// A record of all its parts.
  public init(name: String, value: String, state: State = .fine, advice: String? = nil) {
    (self.name, self.value, self.state, self.advice) = (name, value, state, advice)
  }

  /// Takes the record out of `json`; other keys are ignored.
  /// - Throws: `Failure(.data)` that names the missing or mistyped key.
  public init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, type: Self.type)
    name = try fields.string("name")
    value = try fields.string("value")
    let word = try fields.string("state")
    guard let state = State(rawValue: word) else {
      let states = State.allCases.map(\.rawValue).joined(separator: ", ")
      throw Failure(.data, "finding record: state is \(word); it is one of \(states)")
    }
    self.state = state
    advice = try fields.optionalString("advice")
  }

  /// Appends the record as one line.
  public func write(into writer: inout RecordWriter) {
    writer.begin("finding")
    writer.write("name", name)
    writer.write("value", value)
    writer.write("state", state.rawValue)
    if let advice { writer.write("advice", advice) }
    writer.end()
  }
}
