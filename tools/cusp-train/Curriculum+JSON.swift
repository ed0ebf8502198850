import Attacks
import Failures
import Records
import Spatial
import ToolSupport
import Training

extension Curriculum {
  /// The curriculum that `json`, by `place`, describes; the page is `formats/curriculum.md`.
  ///
  /// An unknown key is refused: a misspelt setting would quietly be another training.
  init(json: JSON, place: String) throws {
    guard let members = json.members, let epochs = json["epochs"]?.integer, (1...1_000_000).contains(epochs),
      let list = json["stages"]?.array, !list.isEmpty, list.count <= 10_000
    else { throw Failure(.data, "\(place): is no curriculum: give `epochs` of 1 or more and a list of `stages`") }
    if let key = members.first(where: { $0.key != "epochs" && $0.key != "stages" })?.key {
      throw Failure(.data, "\(place): no key `\(key)`; a curriculum has `epochs` and `stages`")
    }
    let stages = try list.enumerated().map { try Stage(json: $1, place: "\(place): stage \($0 + 1)") }
    guard stages[0].start == 0, zip(stages, stages.dropFirst()).allSatisfy({ $0.start < $1.start }),
      stages.allSatisfy({ $0.start < epochs })
    else {
      throw Failure(.data, "\(place): `from` is 1 in the first stage and then rises, up to `epochs`")
    }
    guard Set(stages.map { $0.learningRate == nil }).count == 1 else {
      throw Failure(.data, "\(place): give every stage a `learning_rate`, or none")
    }
    self.init(epochs: epochs, stages: stages)
  }

  /// The document of which `init(json:place:)` makes this.
  var json: JSON {
    .object([.init("epochs", .integer(Int64(epochs))), .init("stages", .array(stages.map(\.json)))])
  }
}

extension Stage {
  fileprivate init(json: JSON, place: String) throws {
    let members = try Fields.members(json, place)
    var fields = Fields(members, place)
    let start = try fields.integer("from", 1...1_000_000, default: nil) - 1
    var settings = TrainingAttack.Settings()
    settings.kind = try fields.adversary()
    settings.epsilon = Float(try fields.number("epsilon", default: 0))
    settings.norm = try fields.choice("norm", default: Norm.linf)
    settings.steps = try fields.integer("steps", 0...1_000_000, default: settings.customarySteps)
    settings.stepSize = try fields.optionalNumber("step_size").map { Float($0) }
    settings.decay = try fields.optionalNumber("decay").map { Float($0) }
    let kind = try fields.choice("method", default: MethodName.natural)
    let beta = Float(try fields.number("beta", default: 5))
    let poses = PoseDistribution(
      rotation: try fields.number("rotation", upTo: TransformationLimits.degrees, default: 0),
      translation: try fields.number("translation", upTo: TransformationLimits.pixels, default: 0),
      cropPadding: try fields.integer("crop", 0...10_000, default: 0), isFlipping: try fields.flag("flip"))
    let rate = try fields.optionalNumber("learning_rate").map { Float($0) }
    try fields.finish()
    try kind.refuseIdle(among: members.map(\.key), place)
    if kind != .natural, let conflict = settings.conflict(in: kind) {
      throw Failure(.data, "\(place): `\(conflict.key)`: \(conflict.reason)")
    }
    let attack = try settings.attack(for: kind)
    if kind != .natural, let problem = attack.attack.problem { throw Failure(.data, "\(place): \(problem)") }
    self.init(start: start, method: try kind.method(attack, beta: beta), poses: poses, learningRate: rate)
  }

  fileprivate var json: JSON {
    var members: [JSON.Member] = [.init("from", .integer(Int64(start + 1)))]
    if let learningRate { members.append(.init("learning_rate", number(learningRate))) }
    members.append(.init("method", .string(method.name.rawValue)))
    return .object(members + poses.members + method.settings)
  }
}

/// The members of one stage, taken one by one.
private struct Fields {
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

  mutating func flag(_ key: String) throws -> Bool {
    guard let value = rest.removeValue(forKey: key) else { return false }
    guard let flag = value.bool else { throw Failure(.data, "\(place): `\(key)` is neither true nor false") }
    return flag
  }

  func finish() throws {
    if let key = rest.keys.min() { throw Failure(.data, "\(place): no setting `\(key)`; see formats/curriculum.md") }
  }
}
