import Attacks
import Failures
import Records

/// The value of a setting in a request, with the names that messages need.
struct SettingValue {
  private let place: String
  private let key: String
  private let value: JSON

  /// The value of `key` in the member `place` of a request.
  init(_ place: String, _ key: String, _ value: JSON) { (self.place, self.key, self.value) = (place, key, value) }

  func choice<Choice: CaseIterable & RawRepresentable<String>>() throws(Failure) -> Choice {
    guard let choice = value.string.flatMap(Choice.init(rawValue:)) else {
      throw refusal("is \(value.text.prefix(80)); choose \(choices(Choice.self))")
    }
    return choice
  }

  /// A setting of attacks, of this kind.
  func parameter(_ kind: AttackSetting.Kind) throws(Failure) -> AttackParameter.Value {
    switch kind {
    case .integer: return .integer(try integer())
    case .number: return .number(Float(try number().value))
    case .seed: return .text(String(try seed()))
    case .attacks: return .list(try texts())
    case .choice(let names):
      guard let name = value.string, names.contains(name) else {
        throw refusal("is \(value.text.prefix(80)); choose \(names.joined(separator: ", "))")
      }
      return .text(name)
    }
  }

  func attack() throws(Failure) -> AttackDescription {
    if let reason = value.string.flatMap({ AttackCatalogue.unserved[$0] }) {
      throw refusal("is \(value.text): \(reason)")
    }
    guard let attack = value.string.flatMap({ AttackCatalogue[$0] }) else {
      let names = AttackCatalogue.all.map(\.name).joined(separator: ", ")
      throw refusal("is \(value.text.prefix(80)); choose \(names)")
    }
    return attack
  }

  func integer() throws(Failure) -> Int {
    guard let integer = value.integer else { throw refusal("is not a whole number") }
    return integer
  }

  func flag() throws(Failure) -> Bool {
    guard let flag = value.bool else { throw refusal("is neither true nor false") }
    return flag
  }

  /// A number, or a text such as `8/255`, which is exact.
  func number() throws(Failure) -> ExactNumber {
    guard let number = value.exactNumber else {
      throw refusal("is neither a number nor a text such as \"8/255\"")
    }
    return number
  }

  /// A number of `range`.
  func number(in range: ClosedRange<Double>) throws(Failure) -> Double {
    let number = try number().value
    guard range.contains(number) else {
      throw refusal("is \(value.text.prefix(80)); give \(Int(range.lowerBound)) to \(Int(range.upperBound))")
    }
    return number
  }

  func texts() throws(Failure) -> [String] {
    let texts = value.array?.compactMap(\.string)
    guard let texts, texts.count == value.array?.count else { throw refusal("is not a list of texts") }
    return texts
  }

  func seed() throws(Failure) -> UInt64 {
    guard let seed = UInt64(value.string ?? value.integer.map(String.init) ?? "") else {
      throw refusal("is no whole number of 0 to 2^64 - 1, bare or as a text")
    }
    return seed
  }

  private func refusal(_ what: String) -> Failure { Failure(.usage, "\(place): `\(key)` \(what)") }
}
