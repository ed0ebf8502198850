import Failures
import Networks
import Optimizers
import Programs
import Synchronization
import Tensors
import Testing

/// A backend whose engines compute nothing and remember what they were asked for.
final class SpyBackend: Backend, Sendable {
  /// What happened, in order.
  enum Event: Equatable, Sendable {
    case made(Plan.Purpose, batchSize: Int)
    case loaded(weights: [Int])
    case handed
    case forward(pixels: Int, logits: Int)
    case masks([Shape])
    case backward([Float])
    case update(OptimizerStep)
  }

  private let log = Mutex<[Event]>([])
  /// What every forward pass answers with, repeated over the classes.
  let answer: [Float]

  init(answer: [Float]) { self.answer = answer }

  let name = "spy"
  var events: [Event] { log.withLock { $0 } }

  func makeInferenceEngine(_ plan: Plan) throws -> any InferenceEngine { make(plan) }
  func makeInputGradientEngine(_ plan: Plan) throws -> any InputGradientEngine { make(plan) }
  func makeTrainingEngine(
    _ plan: Plan, for optimizer: Optimizer, sharing statistics: SharedStatistics?
  ) throws -> any TrainingEngine { make(plan) }
  func profile(_ plan: Plan, parameters: Parameters, repeats: Int) throws -> [CallProfile] { [] }

  fileprivate func note(_ event: Event) { log.withLock { $0.append(event) } }

  private func make(_ plan: Plan) -> SpyEngine {
    note(.made(plan.purpose, batchSize: plan.batchSize))
    return SpyEngine(self)
  }
}

/// An engine that answers every forward pass alike and every backward pass with the gradient it was given, repeated.
private final class SpyEngine: InputGradientEngine, TrainingEngine {
  private let backend: SpyBackend
  private var stored: Parameters?
  private var storedState: OptimizerState = [:]
  let trainedBuffers: [TrainedBuffer] = []
  var runningStatistics: [Float] = []

  init(_ backend: SpyBackend) { self.backend = backend }

  func load(_ weights: some Sequence<PreparedWeights>) throws {
    backend.note(.loaded(weights: weights.map(\.weight.shape.count)))
  }

  func load(_ parameters: Parameters, state: OptimizerState) throws {
    (stored, storedState) = (parameters, state)
  }

  func forward(_ pixels: UnsafeBufferPointer<Float>, rows: Int, logits: UnsafeMutableBufferPointer<Float>) throws {
    backend.note(.forward(pixels: pixels.count, logits: logits.count))
    for i in logits.indices { logits[i] = backend.answer[i % backend.answer.count] }
  }

  func forward(
    _ pixels: UnsafeBufferPointer<Float>, masks: [Tensor], logits: UnsafeMutableBufferPointer<Float>
  ) throws {
    backend.note(.masks(masks.map(\.shape)))
    try forward(pixels, rows: 0, logits: logits)
  }

  func backward(_ logitGradient: UnsafeBufferPointer<Float>, pixelGradient: UnsafeMutableBufferPointer<Float>) throws {
    try backward(logitGradient, accumulates: false) { _ in }
    for i in pixelGradient.indices { pixelGradient[i] = logitGradient[i % logitGradient.count] }
  }

  func backward(_ logitGradient: UnsafeBufferPointer<Float>, accumulates: Bool, complete: (Int) -> Void) throws {
    backend.note(.backward(Array(logitGradient)))
  }

  func writePixelGradient(_ pixelGradient: UnsafeMutableBufferPointer<Float>) throws {
    throw Failure(.internal, "spy: no way back to the pixels")
  }
  func update(_ rule: OptimizerStep) throws { backend.note(.update(rule)) }

  func parameters() throws -> Parameters { try #require(stored) }
  func state() throws -> OptimizerState { storedState }
  func gradients() throws -> [ParameterPath: Tensor] { [:] }
  func valuesChanged() {}
  func handWeights(to engine: any InferenceEngine) { backend.note(.handed) }
  func spread(_ count: Int, _ body: (Int) -> Void) { for number in 0..<count { body(number) } }
}
