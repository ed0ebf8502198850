import Networks

/// A convolution, and a dense layer as the 1x1 convolution of one-pixel images.
final class AffineKernel: Kernel {
  private let buffers: StepBuffers
  private let weights: WeightBuffers
  private let workers: Workers
  private let product: WindowProduct
  /// The pass to the input; nil where its gradient is not wanted.
  private var backwardProduct: WindowProduct?
  /// The pass to the weight; nil outside training.
  private var correlation: WindowCorrelation?

  init(_ settings: Convolution, _ buffers: StepBuffers, _ weights: WeightBuffers, _ workers: Workers) throws {
    (self.buffers, self.weights, self.workers) = (buffers, weights, workers)
    let (input, output, groups) = (buffers.input, buffers.output, settings.groups)
    let (kernel, dilation, padding) = (settings.kernelSize, settings.dilation, settings.padding)
    let taps = kernel.area
    let (inputs, outputs) = (input.channels / groups, output.channels / groups)
    let windows = WindowGather(
      batchSize: input.batchSize, channels: input.channels, height: input.height, width: input.width,
      outputHeight: output.height, outputWidth: output.width, kernel: kernel, dilation: dilation,
      stride: settings.stride, top: padding.top, left: padding.left)
    product = try WindowProduct(
      windows, groups: groups, rows: outputs,
      layout: .init(
        groupStride: outputs * inputs * taps, rowStride: inputs * taps, channelStride: taps, isFlipped: false),
      workers: workers)
    if buffers.inputGradient != nil {
      let transposed = WindowGather(
        batchSize: input.batchSize, channels: output.channels, height: output.height, width: output.width,
        outputHeight: input.height, outputWidth: input.width, kernel: kernel, dilation: dilation,
        spread: settings.stride, top: dilation.height * (kernel.height - 1) - padding.top,
        left: dilation.width * (kernel.width - 1) - padding.left)
      backwardProduct = try WindowProduct(
        transposed, groups: groups, rows: inputs,
        layout: .init(
          groupStride: outputs * inputs * taps, rowStride: taps, channelStride: inputs * taps, isFlipped: true),
        workers: workers)
    }
    if weights.weightGradient != nil {
      correlation = WindowCorrelation(windows, groups: groups, rows: outputs, workers: workers)
    }
  }

  func weightsChanged() {
    product.load(weights.weight)
    backwardProduct?.load(weights.weight)
  }

  func forward() {
    product.run(buffers.input.start, bias: weights.bias, into: buffers.output.start, adds: false)
  }

  func backward() {
    guard let gradient = buffers.outputGradient else { return }
    if let target = buffers.inputGradient {
      backwardProduct?.run(gradient, bias: nil, into: target.start, adds: target.accumulates)
    }
    if let weightGradient = weights.weightGradient {
      correlation?.run(buffers.input.start, gradient, into: weightGradient)
    }
    if let biasGradient = weights.biasGradient {
      buffers.output.sumChannels(gradient, into: biasGradient, workers)
    }
  }
}

extension ValueBuffer {
  /// Writes the sums `[c]` of `gradient`, of this buffer's shape.
  func sumChannels(_ gradient: UnsafePointer<Float>, into sums: UnsafeMutablePointer<Float>, _ workers: Workers) {
    workers.run(channels) { channel, _ in
      var sum = 0.0
      for n in 0..<batchSize {
        let values = gradient + (n * channels + channel) * planeCount
        for i in 0..<planeCount { sum += Double(values[i]) }
      }
      sums[channel] = Float(sum)
    }
  }
}
