import Networks
import Programs
import Synchronization
import Tensors

/// The algorithms that were fastest when they were measured, each convolution once.
public final class MeasuredAlgorithms: Sendable {
  private let chosen = Mutex<[Key: ConvolutionAlgorithm]>([:])
  private let report: @Sendable (_ choice: String) -> Void

  private struct Key: Hashable {
    let geometry: ConvolutionGeometry
    let training: Bool
  }

  /// Nothing measured yet; `report` hears of every choice, as `64>64 3x3/1 on 32x32: winograd (direct 52.1 ms, ...)`.
  public init(report: @escaping @Sendable (_ choice: String) -> Void) { self.report = report }

  /// All choices so far, sorted: what provenance says.
  public var summary: [String] {
    chosen.withLock { chosen in
      chosen.map { "\($0.geometry.text)\($0.training ? ", training" : ""): \($1.rawValue)" }.sorted()
    }
  }

  /// The algorithm for `geometry`, measured by `seconds` where it is met for the first time.
  func algorithm(
    _ geometry: ConvolutionGeometry, training: Bool, seconds: (ConvolutionAlgorithm) throws -> Double
  ) rethrows -> ConvolutionAlgorithm {
    let key = Key(geometry: geometry, training: training)
    if let known = chosen.withLock({ $0[key] }) { return known }
    let times = try geometry.candidates(training: training).map { (algorithm: $0, seconds: try seconds($0)) }
    let best = times.min { $0.seconds < $1.seconds }?.algorithm ?? .direct
    chosen.withLock { $0[key] = best }
    if times.count > 1 {
      let list = times.map { "\($0.algorithm.rawValue) \(Int($0.seconds * 1e6)) us" }.joined(separator: ", ")
      report("\(geometry.text)\(training ? ", training" : ""): \(best.rawValue) (\(list))")
    }
    return best
  }
}

extension Lowering {
  /// How long the passes of one convolution take together: the best of three rounds, after one that warms up.
  func seconds(of settings: Convolution, in step: Step, by algorithm: ConvolutionAlgorithm) throws -> Double {
    let graph = try NetworkGraph(
      NetworkDefinition(
        architecture: "convolution", imageShape: plan.values[step.inputs[0]].sizes,
        classCount: plan.values[step.output].count,
        nodes: [
          Node(name: "convolution", inputs: [Node.image], layer: .convolution(settings)),
          Node(name: "flatten", inputs: ["convolution"], layer: .flatten),
        ]))
    let lowered = try Lowering(
      Plan(graph, for: plan.purpose, batchSize: plan.batchSize), .always(algorithm), recorder.caches
    ).lower()
    let clock = ContinuousClock()
    let rounds = try (0..<4).map { _ in
      try clock.measure {
        try lowered.engine.run(lowered.forward)
        try lowered.engine.run(lowered.backward)
      } / .seconds(1)
    }
    return rounds.dropFirst().min() ?? .infinity
  }
}
