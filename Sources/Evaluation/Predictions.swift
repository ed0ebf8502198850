import Attacks
import Datasets
import Failures
import Networks
public import Records
import Spatial
import Tensors

/// What a model says of images, untouched, transformed and attacked: one record an image and setting, image-major.
///
/// A record depends on nothing but the model, the image and the setting: not on batches, order or shards. Where the paper's
/// code lets batch statistics decide, the image's hundred of the data set counts as its setting.
public struct Predictions {
  /// Whose they are.
  public let model: LoadedModel
  /// The model that is attacked in its place; nil where it is attacked itself.
  let source: LoadedModel?
  let attacks: [NamedAttack?]
  let transformations: [Transformation]
  let withLogits: Bool
  let algorithms: AlgorithmOption?
  private let sequence: AttackSequence
  /// The attacked model's, for attacks and for images as they are.
  let scheduler: AttackScheduler?
  /// What takes its place where batch statistics decide.
  let batchStatistics: BatchStatistics?
  /// The same, for searches through poses without an attack.
  let classifier: (any Classifier)?
  let batchSize: Int?
  let lookUp: () throws -> Void
  private let trace: (TraceRecord) throws -> Void

  /// The predictions of `model` under each of `attacks`; `nil` stands for the image as it is.
  ///
  /// - Parameters:
  ///   - source: The model that is attacked in place of `model`, which then says what it makes of the images; nil for
  ///     `model` itself.
  ///   - transformations: What is done to an image before each of the attacks.
  ///   - batchSize: How many images are taken at once, at most the programs' own batch.
  ///   - withLogits: Whether records carry the logits of the perturbed image.
  ///   - reuses: Whether successes at smaller budgets are kept for larger ones; budgets then grow.
  ///   - algorithms: How the algorithms of convolutions are chosen, which is a setting of the records.
  ///   - lookUp: Called before every forward pass of an attack or search; what it throws ends it.
  ///   - trace: Receives the points that traced attacks asked about, an image's before its record.
  /// - Throws: `Failure` when an attack means nothing for the model, `source` takes other images or tells other classes
  ///   apart, or the engine refuses.
  public init(
    of model: LoadedModel, under attacks: [NamedAttack?], from source: LoadedModel? = nil,
    after transformations: [Transformation] = [.none], batchSize: Int? = nil, withLogits: Bool = false,
    reuses: Bool = false, algorithms: AlgorithmOption? = nil, lookUp: @escaping () throws -> Void = {},
    trace: @escaping (TraceRecord) throws -> Void = { _ in }
  ) throws {
    for case let attack? in attacks { try attack.attack.validate(classCount: model.graph.classCount) }
    try source?.check(servesFor: model)
    try Self.check(attacks, after: transformations, reuses: reuses, transfers: source != nil)
    sequence = try AttackSequence(attacks.map { $0?.scheduled }, reuses: reuses)
    let attacked = source ?? model
    let isSearch = attacks.contains(nil) && transformations.contains { $0.search != nil }
    let climbs = transformations.contains(where: \.isClimbing)
    classifier = isSearch ? try attacked.network(withGradients: climbs) : nil
    let needsGradients = sequence.needs.contains(.gradients)
    batchStatistics = BatchStatistics(attacked, under: attacks, lookUp: lookUp)
    if batchStatistics != nil, transformations.contains(where: { $0.search != nil }) {
      throw Failure(.usage, "batch statistics: the paper's code searches through no poses; leave the search out")
    }
    scheduler =
      isSearch || batchStatistics != nil
      ? nil : try attacked.scheduler(withGradients: needsGradients, width: batchSize, lookUp: lookUp)
    (self.algorithms, self.batchSize, self.lookUp, self.trace) = (algorithms, batchSize, lookUp, trace)
    (self.model, self.source) = (model, source)
    self.attacks = attacks
    self.transformations = transformations
    self.withLogits = withLogits
  }

  /// Refuses what does not go together.
  private static func check(
    _ attacks: [NamedAttack?], after transformations: [Transformation], reuses: Bool, transfers: Bool
  ) throws {
    let isSearch = transformations.contains { $0.search != nil }
    if let attack = attacks.compactMap(\.self).first, transformations.contains(where: \.isClimbing) {
      throw Failure(.usage, "\(attack.name): poses are climbed to without an attack; leave one of them out")
    }
    guard !reuses || !isSearch && !transfers else {
      throw Failure(.usage, "reuse keeps what fooled the attacked model in one pose; leave it out")
    }
    guard !transfers || !isSearch && !attacks.contains(nil) else {
      throw Failure(.usage, "source: name an attack on it, and no search for poses")
    }
    if isSearch, transformations.contains(where: { $0.corruption != nil }) {
      throw Failure(.usage, "corruptions go with one pose; leave the search for the worst one out")
    }
    let isBlended = transformations.contains { !$0.isIdentity && $0.interpolation != .nearest }
    if isBlended, attacks.contains(where: { $0?.isQuantised == true }) {
      throw Failure(.usage, "bilinear interpolation leaves 8-bit levels, so images cannot be quantised; take nearest")
    }
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

  /// How many images of `shape` are taken through at once where they are kept, so that memory is bounded however long one
  /// takes: whole batches of batch statistics, 10 or as many as take 256 MiB, but one at least.
  static func keptImages(_ shape: Shape) -> Int {
    let batch = BatchStatistics.batchSize
    return batch * max(1, min(10, (256 << 20) / (4 * batch * shape.count)))
  }

  /// Hands the records of a selection to `body` with the images they are of, `[c, h, w]`, as `forEach(in:progress:_:)`.
  ///
  /// - Throws: as there.
  public func forEachImage(
    in selection: ImageSelection, progress: (Int) throws -> Void = { _ in },
    _ body: (PredictionRecord, [Float]) throws -> Void
  ) throws {
    let indices = selection.images.indices
    let count = Self.keptImages(selection.images.imageShape)
    for start in stride(from: indices.lowerBound, to: indices.upperBound, by: count) {
      let part = selection.images[start..<min(start + count, indices.upperBound)]
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
    for transformation in transformations { try transformation.corruption?.check(images) }
    guard transformations.allSatisfy({ $0.search == nil }) else {
      return try attacks.contains(nil)
        ? searchPoses(of: images, settings.flatMap(\.self), progress: progress) { try body($0, []) }
        : attackPoses(of: images, settings, progress: progress) {
          for point in $1 { try trace(point) }
          try body($0, [])
        }
    }
    if attacks.contains(where: { $0?.isQuantised == true }), !images.haveEightBits {
      throw Failure(.usage, "\(images.name): pixels between 8-bit levels cannot be quantised; leave that out")
    }
    // A place is an image in one pose; results come in any order.
    let poses = transformations.count
    let places = images.indices.flatMap { [Int](repeating: $0, count: poses) }
    var transformer = Transformer(transformations, imageShape: images.imageShape)
    var order = PlaceOrder<Outcome>(perPlace: attacks.count)
    func finish(_ result: AttackResult, at place: Int) throws {
      let (done, pose) = (order.done, place % poses)
      let outcome = outcome(
        result, settings[pose][result.attack], transformations[pose].pose(of: places[place]).record,
        index: places[place], label: images.label(of: places[place]), keepsImage: keepsImages)
      try order.add(outcome, at: place) {
        for point in $0.trace { try trace(point) }
        try body($0.record, $0.image)
      }
      if order.done / poses > done / poses { try progress(order.done / poses) }
    }
    func write(_ place: Int, _ pixels: MutablePixels) { images.writePixels(of: places[place], into: pixels) }
    var judge = try source.map { _ in TransferJudge(try model.inference()) }
    for group in try groups(of: images, total: selection.total) {
      try group.scheduler.run(
        sequence, on: group.places.map { places[$0] }, labels: group.places.map { images.label(of: places[$0]) },
        poses: group.poses,
        pixels: { number, pixels in
          let place = group.places[number]
          write(place, pixels)
          try transformer.transform(pixels, image: places[place], by: place % poses)
        },
        untouched: transformations.allSatisfy(\.isIdentity) ? nil : { write(group.places[$0], $1) },
        finish: { result in
          guard judge != nil else { return try finish(result, at: group.places[result.place]) }
          try judge?.add(result, untouched: { write(result.place, $0) }) { try finish($0, at: $0.place) }
        })
    }
    try judge?.flush { try finish($0, at: $0.place) }
  }

  /// The places, images in all their poses, that one scheduler takes in at once: all of them, or where batch statistics
  /// decide a hundred images in one pose.
  private func groups(
    of images: LabeledImages, total: Int
  ) throws -> [(places: [Int], poses: Int, scheduler: AttackScheduler)] {
    let poses = transformations.count
    if let scheduler { return [(Array(0..<images.count * poses), poses, scheduler)] }
    guard let batchStatistics else { return [] }
    let first = images.indices.lowerBound
    return try BatchStatistics.batches(of: images.indices, total: total).flatMap { batch in
      try (0..<poses).map { pose in
        (batch.map { ($0 - first) * poses + pose }, 1, try batchStatistics.scheduler(of: batch.count))
      }
    }
  }

  /// A record with what was kept beside it.
  private typealias Outcome = (record: PredictionRecord, image: [Float], trace: [TraceRecord])

  private func outcome(
    _ result: AttackResult, _ setting: Setting, _ pose: PredictionRecord.Pose, index: Int, label: Int,
    keepsImage: Bool
  ) -> Outcome {
    let attack = attacks[result.attack]
    return (
      record(result, of: attack, setting, pose: pose, index: index, label: label),
      keepsImage ? result.perturbed : [], trace(result, setting, pose: pose, index: index, label: label)
    )
  }
}
