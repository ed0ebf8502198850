import Networks
import Programs
import Tensors

/// A value for the whole batch, `[n, c, h, w]` or `[n, features]`.
struct ValueBuffer {
  let start: UnsafeMutablePointer<Float>
  /// One image's shape.
  let shape: Shape
  let batchSize: Int

  /// How many numbers one image has.
  var imageCount: Int { shape.count }
  /// How many numbers the batch has.
  var count: Int { batchSize * shape.count }
  /// The number of channels or features.
  var channels: Int { shape[0] }
  /// The pixels of one channel; 1 for features.
  var planeCount: Int { shape.sizes.dropFirst().reduce(1, *) }
  var height: Int { shape.rank == 3 ? shape[1] : 1 }
  var width: Int { shape.rank == 3 ? shape[2] : 1 }
}

/// Where a backward pass leaves the gradient with respect to one of its inputs, of that input's shape.
struct GradientBuffer {
  let start: UnsafeMutablePointer<Float>
  /// Whether it adds to what is there instead of replacing it.
  let accumulates: Bool
}

/// All that one step reads and writes, made once for the life of an engine.
struct StepBuffers {
  let inputs: [ValueBuffer]
  let residual: ValueBuffer?
  let output: ValueBuffer
  let activation: Activation?
  /// Parallel to `inputs`; nil where no gradient is wanted.
  let inputGradients: [GradientBuffer?]
  let residualGradient: GradientBuffer?
  /// The gradient with respect to `output`, which the activation's slope is part of when kernels see it; nil for inference.
  let outputGradient: UnsafeMutablePointer<Float>?

  var input: ValueBuffer { inputs[0] }
  var inputGradient: GradientBuffer? { inputGradients[0] }
}

/// The parameters of one step, in plain layout; the gradients are there in training only.
struct WeightBuffers {
  /// A convolution's `[o, i / groups, k, k]`, a dense layer's `[outputs, inputs]`, a scale or norm `[c]`.
  let weight: UnsafeMutablePointer<Float>
  /// `[o]` or `[c]`.
  var bias: UnsafeMutablePointer<Float>?
  var weightGradient: UnsafeMutablePointer<Float>?
  var biasGradient: UnsafeMutablePointer<Float>?
  /// Of a batch norm in training.
  var statistics: RunningStatistics?
  /// Where a batch norm in training leaves mean and biased variance of the last batch for others, if they want them.
  var measured: MeasuredStatistics?
}

/// Mean and variance of one batch, `[c]` each.
package typealias MeasuredStatistics = (mean: UnsafeMutablePointer<Float>, variance: UnsafeMutablePointer<Float>)

/// What a batch norm in training keeps from batch to batch.
struct RunningStatistics {
  /// `[c]`.
  let (mean, variance): (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>)
  /// How many batches there were, one number.
  let counter: UnsafeMutablePointer<Float>

  init(
    mean: UnsafeMutablePointer<Float>, variance: UnsafeMutablePointer<Float>, counter: UnsafeMutablePointer<Float>
  ) {
    (self.mean, self.variance, self.counter) = (mean, variance, counter)
  }
}
