import CConvolutions

/// The gradient of the filters of a convolution of every channel by itself, and of its bias.
///
/// The library has fast kernels for it only where channels come in whole blocks of 16 and kernels are small. The batch falls
/// into parts whose sums are added in order at the end, so that no bit depends on the number of threads.
final class DepthwiseGradientPass: HandwrittenPass {
  private let source, gradient, filters: Memory
  private let bias: Memory?
  /// Sums `[parts, blocks, rows, 16]`: a row a tap, and one more for a bias.
  private let sums: Memory
  private let sources, results: cusp_images
  private let windows: cusp_windows
  private let parts: [Range<Int>]
  private let threads: Threads

  private var blocks: Int { sources.channels / 16 }
  private var taps: Int { windows.kernel_height * windows.kernel_width }
  private var rows: Int { taps + (bias == nil ? 0 : 1) }

  /// Whether there is such a kernel for `geometry` here.
  static func admits(_ geometry: ConvolutionGeometry) -> Bool {
    Engine.hasHandwrittenProducts && geometry.isDepthwise
  }

  /// From what the convolution read and the gradient of its result, both in blocks of 16 channels, to row-major `filters`
  /// and, where there is one, the `bias`.
  init(
    _ geometry: ConvolutionGeometry, source: Memory, gradient: Memory, filters: Memory, bias: Memory?,
    in recorder: Recorder
  ) throws {
    (self.source, self.gradient, self.filters, self.bias) = (source, gradient, filters, bias)
    (sources, results) = (try cusp_images(source.layout), try cusp_images(gradient.layout))
    let (kernel, strides, dilations) = (geometry.weights.suffix(2), geometry.strides, geometry.dilations)
    windows = cusp_windows(
      kernel_height: kernel[kernel.startIndex], kernel_width: kernel[kernel.startIndex + 1],
      stride_height: Int(strides[0]), stride_width: Int(strides[1]), dilation_height: Int(dilations[0]) + 1,
      dilation_width: Int(dilations[1]) + 1, top: Int(geometry.padding[0]), left: Int(geometry.padding[1]))
    parts = batchParts(geometry.source[0])
    let rows = geometry.weights.suffix(2).reduce(1, *) + (bias == nil ? 0 : 1)
    sums = try recorder.memory(.plain([parts.count * sources.channels * rows]))
    threads = Threads.current
  }

  var memories: [Memory] { [source, gradient, filters, sums] + (bias.map { [$0] } ?? []) }
  var algorithm: String { ConvolutionAlgorithm.direct.rawValue }
  var layoutText: String { source.layout.text }
  var implementation: String { "depthwise:\(InstructionSet.current.rawValue)" }

  /// Runs on all threads.
  func run() {
    guard let source = source.start, let gradient = gradient.start, let sums = sums.start else {
      preconditionFailure("memories are used before they are placed")
    }
    let (blocks, size, biasRow) = (blocks, rows * 16, bias.map { _ in taps * 16 })
    threads.spread(parts.count * blocks) { [sources, results, windows, parts] task in
      var (sources, results, windows) = (sources, results, windows)
      let block = task % blocks
      for image in parts[task / blocks] {
        let slopes = gradient + image * results.image_stride + block * results.block_stride
        let adds: Int32 = image == parts[task / blocks].lowerBound ? 0 : 1
        kernelSet.depthwise_gradient(
          &sources, &results, &windows, source + image * sources.image_stride + block * sources.block_stride, slopes,
          adds, sums + task * size)
        if let biasRow { kernelSet.channel_sums(&results, slopes, adds, sums + task * size + biasRow) }
      }
    }
    for place in filters.floats.indices {
      let (channel, tap) = place.quotientAndRemainder(dividingBy: taps)
      filters.floats[place] = total(sums, channel, row: tap)
    }
    if let bias { for channel in bias.floats.indices { bias.floats[channel] = total(sums, channel, row: taps) } }
  }

  /// The sum over all parts of one row of a channel.
  private func total(_ sums: UnsafePointer<Float>, _ channel: Int, row: Int) -> Float {
    let first = (channel / 16 * rows + row) * 16 + channel % 16
    return parts.indices.reduce(0) { $0 + sums[$1 * blocks * rows * 16 + first] }
  }
}
