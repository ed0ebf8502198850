import Attacks
import Failures
import Records
import ToolSupport
import Training

/// The members of one stage, taken one by one.
struct StageFields {
  private var rest: [String: JSON]
  private let place: String

  static func members(_ json: JSON, _ place: String) throws -> [JSON.Member] {
    guard let members = json.members else { throw Failure(.data, "\(place): is not an object") }
    return members
  }

  init(_ members: [JSON.Member], _ place: String) {
    rest = Dictionary(members.map { ($0.key, $0.value) }) { first, _ in first }
    self.place = place
  }

  mutating func optionalNumber(_ key: String, upTo limit: Double = 1e6) throws -> Double? {
    guard let value = rest.removeValue(forKey: key) else { return nil }
    guard let number = value.exactNumber, (0...limit).contains(number.value) else {
      let range = "0 to \(NumberText.shortest(limit))"
      throw Failure(.data, "\(place): `\(key)` is neither a number of \(range) nor a text such as \"8/255\"")
    }
    return number.value
  }

  mutating func number(_ key: String, upTo limit: Double = 1e6, default given: Double) throws -> Double {
    try optionalNumber(key, upTo: limit) ?? given
  }

  /// The adversary by name; PGD where none is named.
  mutating func adversary() throws -> AttackDescription {
    guard let value = rest.removeValue(forKey: "adversary") else { return AttackCatalogue.pgd }
    do {
      return try AttackCatalogue.adversary(named: value.string ?? value.text)
    } catch let failure as Failure {
      throw Failure(.data, "\(place): `adversary`: \(failure.message)")
    }
  }

  mutating func integer(_ key: String, _ range: ClosedRange<Int>, default given: Int?) throws -> Int {
    guard let value = rest.removeValue(forKey: key)?.integer ?? given, range.contains(value) else {
      throw Failure(.data, "\(place): `\(key)` is not a whole number of \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  mutating func choice<Choice: CaseIterable & RawRepresentable<String>>(
    _ key: String, default given: Choice
  ) throws -> Choice {
    guard let value = rest.removeValue(forKey: key) else { return given }
    guard let choice = value.string.flatMap(Choice.init(rawValue:)) else {
      let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw Failure(.data, "\(place): `\(key)` is \(value.text.prefix(80)); choose one of \(names)")
    }
    return choice
  }

  /// What may end the stage: `until` an accuracy, and so many epochs of `patience`; nil where neither is there.
  mutating func end() throws -> StageEnd? {
    let accuracy = try optionalNumber("until", upTo: 1).map { Float($0) }
    let patience = rest["patience"] == nil ? nil : try integer("patience", 1...1_000_000, default: nil)
    return accuracy == nil && patience == nil ? nil : StageEnd(accuracy: accuracy, patience: patience)
  }

  mutating func flag(_ key: String) throws -> Bool {
    guard let value = rest.removeValue(forKey: key) else { return false }
    guard let flag = value.bool else { throw Failure(.data, "\(place): `\(key)` is neither true nor false") }
    return flag
  }

  func finish() throws {
    if let key = rest.keys.min() { throw Failure(.data, "\(place): no setting `\(key)`; see formats/curriculum.md") }
  }
}
