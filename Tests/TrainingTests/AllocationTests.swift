import Networks
import Optimizers
import Programs
import Tensors
import TestSupport
import Testing
import Training

/// An engine that computes nothing, so that what is counted is what surrounds it.
private struct IdleBackend: Backend {
  let name = "idle"

  private final class Engine: TrainingEngine {
    func load(_ parameters: Parameters, state: OptimizerState) {}
    func forward(
      _ pixels: UnsafeBufferPointer<Float>, masks: [Tensor], logits: UnsafeMutableBufferPointer<Float>
    ) { logits.update(repeating: 0.25) }
    func backward(_ logitGradient: UnsafeBufferPointer<Float>, accumulates: Bool, complete: (Int) -> Void) {}
    func writePixelGradient(_ pixelGradient: UnsafeMutableBufferPointer<Float>) {}
    func update(_ rule: OptimizerStep) {}
    func parameters() throws -> Parameters { throw Unused() }
    func state() -> OptimizerState { [:] }
    let trainedBuffers: [TrainedBuffer] = []
    var runningStatistics: [Float] = []
    func valuesChanged() {}
    func spread(_ count: Int, _ body: (Int) -> Void) {}
    func gradients() -> [ParameterPath: Tensor] { [:] }
    func handWeights(to engine: any InferenceEngine) {}
  }

  private struct Unused: Error {}

  func makeInferenceEngine(_ plan: Plan) throws -> any InferenceEngine { throw Unused() }
  func makeInputGradientEngine(_ plan: Plan) throws -> any InputGradientEngine { throw Unused() }
  func makeTrainingEngine(
    _ plan: Plan, for optimizer: Optimizer, sharing statistics: SharedStatistics?
  ) throws -> any TrainingEngine { Engine() }
  func profile(_ plan: Plan, parameters: Parameters, repeats: Int) throws -> [CallProfile] { [] }
}

@Suite("Memory of training")
struct AllocationTests {
  @Test("a step allocates nothing around the engine")
  func steps() throws {
    let graph = try dropoutGraph()
    let counts = try [32, 160].map { images in
      let trainer = try trainer(recipe(), graph, noise(images, for: graph), on: IdleBackend())
      _ = try trainer.runEpoch()
      return try Allocations.count { _ = try trainer.runEpoch() }
    }
    #expect(counts[0] == counts[1], "\(counts)")
  }
}
