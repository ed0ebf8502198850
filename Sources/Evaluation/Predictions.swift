import Attacks
import Datasets
import Failures
import Networks
public import Records
import Spatial

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
    let isBlended = transformations.contains { !$0.isIdentity && $0.interpolation != .nearest }
    if isBlended, attacks.contains(where: { $0?.isQuantised == true }) {
      throw Failure(.usage, "bilinear interpolation leaves 8-bit levels, so images cannot be quantised; take nearest")
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
    try run(selection.images, selection, keepsImages: false, progress: progress) { record, _ in try body(record) }
  }

  /// How many images are taken through at once where they are kept, so that memory is bounded however long one takes.
  private static let keptImages = 1024

  /// Hands the records of a selection to `body` with the images they are of, `[c, h, w]`, as `forEach(in:progress:_:)`.
  ///
  /// - Throws: as there.
  public func forEachImage(
    in selection: ImageSelection, progress: (Int) throws -> Void = { _ in },
    _ body: (PredictionRecord, [Float]) throws -> Void
  ) throws {
    let indices = selection.images.indices
    for start in stride(from: indices.lowerBound, to: indices.upperBound, by: Self.keptImages) {
      let part = selection.images[start..<min(start + Self.keptImages, indices.upperBound)]
      try run(
        part, selection, keepsImages: true, progress: { try progress(start - indices.lowerBound + $0) }, body)
    }
  }

  /// Takes `images`, all of `selection` or a part of it, through the attacks.
  private func run(
    _ images: LabeledImages, _ selection: ImageSelection, keepsImages: Bool, progress: (Int) throws -> Void,
    _ body: (PredictionRecord, [Float]) throws -> Void
  ) throws {
    let settings = settings(of: selection)
    try model.check(images)
    guard transformations.allSatisfy({ $0.search == nil }) else {
      return try searchPoses(of: images, settings.flatMap(\.self), progress: progress) { try body($0, []) }
    }
    if attacks.contains(where: { $0?.isQuantised == true }), !images.haveEightBits {
      throw Failure(.usage, "\(images.name): pixels between 8-bit levels cannot be quantised; leave that out")
    }
    // A place is an image in one pose; results come in any order.
    let poses = transformations.count
    let places = images.indices.flatMap { [Int](repeating: $0, count: poses) }
    var transformer = Transformer(transformations, imageShape: images.imageShape)
    var order = PlaceOrder<(PredictionRecord, [Float])>(perPlace: attacks.count)
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
        try order.add((record, keepsImages ? result.perturbed : []), at: result.place) { try body($0, $1) }
        if order.done / poses > done / poses { try progress(order.done / poses) }
      })
  }
}
