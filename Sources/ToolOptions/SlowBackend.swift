import Networks
import Optimizers
import PortableBackend
import Programs
import Synchronization
import ToolSupport

/// The portable backend, which tells people that there is a faster one: once, when its first engine is made, so that
/// a program that fails before says what failed and nothing else.
final class SlowBackend: Backend {
  private let portable: PortableBackend
  private let obstacle: EngineObstacle
  private let diagnostics: Diagnostics
  private let hasSpoken = Atomic(false)

  /// - Parameter obstacle: What keeps the faster one from computing.
  init(_ portable: PortableBackend, because obstacle: EngineObstacle, _ diagnostics: Diagnostics) {
    (self.portable, self.obstacle, self.diagnostics) = (portable, obstacle, diagnostics)
  }

  var name: String { portable.name }

  var laneCount: Int { portable.laneCount }

  var single: any Backend {
    speak()
    return portable.single
  }

  func spread(_ count: Int, _ body: (Int) -> Void) { portable.spread(count, body) }

  func makeInferenceEngine(_ plan: Plan) throws -> any InferenceEngine {
    speak()
    return try portable.makeInferenceEngine(plan)
  }

  func makeInputGradientEngine(_ plan: Plan) throws -> any InputGradientEngine {
    speak()
    return try portable.makeInputGradientEngine(plan)
  }

  func makeTrainingEngine(
    _ plan: Plan, for optimizer: Optimizer, sharing statistics: SharedStatistics?
  ) throws -> any TrainingEngine {
    speak()
    return try portable.makeTrainingEngine(plan, for: optimizer, sharing: statistics)
  }

  func profile(_ plan: Plan, parameters: Parameters, repeats: Int) throws -> [CallProfile] {
    speak()
    return try portable.profile(plan, parameters: parameters, repeats: repeats)
  }

  private func speak() {
    guard !hasSpoken.exchange(true, ordering: .relaxed) else { return }
    diagnostics.note(
      "\(obstacle.reason), so that the portable engine computes, many times slower: \(obstacle.remedy)")
  }
}
