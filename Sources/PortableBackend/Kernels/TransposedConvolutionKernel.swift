import Networks

/// The way back of a convolution, as a layer: its forward pass is that one's backward pass, and the other way round.
final class TransposedConvolutionKernel: Kernel {
  private let buffers: StepBuffers
  private let weights: WeightBuffers
  private let workers: Workers
  private let product: WindowProduct
  /// The pass to the input; nil where its gradient is not wanted.
  private var backwardProduct: WindowProduct?
  /// The pass to the weight; nil outside training.
  private var correlation: WindowCorrelation?

  init(_ settings: TransposedConvolution, _ buffers: StepBuffers, _ weights: WeightBuffers, _ workers: Workers) throws {
    (self.buffers, self.weights, self.workers) = (buffers, weights, workers)
    let (input, output, groups) = (buffers.input, buffers.output, settings.groups)
    let (kernel, dilation, padding) = (settings.kernelSize, settings.dilation, settings.padding)
    let (inputs, outputs, taps) = (input.channels / groups, output.channels / groups, kernel.area)
    let spread = WindowGather(
      batchSize: input.batchSize, channels: input.channels, height: input.height, width: input.width,
      outputHeight: output.height, outputWidth: output.width, kernel: kernel, dilation: dilation,
      spread: settings.stride, top: dilation.height * (kernel.height - 1) - padding.top,
      left: dilation.width * (kernel.width - 1) - padding.left)
    product = try WindowProduct(
      spread, groups: groups, rows: outputs,
      layout: .init(
        groupStride: inputs * outputs * taps, rowStride: taps, channelStride: outputs * taps, isFlipped: true),
      workers: workers)
    let windows = WindowGather(
      batchSize: output.batchSize, channels: output.channels, height: output.height, width: output.width,
      outputHeight: input.height, outputWidth: input.width, kernel: kernel, dilation: dilation,
      stride: settings.stride, top: padding.top, left: padding.left)
    if buffers.inputGradient != nil {
      backwardProduct = try WindowProduct(
        windows, groups: groups, rows: inputs,
        layout: .init(
          groupStride: inputs * outputs * taps, rowStride: outputs * taps, channelStride: taps, isFlipped: false),
        workers: workers)
    }
    if weights.weightGradient != nil {
      correlation = WindowCorrelation(windows, groups: groups, rows: inputs, workers: workers)
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
      correlation?.run(gradient, buffers.input.start, into: weightGradient)
    }
    if let biasGradient = weights.biasGradient {
      buffers.output.sumChannels(gradient, into: biasGradient, workers)
    }
  }
}
