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
  private var epoch: Int
  private var step: Int

  /// A trainer of `graph` on `data`, going on from `state`.
  ///
  /// - Throws: `Failure` when the configuration means nothing, the data do not fit the network or are fewer than a
  ///   batch, or the engine refuses.
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
    self.configuration = configuration
    self.graph = graph
    self.data = data
    (epoch, step) = (state.epoch, state.step)
    let batchSize = configuration.batchSize
    program = try TrainingProgram(
      graph, parameters: state.parameters, momentum: state.momentum, batchSize: batchSize, on: backend)
    adversary = try Adversary(configuration, graph, state.parameters, backend)
    masks = DropoutMasks(program)
    pixels = Tensor(Shape([batchSize] + graph.imageShape.sizes))
    logits = Tensor([batchSize, graph.classCount])
  }

  /// What the run has reached.
  ///
  /// - Throws: `Failure` when a weight is not finite (the last step's loss came before it) or the engine fails.
  public func state() throws -> TrainingState {
    let parameters = try program.parameters()
    guard parameters.tensors.allSatisfy({ $0.values.allSatisfy(\.isFinite) }) else {
      throw Failure(.data, "training: a weight is not finite after epoch \(epoch): lower --learning-rate")
    }
    return TrainingState(parameters: parameters, momentum: try program.momentum(), epoch: epoch, step: step)
  }

  /// Trains one epoch, telling `progress` after every step.
  ///
  /// - Throws: `Failure` when the loss is not finite (the state is then of no use) or the engine fails.
  public func runEpoch(progress: (EpochSummary) -> Void = { _ in }) throws -> EpochSummary {
    let clock = ContinuousClock()
    let start = clock.now
    var generator = Generator(seed: configuration.seed, purpose: .shuffle, epoch: epoch)
    let order = Batches.Order.shuffled(generator.permutation(count: data.count))
    let batches = Batches(of: data, size: configuration.batchSize, order: order)
    let whole = data.count / configuration.batchSize
    var summary = emptySummary(images: whole * configuration.batchSize)
    let update = configuration.update(epoch: epoch)
    for batch in 0..<whole {
      batches.copyIndices(ofBatch: batch, into: &images)
      let (loss, correct) = try train(update)
      summary.add(loss: loss, correct: correct, count: images.count)
      summary.seconds = Double((clock.now - start) / .microseconds(1)) / 1e6
      progress(summary)
    }
    epoch += 1
    return summary
  }

  /// One step on the images of the batch; their summed loss and how many were classified rightly.
  private func train(_ update: MomentumUpdate) throws -> (loss: Double, correct: Int) {
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
    return (sum, images.indices.count { predictedClass(row: $0, logits: logits) == labels[$0] })
  }

  private func emptySummary(images: Int) -> EpochSummary {
    var epsilon: Float = 0
    if case .pgd(let attack) = configuration.method { epsilon = attack.epsilon }
    return EpochSummary(
      epoch: epoch + 1, epochs: configuration.epochs, learningRate: configuration.schedule.rate(epoch: epoch),
      epsilon: epsilon, loss: 0, accuracy: 0, seconds: 0, images: 0, imagesPerEpoch: images)
  }
}

extension EpochSummary {
  /// Takes in a batch of `count` images.
  fileprivate mutating func add(loss sum: Double, correct: Int, count: Int) {
    let total = Double(images + count)
    loss = (loss * Double(images) + sum) / total
    accuracy = (accuracy * Double(images) + Double(correct)) / total
    images += count
  }
}
