import Attacks
import Datasets
import Failures
import Networks
import Programs
public import Records
import Spatial
import Tensors

/// What a model says of images, untouched, transformed and attacked: one record an image and setting, image-major.
///
/// A record depends on nothing but the model, the image and the setting: not on batches, order or shards.
public struct Predictions {
  let model: LoadedModel
  let attacks: [NamedAttack?]
  let transformations: [Transformation]
  let withLogits: Bool
  let algorithms: AlgorithmOption?
  private let runners: [AttackRunner?]
  private let sweep: AttackSweep?
  private let classifier: InferenceProgram
  private let batchSize: Int

  /// The predictions of `model` under each of `attacks`; `nil` stands for the image as it is.
  ///
  /// - Parameters:
  ///   - transformations: What is done to an image before each of the attacks.
  ///   - batchSize: How many images are taken at once, at most the programs' own batch.
  ///   - withLogits: Whether records carry the logits of the perturbed image.
  ///   - reuses: Whether successes at smaller budgets are kept for larger ones; budgets then grow.
  ///   - algorithms: How the algorithms of convolutions are chosen, which is a setting of the records.
  ///   - lookUp: Called before every gradient; what it throws ends the attack.
  /// - Throws: `Failure` when an attack means nothing for the model or the engine refuses.
  public init(
    of model: LoadedModel, under attacks: [NamedAttack?], after transformations: [Transformation] = [.none],
    batchSize: Int? = nil, withLogits: Bool = false, reuses: Bool = false, algorithms: AlgorithmOption? = nil,
    lookUp: @escaping () throws -> Void = {}
  ) throws {
    for case let attack? in attacks { try attack.attack.validate(classCount: model.graph.classCount) }
    let classifier = try model.inference()
    let gradient =
      attacks.contains { $0 != nil } ? WatchedGradient(try model.inputGradient(), lookUp: lookUp) : nil
    self.algorithms = algorithms
    self.model = model
    self.attacks = attacks
    self.transformations = transformations
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

  /// How many settings an image goes through.
  public var settingCount: Int { attacks.count * transformations.count }

  /// Hands the records of a selection to `body`, telling `progress` how many images are done, batch by batch.
  ///
  /// - Throws: `Failure` when the images do not fit the model or the engine fails, and whatever `body` throws.
  public func forEach(
    in selection: ImageSelection, progress: (Int) throws -> Void = { _ in }, _ body: (PredictionRecord) throws -> Void
  ) throws {
    let (images, settings) = (selection.images, settings(of: selection))
    try model.check(images)
    if let sweep { return try forEach(in: images, settings, by: sweep, progress: progress, body) }
    var transformer = Transformer(transformations, imageShape: images.imageShape)
    var done = 0
    while done < images.count {
      let first = images.indices.lowerBound + done
      let indices = Array(first..<min(first + batchSize, images.indices.upperBound))
      let answers = try answers(images, indices, &transformer)
      for row in indices.indices {
        for answer in answers {
          let setting = settings[answer.transformation][answer.attack]
          try body(record(answer, row: row, setting, label: images.label(of: indices[row])))
        }
      }
      done += indices.count
      try progress(done)
    }
  }

  /// What the model says of a batch in every setting; its natural classes are computed once.
  private func answers(
    _ images: LabeledImages, _ indices: [Int], _ transformer: inout Transformer
  ) throws -> [BatchAnswer] {
    var pixels = Tensor(Shape([indices.count] + images.imageShape.sizes))
    images.writePixels(of: indices, into: &pixels)
    let labels = indices.map(images.label(of:))
    let natural = try classifier.logits(of: pixels)
    return try transformations.indices.flatMap { place in
      let (posed, poses) = transformer.transform(pixels, images: indices, by: place)
      let unattacked = transformations[place].isIdentity ? natural : nil
      return try attacks.indices.map { attack in
        let outcome =
          try runners[attack]?.attack(posed, naturalLogits: natural, labels: labels, images: indices)
          ?? AttackOutcome(
            transformed: posed, naturalLogits: natural,
            perturbedLogits: unattacked ?? classifier.logits(of: posed))
        return BatchAnswer(attack: attack, transformation: place, images: indices, poses: poses, outcome)
      }
    }
  }

  /// Hands out the records of a sweep, whose outcomes come in any order, in that of the images.
  ///
  /// A place of the sweep is an image in one pose.
  private func forEach(
    in images: LabeledImages, _ settings: [[Setting]], by sweep: AttackSweep, progress: (Int) throws -> Void,
    _ body: (PredictionRecord) throws -> Void
  ) throws {
    let count = transformations.count
    let places = images.indices.flatMap { [Int](repeating: $0, count: count) }
    var transformer = Transformer(transformations, imageShape: images.imageShape)
    var order = RecordOrder(perPlace: attacks.count)
    try sweep.run(
      places, labels: places.map(images.label(of:)),
      pixels: { place, destination in
        images.writePixels(of: places[place], into: destination)
        transformer.transform(destination, image: places[place], by: place % count)
      },
      untouched: transformations.allSatisfy(\.isIdentity)
        ? nil : { place, destination in images.writePixels(of: places[place], into: destination) },
      finish: { outcome in
        let done = order.done
        let index = places[outcome.place]
        let transformation = outcome.place % count
        let record = record(
          outcome, settings[transformation][outcome.attack], pose: transformations[transformation].pose(of: index),
          index: index, label: images.label(of: index))
        try order.add(record, at: outcome.place, body)
        if order.done / count > done / count { try progress(order.done / count) }
      })
  }
}
