public import Datasets
import Failures
public import Networks
import Optimizers
public import Programs
public import Ranks
import Spatial
import Tensors

/// Trains a network epoch by epoch; opens no file and prints nothing.
public final class Trainer {
  /// What the run does, with stages where they are known to begin.
  public private(set) var configuration: TrainingConfiguration
  /// The same as it was given.
  private let planned: TrainingConfiguration
  /// What images held out came to after every complete epoch.
  private var accuracies: [Double]
  private var data: LabeledImages
  /// Where in `data` the images are that are trained on.
  private var trained: [Int]
  /// What makes `data` grow where a substitute is trained.
  private let substitution: Substitution?
  /// How many images the first epoch has to choose from.
  private let firstCount: Int
  private let stepper: TrainingStep
  private let ranks: RankGroup
  private let validator: Validator?
  /// The batch at work.
  private var images: [Int] = []
  /// How many epochs are complete.
  public private(set) var epoch: Int
  private var step: Int
  private var sums: TrainingState.Sums
  /// The moving average of the parameters; nil where the run keeps none.
  private var average: Parameters?
  /// The best epoch so far, where one is looked for.
  private var best: TrainingState.Best?

  /// A trainer of `graph` on `data`, going on from `state`; of a substitute, on what `oracle` says of the images. Of several
  /// `ranks` each takes its shards of every batch, and `checkRanks()` comes before the first epoch.
  ///
  /// - Throws: `Failure` when the configuration means nothing, the data do not fit the network or are fewer than a
  ///   batch, the state is not one of this run, or the engine refuses.
  public init(
    _ configuration: TrainingConfiguration, graph: NetworkGraph, data: LabeledImages, state: TrainingState,
    oracle: (any Classifier)? = nil, among ranks: RankGroup = RankGroup(), on backend: any Backend
  ) throws {
    try configuration.validate()
    try configuration.validate(ranks: ranks.count)
    try configuration.validate(graph)
    self.ranks = ranks
    guard data.imageShape == graph.imageShape, data.classNames.count <= graph.classCount else {
      throw Failure(
        .data,
        "\(data.name): \(data.classNames.count) classes of [\(data.imageShape)] do not fit "
          + "\(graph.definition.architecture), made for \(graph.classCount) of [\(graph.imageShape)]")
    }
    let trainedCount = configuration.trainedCount(of: data.count)
    guard trainedCount >= configuration.batchSize else {
      throw Failure(
        .usage,
        "\(data.name): \(trainedCount) images do not fill a batch of \(configuration.batchSize): "
          + "lower --batch-size" + (configuration.validation == nil ? "" : " or --validation"))
    }
    try state.validate(
      graph, configuration,
      stepsPerEpoch: configuration.imageCount(of: data.count, epoch: state.epoch) / configuration.batchSize)
    substitution = try Substitution(configuration, graph, seeds: data, state: state, oracle: oracle, on: backend)
    firstCount = data.count
    let data = substitution?.images ?? data
    accuracies = configuration.validation == nil ? [] : state.accuracies
    (planned, self.data) = (configuration, data)
    self.configuration = configuration.adapted(to: accuracies)
    (epoch, step, sums) = (state.epoch, state.step, state.sums)
    average = configuration.averageDecay == nil ? nil : state.average ?? state.parameters
    best = configuration.validation == nil ? nil : state.best
    let split = configuration.validation?.split(count: data.count, seed: configuration.seed)
    trained = split?.trained ?? Array(0..<data.count)
    stepper = try TrainingStep(
      self.configuration, graph: graph, data: data, state: state, among: ranks, on: backend)
    let heldOut = (split?.heldOut ?? []).map { data.indices.lowerBound + $0 }
    validator =
      ranks.isFirst
      ? try Validator(configuration, graph, state.parameters, data: data, images: heldOut, on: backend) : nil
  }

  /// Makes sure that all ranks begin with the same weights and images.
  ///
  /// - Throws: `Failure` (`data`) where one does not.
  public func checkRanks() throws {
    guard !ranks.isAlone else { return }
    try ranks.requireSame(try ranks.together { try state().fingerprint }, "weights")
    try ranks.requireSame(data.fingerprint, "images")
  }

  /// How many steps the epoch at work has.
  private var stepsPerEpoch: Int {
    configuration.imageCount(of: firstCount, epoch: epoch) / configuration.batchSize
  }

  /// Whether all epochs are complete.
  public var isFinished: Bool { epoch >= configuration.epochs }

  /// What the run has reached.
  ///
  /// - Throws: `Failure` when a weight is not finite (the last step's loss came before it) or the engine fails.
  public func state() throws -> TrainingState {
    let parameters = try stepper.program.parameters()
    let optimizerState = try stepper.program.optimizerState()
    let kept = optimizerState.values.flatMap(\.values)
    let tensors = [parameters.tensors, average?.tensors ?? [], kept].joined()
    guard tensors.allSatisfy({ $0.values.allSatisfy(\.isFinite) }) else {
      throw Failure(.data, "training: a weight is not finite after \(place): lower --learning-rate")
    }
    return TrainingState(
      parameters: parameters, average: average, best: best, optimizerState: optimizerState,
      synthetic: isFinished ? nil : substitution?.synthetic, epoch: epoch, step: step, sums: sums,
      accuracies: accuracies)
  }

  /// Trains to the end of the epoch, from where the state stands in it, calls `afterStep` after every step, and measures
  /// the model on the images held out, if any.
  ///
  /// What `afterStep` throws ends the training there; `state()` is then, as within `afterStep`, one to go on from. Of several
  /// ranks all are in this at once, and only the first knows what was measured on images held out.
  ///
  /// - Throws: `Failure` when the loss is not finite (the state is then of no use) or the engine fails; `RankEnd` where
  ///   another rank tells.
  public func runEpoch(afterStep: (EpochSummary) throws -> Void = { _ in }) throws -> EpochSummary {
    let clock = ContinuousClock()
    let start = clock.now
    try grow()
    var generator = Generator(seed: configuration.seed, purpose: .shuffle, epoch: epoch)
    let order = generator.permutation(count: trained.count).map { trained[$0] }
    let batches = Batches(of: data, size: configuration.batchSize, order: .shuffled(order))
    var summary = summary(earlierImages: step * configuration.batchSize)
    while step < stepsPerEpoch {
      batches.copyIndices(ofBatch: step, into: &images)
      summary.learningRate = try train()
      (summary.step, summary.images, summary.sums) = (step, step * configuration.batchSize, sums)
      summary.seconds = Double((clock.now - start) / .microseconds(1)) / 1e6
      try afterStep(summary)
    }
    summary.validation = try validate()
    summary.kept = best?.epoch
    try adapt(to: summary.validation)
    (epoch, step, sums) = (epoch + 1, 0, TrainingState.Sums())
    return summary
  }

  /// Doubles the images of a substitute where its next round begins.
  private func grow() throws {
    let count = configuration.imageCount(of: firstCount, epoch: epoch)
    guard let substitution, data.count < count else { return }
    data = try ranks.together { try substitution.doubled(by: stepper.program.parameters()) }
    trained = Array(0..<count)
    stepper.data = data
  }

  /// Has the next stage begin earlier where what the epoch came to ends the one at work; all ranks are told by the first.
  private func adapt(to accuracy: Double?) throws {
    guard planned.validation != nil else { return }
    accuracies += try ranks.gather(1) { [accuracy ?? 0] }.prefix(1)
    guard planned.isAdaptive else { return }
    configuration = planned.adapted(to: accuracies)
    stepper.configuration = configuration
  }

  /// Measures what the epoch came to, and keeps it where it is better than those before.
  private func validate() throws -> Double? {
    guard configuration.validation != nil else { return nil }
    return try ranks.together {
      guard let validator else { return nil }
      let model = try average ?? stepper.program.parameters()
      let accuracy = try validator.accuracy(of: model)
      if accuracy > best?.accuracy ?? -1 {
        best = TrainingState.Best(epoch: epoch + 1, accuracy: accuracy, parameters: model)
      }
      return accuracy
    }
  }

  /// One step on the images of the batch; its learning rate.
  private func train() throws -> Float {
    let taken = epoch * stepsPerEpoch + step
    let update = configuration.update(epoch: epoch, step: step, stepsPerEpoch: stepsPerEpoch, taken: taken)
    let (loss, correct) = try stepper.take(images, epoch: epoch, update: update)
    guard loss.isFinite else {
      throw ranks.alike(
        Failure(
          .data, "training: the loss is not finite in epoch \(epoch + 1), step \(step + 1): lower --learning-rate"))
    }
    if let share = configuration.averageShare(taken: taken) {
      average?.move(towards: try stepper.program.parameters(), by: share)
    }
    step += 1
    sums.loss += loss
    sums.correct += correct
    return update.learningRate
  }

  /// Where the run stands, for people.
  private var place: String { step == 0 ? "epoch \(epoch)" : "epoch \(epoch + 1), step \(step)" }

  private func summary(earlierImages: Int) -> EpochSummary {
    let stage = configuration.stage(epoch: epoch)
    return EpochSummary(
      epoch: epoch + 1, epochs: configuration.epochs, step: step,
      learningRate: configuration.learningRate(
        epoch: epoch, step: max(step - 1, 0), stepsPerEpoch: stepsPerEpoch),
      rotation: stage.poses.rotation, translation: stage.poses.translation, epsilon: stage.method.epsilon, sums: sums,
      seconds: 0, images: earlierImages, earlierImages: earlierImages,
      imagesPerEpoch: stepsPerEpoch * configuration.batchSize)
  }
}

extension TrainingState {
  /// Refuses a state that a run of `configuration` cannot have reached: states come from files.
  fileprivate func validate(
    _ graph: NetworkGraph, _ configuration: TrainingConfiguration, stepsPerEpoch: Int
  ) throws {
    guard (0...configuration.epochs).contains(epoch), (0...stepsPerEpoch).contains(step),
      step == 0 || epoch < configuration.epochs
    else {
      throw Failure(
        .data,
        "training: stands at epoch \(epoch), step \(step), outside of \(configuration.epochs) epochs of "
          + "\(stepsPerEpoch) steps; resume it with the data it was begun with")
    }
    for name in configuration.optimizer.stateNames {
      let tensors = optimizerState[name] ?? [:]
      for spec in graph.parameters where spec.role == .trainable {
        guard tensors[spec.path].map({ $0.shape == spec.shape }) ?? tensors.isEmpty else {
          throw Failure(.data, "training: the \(name) of \(spec.path) is missing or of another shape; train anew")
        }
      }
    }
  }
}
