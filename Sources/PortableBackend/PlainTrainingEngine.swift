import Failures
import Networks
import Optimizers
import Programs
import Tensors

/// The engine of training plans; it owns parameters, gradients and what the optimiser keeps.
final class PlainTrainingEngine: TrainingEngine {
  let network: Network
  private let workers: Workers
  private let store: ParameterStore
  /// A mask for every dropout step, `[n, c, h, w]` or `[n, features]`.
  private let masks: [FloatBlock]
  /// The parameters as loaded, for their paths and shapes.
  private var loaded: Parameters?

  init(_ plan: Plan, for optimizer: Optimizer, sharing statistics: SharedStatistics? = nil, threads: Int) throws {
    workers = Workers(count: threads)
    store = try ParameterStore(plan, stateNames: optimizer.stateNames)
    masks = try plan.dropoutSteps.map { try FloatBlock(count: plan.batchSize * plan.values[$0.output].count) }
    network = try Network(
      plan, weights: store.weights, masks: masks.map(\.start), sharing: statistics, workers: workers)
  }

  func load(_ parameters: Parameters, state: OptimizerState) throws {
    loaded = parameters
    store.load(parameters, state: state)
    valuesChanged()
  }

  func forward(
    _ pixels: UnsafeBufferPointer<Float>, masks given: [Tensor], logits: UnsafeMutableBufferPointer<Float>
  ) throws {
    guard given.map(\.values.count) == masks.map(\.count) else {
      throw Failure(.internal, "portable engine: \(given.count) masks that do not fit \(masks.count) dropouts")
    }
    for (source, target) in zip(given, masks) { target.start.update(from: source.values, count: target.count) }
    try network.forward(pixels, logits: logits)
  }

  func backward(
    _ logitGradient: UnsafeBufferPointer<Float>, accumulates: Bool, complete: (Int) -> Void
  ) throws {
    // The kernels replace what they write.
    if accumulates { try store.setGradientsAside() }
    try network.backward(logitGradient)
    store.sumGradients()
    if accumulates { store.addGradientsSetAside() }
    complete(0)
  }

  func writePixelGradient(_ pixelGradient: UnsafeMutableBufferPointer<Float>) throws {
    try network.writePixelGradient(pixelGradient)
  }

  private(set) lazy var trainedBuffers = [store.trainedBuffer]

  var runningStatistics: [Float] {
    get { store.runningStatistics }
    set { store.runningStatistics = newValue }
  }

  func spread(_ count: Int, _ body: (Int) -> Void) { workers.run(count) { task, _ in body(task) } }

  func valuesChanged() {
    store.expand()
    network.weightsChanged()
  }

  func parameters() throws -> Parameters {
    var result = try template()
    store.write(to: &result)
    return result
  }

  func state() throws -> OptimizerState { store.state(like: try template()) }

  func gradients() throws -> [ParameterPath: Tensor] { store.gradients(like: try template()) }

  func handWeights(to engine: any InferenceEngine) throws {
    guard let engine = engine as? EvaluationEngine else {
      throw Failure(.internal, "portable engine: weights are handed to an engine of another backend")
    }
    try engine.load(from: store)
  }

  private func template() throws -> Parameters {
    guard let loaded else { throw Failure(.internal, "portable engine: used before parameters were loaded") }
    return loaded
  }
}
