import Networks
import Optimizers
import Programs
import Synchronization
import Tensors

/// A backend that remembers what training steps saw and answered.
final class SpyBackend: Backend {
  /// One forward pass.
  struct Step: Sendable {
    let pixels: [Float]
    let masks: [Tensor]
    let logits: [Float]
  }

  let name = "spy"
  private let backend: any Backend
  private let seen = Mutex<[Step]>([])
  private let count = Mutex((copies: 0, handovers: 0))

  init(_ backend: any Backend) { self.backend = backend }

  /// The forward passes so far.
  var steps: [Step] { seen.withLock { $0 } }

  /// How often all parameters were asked for, and how often weights were handed to another engine.
  var counts: (copies: Int, handovers: Int) { count.withLock { $0 } }

  fileprivate func remember(_ step: Step) { seen.withLock { $0.append(step) } }
  fileprivate func rememberCopy() { count.withLock { $0.copies += 1 } }
  fileprivate func rememberHandover() { count.withLock { $0.handovers += 1 } }

  func makeInferenceEngine(_ plan: Plan) throws -> any InferenceEngine { try backend.makeInferenceEngine(plan) }

  func makeInputGradientEngine(_ plan: Plan) throws -> any InputGradientEngine {
    try backend.makeInputGradientEngine(plan)
  }

  func makeTrainingEngine(
    _ plan: Plan, for optimizer: Optimizer, sharing statistics: SharedStatistics?
  ) throws -> any TrainingEngine {
    SpyEngine(engine: try backend.makeTrainingEngine(plan, for: optimizer, sharing: statistics), spy: self)
  }

  func profile(_ plan: Plan, parameters: Parameters, repeats: Int) throws -> [CallProfile] {
    try backend.profile(plan, parameters: parameters, repeats: repeats)
  }
}

private final class SpyEngine: TrainingEngine {
  let engine: any TrainingEngine
  let spy: SpyBackend

  init(engine: any TrainingEngine, spy: SpyBackend) { (self.engine, self.spy) = (engine, spy) }

  func forward(_ pixels: UnsafeBufferPointer<Float>, masks: [Tensor], logits: UnsafeMutableBufferPointer<Float>) throws
  {
    try engine.forward(pixels, masks: masks, logits: logits)
    spy.remember(SpyBackend.Step(pixels: Array(pixels), masks: masks, logits: Array(logits)))
  }

  func load(_ parameters: Parameters, state: OptimizerState) throws { try engine.load(parameters, state: state) }
  func backward(_ logitGradient: UnsafeBufferPointer<Float>, accumulates: Bool, complete: (Int) -> Void) throws {
    try engine.backward(logitGradient, accumulates: accumulates, complete: complete)
  }
  func writePixelGradient(_ pixelGradient: UnsafeMutableBufferPointer<Float>) throws {
    try engine.writePixelGradient(pixelGradient)
  }
  func update(_ rule: OptimizerStep) throws { try engine.update(rule) }
  func parameters() throws -> Parameters {
    spy.rememberCopy()
    return try engine.parameters()
  }
  func handWeights(to other: any InferenceEngine) throws {
    spy.rememberHandover()
    try engine.handWeights(to: other)
  }
  func state() throws -> OptimizerState { try engine.state() }
  var trainedBuffers: [TrainedBuffer] { engine.trainedBuffers }
  var runningStatistics: [Float] {
    get { engine.runningStatistics }
    set { engine.runningStatistics = newValue }
  }
  func valuesChanged() throws { try engine.valuesChanged() }
  func spread(_ count: Int, _ body: (Int) -> Void) { engine.spread(count, body) }
  func gradients() throws -> [ParameterPath: Tensor] { try engine.gradients() }
}
