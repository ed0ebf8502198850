import Attacks
import Failures
import Records
import ToolOptions
import ToolSupport

extension AttackSettings {
  /// The settings in a request's `attack`; what is missing is as for `cusp-attack`.
  ///
  /// Unlike elsewhere an unknown key is refused: a misspelt setting would quietly be another attack.
  /// - Throws: `Failure` that names the key.
  init(json: JSON) throws(Failure) {
    self.init()
    guard let members = json.members else { throw Failure(.data, "request: `attack` is not an object") }
    for member in members where member.value != .null { try set(member.key, member.value) }
  }

  private mutating func set(_ key: String, _ value: JSON) throws(Failure) {
    switch key {
    case "name": name = try choice(key, value)
    case "norm": norm = try choice(key, value)
    case "epsilon": epsilon = try number(key, value)
    case "steps": steps = try integer(key, value)
    case "step_size": stepSize = try number(key, value)
    case "start": start = try choice(key, value)
    case "restarts": restarts = try integer(key, value)
    case "target": target = try integer(key, value)
    case "loss": loss = try choice(key, value)
    case "seed":
      guard let seed = UInt64(value.string ?? value.integer.map(String.init) ?? "") else {
        throw Failure(.usage, "attack: `seed` is no whole number of 0 to 2^64 - 1, bare or as a text")
      }
      self.seed = seed
    case "early_stop":
      guard let flag = value.bool else { throw Failure(.usage, "attack: `early_stop` is neither true nor false") }
      stopsEarly = flag
    default: throw Failure(.usage, "attack: no setting `\(key)`; see the page of cusp-serve")
    }
  }
}

private func choice<Choice: CaseIterable & RawRepresentable<String>>(
  _ key: String, _ value: JSON
) throws(Failure) -> Choice {
  guard let choice = value.string.flatMap(Choice.init(rawValue:)) else {
    throw Failure(.usage, "attack: `\(key)` is \(value.text.prefix(80)); choose \(choices(Choice.self))")
  }
  return choice
}

private func integer(_ key: String, _ value: JSON) throws(Failure) -> Int {
  guard let integer = value.integer else { throw Failure(.usage, "attack: `\(key)` is not a whole number") }
  return integer
}

/// A number, or a text such as `8/255`, which is exact.
private func number(_ key: String, _ value: JSON) throws(Failure) -> ExactNumber {
  guard let number = ExactNumber(value.string ?? value.number.map(NumberText.shortest) ?? "") else {
    throw Failure(.usage, "attack: `\(key)` is neither a number nor a text such as \"8/255\"")
  }
  return number
}
