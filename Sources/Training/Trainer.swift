import Attacks
public import Datasets
import Failures
public import Networks
public import Programs
import Tensors

/// Trains a network epoch by epoch; opens no file and prints nothing.
public final class Trainer {
  /// What the run does.
  public let configuration: TrainingConfiguration
  private let graph: NetworkGraph
  private let data: LabeledImages
  private let program: TrainingProgram
  private let adversary: Adversary?
  private var masks: DropoutMasks
  // The batch at work; nothing below is allocated anew in a step.
  private var images: [Int] = []
  private var labels: [Int] = []
  private var pixels: Tensor
  private var logits: Tensor
  /// How many epochs are complete.
  public private(set) var epoch: Int
  private var step: Int
  private var sums: TrainingState.Sums

  /// A trainer of `graph` on `data`, going on from `state`.
  ///
  /// - Throws: `Failure` when the configuration means nothing, the data do not fit the network or are fewer than a
  ///   batch, the state is not one of this run, or the engine refuses.
  public init(
    _ configuration: TrainingConfiguration, graph: NetworkGraph, data: LabeledImages, state: TrainingState,
    on backend: any Backend
  ) throws {
    try configuration.validate()
    guard data.imageShape == graph.imageShape, data.classNames.count <= graph.classCount else {
      throw Failure(
        .data,
        "\(data.name): \(data.classNames.count) classes of [\(data.imageShape)] do not fit "
          + "\(graph.definition.architecture), made for \(graph.classCount) of [\(graph.imageShape)]")
    }
    guard data.count >= configuration.batchSize else {
      throw Failure(
        .usage,
        "\(data.name): \(data.count) images do not fill a batch of \(configuration.batchSize): "
          + "lower --batch-size")
    }
    try state.validate(graph, configuration, stepsPerEpoch: data.count / configuration.batchSize)
    self.configuration = configuration
    self.graph = graph
    self.data = data
    (epoch, step, sums) = (state.epoch, state.step, state.sums)
    let batchSize = configuration.batchSize
    program = try TrainingProgram(
      graph, parameters: state.parameters, momentum: state.momentum, batchSize: batchSize, on: backend)
    adversary = try Adversary(configuration, graph, state.parameters, backend)
    masks = DropoutMasks(program)
    pixels = Tensor(Shape([batchSize] + graph.imageShape.sizes))
    logits = Tensor([batchSize, graph.classCount])
  }

  /// Whether all epochs are complete.
  public var isFinished: Bool { epoch >= configuration.epochs }

  /// What the run has reached.
  ///
  /// - Throws: `Failure` when a weight is not finite (the last step's loss came before it) or the engine fails.
  public func state() throws -> TrainingState {
    let parameters = try program.parameters()
    let momentum = try program.momentum()
    let tensors = [parameters.tensors, Array(momentum.values)].joined()
    guard tensors.allSatisfy({ $0.values.allSatisfy(\.isFinite) }) else {
      throw Failure(.data, "training: a weight is not finite after \(place): lower --learning-rate")
    }
    return TrainingState(parameters: parameters, momentum: momentum, epoch: epoch, step: step, sums: sums)
  }

  /// Trains to the end of the epoch, from where the state stands in it, and calls `afterStep` after every step.
  ///
  /// What `afterStep` throws ends the training there; `state()` is then, as within `afterStep`, one to go on from.
  ///
  /// - Throws: `Failure` when the loss is not finite (the state is then of no use) or the engine fails.
  public func runEpoch(afterStep: (EpochSummary) throws -> Void = { _ in }) throws -> EpochSummary {
    let clock = ContinuousClock()
    let start = clock.now
    var generator = Generator(seed: configuration.seed, purpose: .shuffle, epoch: epoch)
    let order = Batches.Order.shuffled(generator.permutation(count: data.count))
    let batches = Batches(of: data, size: configuration.batchSize, order: order)
    let update = configuration.update(epoch: epoch)
    var summary = summary(earlierImages: step * configuration.batchSize)
    while step < data.count / configuration.batchSize {
      batches.copyIndices(ofBatch: step, into: &images)
      try train(update)
      (summary.step, summary.images, summary.sums) = (step, step * configuration.batchSize, sums)
      summary.seconds = Double((clock.now - start) / .microseconds(1)) / 1e6
      try afterStep(summary)
    }
    (epoch, step, sums) = (epoch + 1, 0, TrainingState.Sums())
    return summary
  }

  /// One step on the images of the batch.
  private func train(_ update: MomentumUpdate) throws {
    labels.removeAll(keepingCapacity: true)
    for image in images { labels.append(data.label(of: image)) }
    data.writePixels(of: images, into: &pixels)
    if let adversary {
      try adversary.perturb(&pixels, labels: labels, images: images, epoch: epoch, parameters: program)
    }
    masks.draw(seed: configuration.seed, epoch: epoch, images: images)
    try program.forward(pixels, masks: masks.tensors, into: &logits)
    let loss = Loss.crossEntropy(labels: labels)
    let sum = images.indices.reduce(0) { $0 + Double(loss.value(row: $1, logits: logits)) }
    guard sum.isFinite else {
      throw Failure(
        .data, "training: the loss is not finite in epoch \(epoch + 1), step \(step + 1): lower --learning-rate")
    }
    try program.backward(loss, logits: logits)
    try program.update(update)
    step += 1
    sums.loss += sum
    sums.correct += images.indices.count { predictedClass(row: $0, logits: logits) == labels[$0] }
  }

  /// Where the run stands, for people.
  private var place: String { step == 0 ? "epoch \(epoch)" : "epoch \(epoch + 1), step \(step)" }

  private func summary(earlierImages: Int) -> EpochSummary {
    var epsilon: Float = 0
    if case .pgd(let attack) = configuration.method { epsilon = attack.epsilon }
    return EpochSummary(
      epoch: epoch + 1, epochs: configuration.epochs, step: step,
      learningRate: configuration.schedule.rate(epoch: epoch), epsilon: epsilon, sums: sums, seconds: 0,
      images: earlierImages, earlierImages: earlierImages,
      imagesPerEpoch: data.count / configuration.batchSize * configuration.batchSize)
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
    for spec in graph.parameters where spec.role == .trainable {
      guard momentum[spec.path].map({ $0.shape == spec.shape }) ?? momentum.isEmpty else {
        throw Failure(.data, "training: the momentum of \(spec.path) is missing or of another shape; train anew")
      }
    }
  }
}
