package import Programs

/// One step by this engine's kernel, for another engine that has none: on row-major values that the caller owns.
///
/// The step's activation and residual are the caller's business, and so is the sum of gradients.
package final class PortableStep {
  /// A step's weights and their gradients, row-major; without a bias it is nil or 0.
  package struct Weights {
    let weight: UnsafeMutablePointer<Float>
    let bias, weightGradient, biasGradient: UnsafeMutablePointer<Float>?
    /// Where a batch norm leaves what it measured.
    let measured: MeasuredStatistics?

    package init(
      weight: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>?,
      weightGradient: UnsafeMutablePointer<Float>?, biasGradient: UnsafeMutablePointer<Float>?,
      measured: MeasuredStatistics? = nil
    ) {
      (self.weight, self.bias) = (weight, bias)
      (self.weightGradient, self.biasGradient, self.measured) = (weightGradient, biasGradient, measured)
    }
  }

  private let kernel: any Kernel

  /// Works on one buffer an input `[n, c, h, w]` or `[n, features]`, the output's and, if it has any, the step's weights;
  /// gradients are nil where they are not wanted. A batch norm goes by `statistics` where they are shared. `spread` runs a
  /// number of tasks on the caller's `threads`.
  ///
  /// - Throws: `Failure` when memory runs out.
  package init(
    _ step: Step, of plan: Plan, weights: Weights?, inputs: [UnsafeMutablePointer<Float>],
    output: UnsafeMutablePointer<Float>, outputGradient: UnsafeMutablePointer<Float>?,
    inputGradients: [UnsafeMutablePointer<Float>?], sharing statistics: SharedStatistics? = nil, threads: Int,
    spread: @escaping (Int, (Int) -> Void) -> Void
  ) throws {
    func value(_ index: Int, at start: UnsafeMutablePointer<Float>) -> ValueBuffer {
      ValueBuffer(start: start, shape: plan.values[index], batchSize: plan.batchSize)
    }
    let buffers = StepBuffers(
      inputs: zip(step.inputs, inputs).map { value($0, at: $1) }, residual: nil, output: value(step.output, at: output),
      activation: nil,
      inputGradients: inputGradients.map { $0.map { GradientBuffer(start: $0, accumulates: false) } },
      residualGradient: nil, outputGradient: outputGradient)
    let workers = Workers(count: threads, spread: spread)
    let own = weights.map {
      WeightBuffers(
        weight: $0.weight, bias: $0.bias, weightGradient: $0.weightGradient, biasGradient: $0.biasGradient,
        measured: $0.measured)
    }
    let resources = KernelResources(
      workers: workers, weights: own.map { Array(repeating: $0, count: plan.weights.count) } ?? [], masks: [],
      statistics: statistics)
    kernel = try step.operation.kernel(buffers, resources)
    try workers.allocate()
  }

  /// The weights have changed.
  package func weightsChanged() { kernel.weightsChanged() }

  /// Computes the output of the inputs.
  package func forward() { kernel.forward() }

  /// Computes the gradients that are wanted from the output's.
  package func backward() { kernel.backward() }
}
