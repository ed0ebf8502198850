import Attacks
public import Datasets
import Failures
import Networks
import Programs
public import Records
import Tensors

/// What a model says of images, untouched and attacked: one record an image and setting, image-major.
///
/// A record depends on nothing but the model, the image and the attack: not on batches, order or shards.
public struct Predictions {
  /// What records say of an image whose attack failed.
  public static let failureMessage = "no perturbation within the budget was found; the image is unharmed"

  private let model: LoadedModel
  private let attacks: [NamedAttack?]
  private let runners: [AttackRunner?]
  private let sweep: AttackSweep?
  private let classifier: InferenceProgram
  private let batchSize: Int
  private let withLogits: Bool

  /// The predictions of `model` under each of `attacks`; `nil` stands for the image as it is.
  ///
  /// - Parameters:
  ///   - batchSize: How many images are taken at once, at most the programs' own batch.
  ///   - withLogits: Whether records carry the logits of the perturbed image.
  ///   - reuses: Whether successes at smaller budgets are kept for larger ones; budgets then grow.
  /// - Throws: `Failure` when an attack means nothing for the model or the engine refuses.
  public init(
    of model: LoadedModel, under attacks: [NamedAttack?], batchSize: Int? = nil, withLogits: Bool = false,
    reuses: Bool = false
  ) throws {
    for case let attack? in attacks { try attack.attack.validate(classCount: model.graph.classCount) }
    let classifier = try model.inference()
    let gradient = attacks.contains { $0 != nil } ? try model.inputGradient() : nil
    self.model = model
    self.attacks = attacks
    self.classifier = classifier
    self.withLogits = withLogits
    self.batchSize = max(1, min(batchSize ?? classifier.batchSize, classifier.batchSize))
    let chosen = attacks.compactMap(\.self)
    let stopsEarly = chosen.contains(where: \.stopsEarly)
    if let gradient, chosen.count == attacks.count, stopsEarly || reuses {
      sweep = try AttackSweep(
        chosen.map(\.attack), stopsEarly: stopsEarly, reuses: reuses, model: gradient, classifier: classifier,
        width: batchSize)
      runners = []
      return
    }
    sweep = nil
    runners = try attacks.map { attack in
      guard let attack, let gradient else { return nil }
      return try AttackRunner(attack.attack, model: gradient, classifier: classifier)
    }
  }

  /// Hands the records of `images` to `body`, telling `progress` how many images are done.
  ///
  /// - Throws: `Failure` when the images do not fit the model or the engine fails, and whatever `body` throws.
  public func forEach(
    in images: LabeledImages, progress: (Int) -> Void = { _ in }, _ body: (PredictionRecord) throws -> Void
  ) throws {
    guard images.imageShape == model.graph.imageShape else {
      throw Failure(
        .data, "\(images.name): images are [\(images.imageShape)], \(model.path) takes [\(model.graph.imageShape)]")
    }
    if let sweep { return try forEach(in: images, by: sweep, progress: progress, body) }
    var done = 0
    while done < images.count {
      let first = images.indices.lowerBound + done
      let indices = Array(first..<min(first + batchSize, images.indices.upperBound))
      var pixels = Tensor(Shape([indices.count] + images.imageShape.sizes))
      images.writePixels(of: indices, into: &pixels)
      let labels = indices.map(images.label(of:))
      let outcomes = try zip(attacks, runners).map { try outcome($0, $1, pixels, labels: labels, images: indices) }
      for row in indices.indices {
        for (attack, outcome) in zip(attacks, outcomes) {
          try body(record(attack, outcome, row: row, index: indices[row], label: labels[row]))
        }
      }
      done += indices.count
      progress(done)
    }
  }

  /// Hands out the records of a sweep, whose outcomes come in any order, in that of the images.
  private func forEach(
    in images: LabeledImages, by sweep: AttackSweep, progress: (Int) -> Void, _ body: (PredictionRecord) throws -> Void
  ) throws {
    let indices = Array(images.indices)
    var order = RecordOrder(perPlace: attacks.count)
    try sweep.run(
      indices, labels: indices.map(images.label(of:)),
      pixels: { place, destination in images.writePixels(of: indices[place], into: destination) },
      finish: { outcome in
        let done = order.done
        let label = images.label(of: indices[outcome.place])
        try order.add(record(outcome, index: indices[outcome.place], label: label), at: outcome.place, body)
        if order.done > done { progress(order.done) }
      })
  }

  private func record(_ outcome: SweepOutcome, index: Int, label: Int) -> PredictionRecord {
    let attack = attacks[outcome.attack]
    return PredictionRecord(
      setting: setting(attack), index: index, label: label, natural: outcome.naturalClass,
      perturbed: outcome.perturbedClass, distance: outcome.distance,
      logits: withLogits ? outcome.perturbedLogits : nil, parameters: attack?.parameters,
      steps: attack?.stopsEarly == true ? outcome.steps : nil,
      reused: outcome.origin.flatMap { attacks[$0]?.epsilon }, failure: outcome.failed ? Self.failureMessage : nil)
  }

  private func setting(_ attack: NamedAttack?) -> Setting {
    attack?.setting(model: model.digest)
      ?? Setting(model: model.digest, attack: "none", norm: "none", epsilon: 0)
  }

  private func outcome(
    _ attack: NamedAttack?, _ runner: AttackRunner?, _ pixels: Tensor, labels: [Int], images: [Int]
  ) throws -> AttackOutcome {
    guard let runner else { return try AttackOutcome(untouched: pixels, classifiedBy: classifier) }
    return try runner.attack(pixels, labels: labels, images: images)
  }

  private func record(
    _ attack: NamedAttack?, _ outcome: AttackOutcome, row: Int, index: Int, label: Int
  ) -> PredictionRecord {
    let classes = outcome.perturbedLogits.shape[1]
    return PredictionRecord(
      setting: setting(attack), index: index, label: label,
      natural: predictedClass(row: row, logits: outcome.naturalLogits),
      perturbed: predictedClass(row: row, logits: outcome.perturbedLogits), distance: outcome.distances[row],
      logits: withLogits ? Array(outcome.perturbedLogits.values[row * classes..<(row + 1) * classes]) : nil,
      parameters: attack?.parameters,
      failure: outcome.failed[row] ? Self.failureMessage : nil)
  }
}
