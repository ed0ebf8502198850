import Attacks
import Datasets
import Failures
public import Networks
import Optimizers
public import Programs
public import Records
import Tensors
import Training

/// One program of one network on made-up images, ready to be called any number of times.
///
/// Parameters are initial ones, pixels and labels come from the generator's purpose `sample`; the seed is 0 throughout.
public struct Workload {
  /// How many images one call takes: a batch, or a whole epoch.
  public let imagesPerCall: Int
  /// What one image costs; see `Workload.multiplyAdds(of:_:)`.
  public let multiplyAddsPerImage: Int
  private let body: () throws -> Void

  /// How many steps the attack of an `attackEpoch` has.
  public static let attackSteps = 10

  /// Compiles `program` of `graph` for batches of `batchSize`; an epoch has `imageCount` images, of which whole batches
  /// are trained on.
  ///
  /// - Throws: `Failure` when the engine refuses, or an epoch has fewer images than a batch.
  public init(
    _ program: BenchmarkRecord.Program, of graph: NetworkGraph, batchSize: Int, imageCount: Int,
    on backend: any Backend
  ) throws {
    guard program != .attackEpoch || imageCount >= batchSize else {
      throw Failure(.usage, "\(imageCount) images do not fill a batch of \(batchSize): give more, or a smaller batch")
    }
    multiplyAddsPerImage = Self.multiplyAdds(of: program, graph)
    switch program {
    case .inference: body = try Self.inference(graph, batchSize, backend)
    case .inputGradient: body = try Self.inputGradient(graph, batchSize, backend)
    case .training: body = try Self.training(graph, batchSize, backend)
    case .attackEpoch: body = try Self.attackEpoch(graph, batchSize, imageCount, backend)
    }
    imagesPerCall = program == .attackEpoch ? imageCount / batchSize * batchSize : batchSize
  }

  /// Runs the program once.
  ///
  /// - Throws: `Failure` when the engine fails.
  public func run() throws { try body() }

  /// The multiply-adds of the mathematics for one image, as if every convolution were computed directly: those of the
  /// forward pass once for inference, twice for the input gradient, three times for a training step. An epoch of
  /// adversarial training costs `attackSteps` input gradients and one training step.
  public static func multiplyAdds(of program: BenchmarkRecord.Program, _ graph: NetworkGraph) -> Int {
    switch program {
    case .inference: graph.multiplyAdds
    case .inputGradient: 2 * graph.multiplyAdds
    case .training: 3 * graph.multiplyAdds
    case .attackEpoch: (2 * attackSteps + 3) * graph.multiplyAdds
    }
  }
}

// MARK: - The programs

extension Workload {
  private static func inference(
    _ graph: NetworkGraph, _ batchSize: Int, _ backend: any Backend
  ) throws -> () throws -> Void {
    let program = try InferenceProgram(
      graph, parameters: Parameters(initializing: graph, seed: 0), batchSize: batchSize, on: backend)
    let images = SampleImages(graph, count: batchSize)
    var logits = Tensor([batchSize, graph.classCount])
    return { try program.forward(images.pixels, into: &logits) }
  }

  private static func inputGradient(
    _ graph: NetworkGraph, _ batchSize: Int, _ backend: any Backend
  ) throws -> () throws -> Void {
    let program = try InputGradientProgram(
      graph, parameters: Parameters(initializing: graph, seed: 0), batchSize: batchSize, on: backend)
    let images = SampleImages(graph, count: batchSize)
    let loss = CrossEntropy(labels: images.labels)
    var (gradient, logits) = (Tensor(images.pixels.shape), Tensor([batchSize, graph.classCount]))
    var logitGradient = logits
    return {
      try program.forward(images.pixels, into: &logits)
      loss.writeGradient(logits: logits, into: &logitGradient)
      try program.backward(logitGradient, into: &gradient)
    }
  }

  private static func training(
    _ graph: NetworkGraph, _ batchSize: Int, _ backend: any Backend
  ) throws -> () throws -> Void {
    let program = try TrainingProgram(
      graph, parameters: Parameters(initializing: graph, seed: 0), batchSize: batchSize, on: backend)
    let images = SampleImages(graph, count: batchSize)
    let loss = CrossEntropy(labels: images.labels)
    var masks = DropoutMasks(program)
    var (logits, epoch) = (Tensor([batchSize, graph.classCount]), 0)
    return {
      masks.draw(seed: 0, epoch: epoch, images: Array(0..<batchSize))
      try program.forward(images.pixels, masks: masks.tensors, into: &logits)
      try program.backward(loss, logits: logits)
      try program.update(OptimizerStep(.sgd(momentum: 0.9), learningRate: 0.01, weightDecay: 5e-4))
      epoch += 1
    }
  }

  private static func attackEpoch(
    _ graph: NetworkGraph, _ batchSize: Int, _ imageCount: Int, _ backend: any Backend
  ) throws -> () throws -> Void {
    let epsilon: Float = graph.imageShape[0] == 1 ? 0.3 : 8.0 / 255
    let attack = ProjectedGradientDescent(epsilon: epsilon, steps: attackSteps, stepSize: epsilon / 4)
    let configuration = TrainingConfiguration(
      method: .pgd(attack), epochs: .max, batchSize: batchSize, schedule: Schedule(initial: 0.01, milestones: []),
      optimizer: .sgd(momentum: 0.9), weightDecay: 5e-4, seed: 0)
    let trainer = try Trainer(
      configuration, graph: graph, data: SampleImages.dataset(for: graph, count: imageCount),
      state: TrainingState(parameters: Parameters(initializing: graph, seed: 0)), on: backend)
    return { _ = try trainer.runEpoch() }
  }
}
