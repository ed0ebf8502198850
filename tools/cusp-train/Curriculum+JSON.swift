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
    if let key = members.first(where: { !["epochs", "stages", "growth"].contains($0.key) })?.key {
      throw Failure(.data, "\(place): no key `\(key)`; a curriculum has `epochs` and `stages`")
    }
    var fields = StageFields(members.filter { $0.key == "growth" }, place)
    let growth = try fields.choice("growth", default: Growth.steps)
    let stages = try list.enumerated().map { try Stage(json: $1, place: "\(place): stage \($0 + 1)") }
    guard stages[0].start == 0, zip(stages, stages.dropFirst()).allSatisfy({ $0.start < $1.start }),
      stages.allSatisfy({ $0.start < epochs })
    else {
      throw Failure(.data, "\(place): `from` is 1 in the first stage and then rises, up to `epochs`")
    }
    guard Set(stages.map { $0.learningRate == nil }).count == 1 else {
      throw Failure(.data, "\(place): give every stage a `learning_rate`, or none")
    }
    if stages.last?.end != nil {
      throw Failure(.data, "\(place): the last stage: no other follows its end; leave out `until` and `patience`")
    }
    self.init(epochs: epochs, stages: stages, growth: growth)
    if let stage = stuckStage {
      throw Failure(
        .data,
        "\(place): `growth`: stages \(stage + 1) and \(stage + 2) differ in more than budgets, "
          + "or one of 0 grows by a factor")
    }
  }

  /// The document of which `init(json:place:)` makes this.
  var json: JSON {
    .object([.init("epochs", .integer(Int64(epochs))), .init("stages", .array(stages.map(\.json)))])
  }
}

extension Stage {
  fileprivate init(json: JSON, place: String) throws {
    let members = try StageFields.members(json, place)
    var fields = StageFields(members, place)
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
    let mixture = try fields.choice("mixture", default: Mixture.composed)
    let end = try fields.end()
    try fields.finish()
    try kind.refuseIdle(among: members.map(\.key), place)
    if kind != .natural, let conflict = settings.conflict(in: kind) {
      throw Failure(.data, "\(place): `\(conflict.key)`: \(conflict.reason)")
    }
    let attack = try settings.attack(for: kind)
    if kind != .natural, let problem = attack.attack.problem { throw Failure(.data, "\(place): \(problem)") }
    self.init(
      start: start, method: try kind.method(attack, beta: beta), poses: poses, learningRate: rate, mixture: mixture,
      end: end)
  }

  fileprivate var json: JSON {
    var members: [JSON.Member] = [.init("from", .integer(Int64(start + 1)))]
    if let learningRate { members.append(.init("learning_rate", number(learningRate))) }
    if let accuracy = end?.accuracy { members.append(.init("until", number(accuracy))) }
    if let patience = end?.patience { members.append(.init("patience", .integer(Int64(patience)))) }
    return .object(members + methodMembers)
  }
}
