import COneDNN
import Failures
public import Optimizers
public import Programs

/// The engines that run on oneDNN, on the processor.
///
/// Values, weights and gradients lie in the blocked layouts that the library's kernels want; every buffer, kernel and
/// argument list is made once, when an engine is made. The same number of threads gives the same bytes.
public struct OneDNNBackend: Backend {
  let threads: Threads
  let algorithms: AlgorithmChoice
  let checkpointsActivations: Bool
  /// What handwritten passes cut their work by.
  let caches: Caches

  /// A backend whose engines use `threads` threads, and the convolution algorithms that `algorithms` names.
  ///
  /// - Parameter checkpointsActivations: Whether training keeps few activations and computes the others anew on the way
  ///   back (Chen et al. 2016): the same numbers from less memory, in more time.
  /// - Throws: `Failure` (`usage`) when `threads` is not in 1...1024, or the library cannot be loaded.
  public init(
    threads: Int, algorithms: AlgorithmChoice = .fixedRule, checkpointsActivations: Bool = false
  ) throws {
    try self.init(
      threads: threads, algorithms: algorithms, checkpointsActivations: checkpointsActivations, caches: .found)
  }

  /// The same that cuts its work for other caches than there are, which changes no bit of any result.
  ///
  /// - Throws: `Failure` (`usage`) when `threads` is not in 1...1024.
  package init(
    threads: Int, algorithms: AlgorithmChoice = .fixedRule, checkpointsActivations: Bool = false, caches: Caches
  ) throws {
    guard (1...1024).contains(threads) else {
      throw Failure(.usage, "onednn: cannot run on \(threads) threads; give 1...1024")
    }
    if let problem = Self.problem { throw Failure(.usage, "onednn: \(problem)") }
    try InstructionSet.check()
    (self.threads, self.algorithms) = (Threads(count: threads), algorithms)
    (self.checkpointsActivations, self.caches) = (checkpointsActivations, caches)
  }

  private init(single backend: OneDNNBackend) {
    (threads, algorithms) = (Threads(count: 1), backend.algorithms)
    (checkpointsActivations, caches) = (backend.checkpointsActivations, backend.caches)
  }

  /// As in `onednn 2.6.3` or `onednn 3.2.0`; after it what chooses the algorithms, if not the fixed rule.
  public var name: String {
    guard let version = onednn_version()?.pointee else { return "onednn" }
    let library = "onednn \(version.major).\(version.minor).\(version.patch)"
    return switch algorithms {
    case .fixedRule: library
    case .always(let algorithm): "\(library), \(algorithm.rawValue)"
    case .measured(let measured): "\(library), autotuned: \(measured.summary.joined(separator: "; "))"
    }
  }

  /// As many as there are threads, but for algorithms that are measured, which would differ from lane to lane.
  public var laneCount: Int {
    if case .measured = algorithms { 1 } else { threads.count }
  }

  /// The same with one thread an engine.
  public var single: any Backend { Self(single: self) }

  /// Runs `body` for every number below `count` on the threads that the library's kernels run on, and waits for all.
  public func spread(_ count: Int, _ body: (Int) -> Void) { threads.spread(count, body) }

  /// An engine for logits.
  ///
  /// - Throws: `Failure` when the library refuses.
  public func makeInferenceEngine(_ plan: Plan) throws -> any InferenceEngine {
    try EvaluationEngine(plan, self)
  }

  /// An engine for logits and the gradient with respect to the pixels.
  ///
  /// - Throws: `Failure` when the library refuses.
  public func makeInputGradientEngine(_ plan: Plan) throws -> any InputGradientEngine {
    try EvaluationEngine(plan, self)
  }

  /// An engine for training.
  ///
  /// - Throws: `Failure` when the library refuses.
  public func makeTrainingEngine(
    _ plan: Plan, for optimizer: Optimizer, sharing statistics: SharedStatistics?
  ) throws -> any TrainingEngine {
    try TrainingSession(plan, for: optimizer, sharing: statistics, self)
  }

  /// Why there is no such backend here, as `libdnnl.so.2: cannot open shared object file: ...`; nil where there is.
  ///
  /// The library is loaded when this is first asked for.
  package static var problem: String? { OneDNNLibrary.problem }

  /// The major version of the library that this is built for.
  package static var libraryVersion: Int { Int(DNNL_VERSION_MAJOR) }

  /// The vector instructions that handwritten kernels take, by the name that `CUSP_ISA` has.
  package static var instructionSet: String { InstructionSet.current.rawValue }

  /// Whether evaluation may compute convolutions by Winograd's algorithm here: on processors with AVX2, by
  /// our kernels, or the library's (2.x).
  package static var supportsWinograd: Bool { Engine.supportsWinograd || Engine.hasHandwrittenProducts }
}
