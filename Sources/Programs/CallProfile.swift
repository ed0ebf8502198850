import Networks
import Tensors

/// How long one call of an engine into its kernels takes, and which kernel that is.
public struct CallProfile: Hashable, Sendable {
  /// What a call is for.
  public enum Pass: String, CaseIterable, Sendable {
    /// Outputs of inputs.
    case forward
    /// Gradients of inputs of those of outputs.
    case backwardData = "backward-data"
    /// Gradients of weights of those of outputs.
    case backwardWeights = "backward-weights"
    /// Gradients of inputs and, in training, of weights.
    case backward
    /// The same numbers in another layout.
    case reorder
  }

  /// The plan's step that it belongs to; a reorder belongs to the step that reads what it writes.
  public var step: String
  /// What it computes, as `convolution`.
  public var operation: String
  /// What it is for.
  public var pass: Pass
  /// How it computes that, as `direct`; empty where there is only one way.
  public var algorithm: String
  /// How values lie in memory, as `nChw16c`, or `nchw>nChw16c` where the kernel changes it.
  public var layout: String
  /// The kernel's name.
  public var implementation: String
  /// Seconds of one call: the median of the repeats.
  public var seconds: Double
  /// The multiply-adds of direct convolution that one call stands for; 0 for what has none.
  public var multiplyAdds: Int
  /// The bytes of all that it reads and writes; nil where an engine does not say.
  public var byteCount: Int?

  /// A profile of all its parts.
  public init(
    step: String, operation: String, pass: Pass, algorithm: String, layout: String, implementation: String,
    seconds: Double, multiplyAdds: Int, byteCount: Int? = nil
  ) {
    (self.step, self.operation, self.pass) = (step, operation, pass)
    (self.algorithm, self.layout, self.implementation) = (algorithm, layout, implementation)
    (self.seconds, self.multiplyAdds, self.byteCount) = (seconds, multiplyAdds, byteCount)
  }
}

extension Plan {
  /// The multiply-adds of the forward pass of `step` on a whole batch.
  public func multiplyAdds(of step: Step) -> Int {
    let layer: Layer
    switch step.operation {
    case .convolution(let settings, _): layer = .convolution(settings)
    case .transposedConvolution(let settings, _): layer = .transposedConvolution(settings)
    case .dense(let settings, _): layer = .dense(settings)
    default: return 0
    }
    return batchSize * layer.multiplyAdds(input: values[step.inputs[0]], output: values[step.output])
  }
}

/// Times calls that run one after the other, each on its own: engines profile themselves with it.
package func profile(_ calls: Int, repeats: Int, run: (_ call: Int) throws -> Void) rethrows -> [Double] {
  let clock = ContinuousClock()
  var seconds = [[Double]](repeating: [], count: calls)
  // The first round warms up.
  for round in 0...repeats {
    for call in 0..<calls {
      let duration = try clock.measure { try run(call) } / .seconds(1)
      if round > 0 { seconds[call].append(duration) }
    }
  }
  return seconds.map { times in
    let sorted = times.sorted()
    return sorted.isEmpty ? 0 : (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }
}
