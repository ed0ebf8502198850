import Attacks
import Datasets
import Failures
import Networks
public import Records

/// What a model says of images, untouched, transformed and attacked: one record an image and setting, image-major.
///
/// A record depends on nothing but the model, the image and the setting: not on batches, order or shards.
public struct Predictions {
  /// Whose they are.
  public let model: LoadedModel
  let attacks: [NamedAttack?]
  let transformations: [Transformation]
  let withLogits: Bool
  let algorithms: AlgorithmOption?
  private let sequence: AttackSequence
  private let scheduler: AttackScheduler
  let classifier: any Classifier
  let batchSize: Int?
  let lookUp: () throws -> Void

  /// The predictions of `model` under each of `attacks`; `nil` stands for the image as it is.
  ///
  /// - Parameters:
  ///   - transformations: What is done to an image before each of the attacks; worst poses are searched for without one.
  ///   - batchSize: How many images are taken at once, at most the programs' own batch.
  ///   - withLogits: Whether records carry the logits of the perturbed image.
  ///   - reuses: Whether successes at smaller budgets are kept for larger ones; budgets then grow.
  ///   - algorithms: How the algorithms of convolutions are chosen, which is a setting of the records.
  ///   - lookUp: Called before every forward pass of an attack or search; what it throws ends it.
  /// - Throws: `Failure` when an attack means nothing for the model or the engine refuses.
  public init(
    of model: LoadedModel, under attacks: [NamedAttack?], after transformations: [Transformation] = [.none],
    batchSize: Int? = nil, withLogits: Bool = false, reuses: Bool = false, algorithms: AlgorithmOption? = nil,
    lookUp: @escaping () throws -> Void = {}
  ) throws {
    for case let attack? in attacks { try attack.attack.validate(classCount: model.graph.classCount) }
    if let attack = attacks.compactMap(\.self).first, transformations.contains(where: { $0.search != nil }) {
      throw Failure(.usage, "\(attack.name): worst poses are searched for without an attack; leave one of them out")
    }
    sequence = try AttackSequence(attacks.map { $0?.scheduled }, reuses: reuses)
    classifier = try model.inference()
    scheduler = try AttackScheduler(
      model: sequence.needs.contains(.gradients) ? WatchedNetwork(model.inputGradient(), lookUp: lookUp) : nil,
      classifier: classifier, width: batchSize)
    (self.algorithms, self.batchSize, self.lookUp) = (algorithms, batchSize, lookUp)
    self.model = model
    self.attacks = attacks
    self.transformations = transformations
    self.withLogits = withLogits
  }

  /// How many settings an image goes through.
  public var settingCount: Int { attacks.count * transformations.count }

  /// Hands the records of a selection to `body`, telling `progress` how many images are done.
  ///
  /// - Throws: `Failure` when the images do not fit the model or the engine fails, and whatever `body` throws.
  public func forEach(
    in selection: ImageSelection, progress: (Int) throws -> Void = { _ in }, _ body: (PredictionRecord) throws -> Void
  ) throws {
    let (images, settings) = (selection.images, settings(of: selection))
    try model.check(images)
    guard transformations.allSatisfy({ $0.search == nil }) else {
      return try searchPoses(of: images, settings.flatMap(\.self), progress: progress, body)
    }
    // A place is an image in one pose; results come in any order.
    let poses = transformations.count
    let places = images.indices.flatMap { [Int](repeating: $0, count: poses) }
    var transformer = Transformer(transformations, imageShape: images.imageShape)
    var order = RecordOrder(perPlace: attacks.count)
    try scheduler.run(
      sequence, on: places, labels: places.map(images.label(of:)), poses: poses,
      pixels: { place, pixels in
        images.writePixels(of: places[place], into: pixels)
        transformer.transform(pixels, image: places[place], by: place % poses)
      },
      untouched: transformations.allSatisfy(\.isIdentity)
        ? nil : { place, pixels in images.writePixels(of: places[place], into: pixels) },
      finish: { result in
        let done = order.done
        let (index, pose) = (places[result.place], result.place % poses)
        let record = record(
          result, settings[pose][result.attack], pose: transformations[pose].pose(of: index).record, index: index,
          label: images.label(of: index))
        try order.add(record, at: result.place, body)
        if order.done / poses > done / poses { try progress(order.done / poses) }
      })
  }
}
