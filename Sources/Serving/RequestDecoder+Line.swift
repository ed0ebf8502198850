import Failures
import Records

/// A line, understood or not.
struct Received {
  /// Whom the reply goes to.
  let address: ReplyAddress
  /// When nobody wants the answer any more, if ever.
  var deadline: ContinuousClock.Instant?
  /// What is asked for, or why it cannot be.
  let request: Result<Request, Failure>
}

extension RequestDecoder {
  /// The longest time until a deadline, in milliseconds: almost 25 days.
  static let maximalDeadline = Int(Int32.max)

  /// What `line` asks for; a line that is wrong has no deadline, so that what is said of it depends on it alone.
  mutating func receive(_ line: InputLine) -> Received {
    var id: JSON?
    do {
      let json = try JSON(parsing: try line.content.get(), firstLine: line.number)
      guard json.members != nil else {
        throw Failure(.data, "line \(line.number): not an object; each line must be one request")
      }
      guard json["id"]?.isExact ?? true else {
        throw Failure(.data, "line \(line.number): `id` has a number too large to be echoed; write it as a text")
      }
      id = json["id"]
      let deadline = try deadline(json, from: line.arrival)
      return Received(
        address: ReplyAddress(line: line.number, id: id), deadline: deadline, request: .success(try decode(json)))
    } catch {
      let failure = error as? Failure ?? Failure(.internal, "\(error)")
      return Received(address: ReplyAddress(line: line.number, id: id), request: .failure(failure))
    }
  }

  private func deadline(_ json: JSON, from arrival: ContinuousClock.Instant) throws -> ContinuousClock.Instant? {
    var fields = try RecordFields(json, name: "request")
    guard let milliseconds = try fields.optionalInteger("deadline_ms") else { return nil }
    guard (0...Self.maximalDeadline).contains(milliseconds) else {
      throw Failure(.data, "request: `deadline_ms` is \(milliseconds); give 0 to \(Self.maximalDeadline)")
    }
    return arrival + .milliseconds(milliseconds)
  }
}

extension JSON {
  /// Whether every number in it is written again as the number it was: whole ones beyond 64 bits are rounded.
  fileprivate var isExact: Bool {
    switch self {
    case .number(let value): abs(value) < 0x1p53
    case .array(let elements): elements.allSatisfy(\.isExact)
    case .object(let members): members.allSatisfy(\.value.isExact)
    default: true
    }
  }
}
