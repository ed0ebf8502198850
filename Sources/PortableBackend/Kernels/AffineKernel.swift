import Networks

/// A convolution, a dense layer as the 1x1 convolution of one-pixel images, and the way back of a convolution as a layer.
///
/// A convolution leads from an image to its windows. Transposed, forward is that one's way back, and backward its way on;
/// the weight is `[windows' channels, image's channels / groups, height, width]` for both.
final class AffineKernel: Kernel {
  private let buffers: StepBuffers
  private let weights: WeightBuffers
  private let workers: Workers
  private let isTransposed: Bool
  private let product: WindowProduct
  /// The pass to the input; nil where its gradient is not wanted.
  private var backwardProduct: WindowProduct?
  /// The pass to the weight; nil outside training.
  private var correlation: WindowCorrelation?

  init(
    _ settings: Convolution, isTransposed: Bool = false, _ buffers: StepBuffers, _ weights: WeightBuffers,
    _ workers: Workers
  ) throws {
    (self.buffers, self.weights, self.workers, self.isTransposed) = (buffers, weights, workers, isTransposed)
    let (image, result) = isTransposed ? (buffers.output, buffers.input) : (buffers.input, buffers.output)
    let (kernel, dilation, padding, groups) = (
      settings.kernelSize, settings.dilation, settings.padding, settings.groups
    )
    let (inputs, outputs, taps) = (image.channels / groups, result.channels / groups, kernel.area)
    let windows = WindowGather(
      batchSize: image.batchSize, channels: image.channels, height: image.height, width: image.width,
      outputHeight: result.height, outputWidth: result.width, kernel: kernel, dilation: dilation,
      stride: settings.stride, top: padding.top, left: padding.left)
    let spread = WindowGather(
      batchSize: result.batchSize, channels: result.channels, height: result.height, width: result.width,
      outputHeight: image.height, outputWidth: image.width, kernel: kernel, dilation: dilation,
      spread: settings.stride, top: dilation.height * (kernel.height - 1) - padding.top,
      left: dilation.width * (kernel.width - 1) - padding.left)
    func toWindows() throws -> WindowProduct {
      try WindowProduct(
        windows, groups: groups, rows: outputs,
        layout: .init(
          groupStride: outputs * inputs * taps, rowStride: inputs * taps, channelStride: taps, isFlipped: false),
        workers: workers)
    }
    func toImage() throws -> WindowProduct {
      try WindowProduct(
        spread, groups: groups, rows: inputs,
        layout: .init(
          groupStride: outputs * inputs * taps, rowStride: taps, channelStride: inputs * taps, isFlipped: true),
        workers: workers)
    }
    product = try isTransposed ? toImage() : toWindows()
    if buffers.inputGradient != nil { backwardProduct = try isTransposed ? toWindows() : toImage() }
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
      let (image, result) = isTransposed ? (gradient, buffers.input.start) : (buffers.input.start, gradient)
      correlation?.run(image, result, into: weightGradient)
    }
    if let biasGradient = weights.biasGradient {
      sumChannels(gradient, into: biasGradient)
    }
  }

  /// Writes the sums `[o]` of `gradient` `[n, o, h, w]`.
  private func sumChannels(_ gradient: UnsafePointer<Float>, into sums: UnsafeMutablePointer<Float>) {
    let output = buffers.output
    let plane = output.planeCount
    workers.run(output.channels) { channel, _ in
      var sum = 0.0
      for n in 0..<output.batchSize {
        let values = gradient + (n * output.channels + channel) * plane
        for i in 0..<plane { sum += Double(values[i]) }
      }
      sums[channel] = Float(sum)
    }
  }
}
