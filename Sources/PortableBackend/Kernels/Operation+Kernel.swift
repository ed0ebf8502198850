import Networks
import Programs

/// What kernels are made from besides their step's buffers.
struct KernelResources {
  let workers: Workers
  /// Parallel to `Plan.weights`.
  let weights: [WeightBuffers]
  /// A mask for every dropout step, of its output's size.
  let masks: [UnsafeMutablePointer<Float>]
  /// What batch norms share with other engines, if they do.
  let statistics: SharedStatistics?
}

extension Programs.Operation {
  /// The kernel that computes this operation.
  ///
  /// - Throws: `Failure` when memory runs out.
  func kernel(_ buffers: StepBuffers, _ resources: KernelResources) throws -> any Kernel {
    let (workers, weights) = (resources.workers, resources.weights)
    switch self {
    case .convolution(let settings, let index):
      return try AffineKernel(settings, buffers, weights[index], workers)
    case .dense(let settings, let index):
      let pointwise = Convolution(outputChannels: settings.outputs, kernelSize: 1)
      return try AffineKernel(pointwise, buffers, weights[index], workers)
    case .transposedConvolution(let settings, let index):
      let opposite = settings.opposite(inputChannels: buffers.input.channels)
      return try AffineKernel(opposite, isTransposed: true, buffers, weights[index], workers)
    case .groupNormalization(let groups, let deviation, let isElementwise, let index):
      return try GroupNormalizationKernel(
        groups: groups, deviation, isElementwise: isElementwise, buffers, weights[index], workers)
    case .localResponseNormalization(let settings): return try LocalResponseKernel(settings, buffers, workers)
    case .softmax: return SoftmaxKernel(buffers, workers)
    case .upsampling(let settings): return UpsamplingKernel(settings, buffers, workers)
    case .scaleShift(let index): return ScaleShiftKernel(buffers, weights[index], workers)
    case .batchNormalization(let settings, let index):
      return try BatchNormalizationKernel(
        settings, buffers, weights[index], sharing: resources.statistics, workers)
    case .maxPooling(let window): return MaxPoolingKernel(window, buffers, workers)
    case .averagePooling(let window):
      return AveragePoolingKernel(PoolingWindows(window, buffers), buffers, workers)
    case .adaptiveAveragePooling: return AveragePoolingKernel(PoolingWindows(dividing: buffers), buffers, workers)
    case .dropout(_, let mask): return DropoutKernel(buffers, mask: resources.masks[mask], workers)
    case .reshape, .identity: return CopyKernel(buffers, workers)
    case .selection(let channels): return SelectionKernel(channels, buffers, workers)
    case .activation(let activation): return ActivationKernel(activation, buffers, workers)
    case .product: return ProductKernel(buffers, workers)
    case .sum: return SumKernel(buffers, workers)
    case .concatenation: return ConcatenationKernel(buffers, workers)
    }
  }
}
