import CConvolutions

/// A convolution of images of one to three channels, such as pixels, as one product of windows and weights.
///
/// Where the library has no kernel that keeps images apart, taps would fill those channels to blocks of 16. Here each thread
/// takes rows of the result: the pixels under the kernel are laid column by column, so that those of a window lie side by
/// side, and windows overlap. A pixel's results are the same whatever is computed beside it.
final class ColumnProductPass: HandwrittenPass {
  private let operands: ConvolutionOperands
  /// `[threads, columns, kernel, channels]`.
  private let scratch: Memory
  private let narrow: cusp_narrow
  /// How many columns of pixels the windows of a row span, and how many numbers one column is.
  private let columns, columnCount: Int
  /// `[n, c, h, w]` of the result.
  private let result: [Int]
  private let rows: ActiveRows
  private let depth: Int
  private let threads: Threads

  /// Whether there is such a pass for `geometry`.
  static func admits(_ geometry: ConvolutionGeometry) -> Bool { NarrowGradientPass.admits(geometry) }

  /// From a row-major source to a result with the channels last.
  init(_ geometry: ConvolutionGeometry, _ operands: ConvolutionOperands, in recorder: Recorder) throws {
    self.operands = operands
    narrow = cusp_narrow(geometry)
    result = geometry.destination
    columns = (result[3] - 1) * geometry.stride + geometry.kernelSize
    columnCount = geometry.kernelSize * geometry.source[1]
    (rows, depth) = (recorder.rows, recorder.caches.depth)
    threads = Threads.current
    scratch = try recorder.memory(.plain([threads.count * columns * columnCount]))
  }

  var memories: [Memory] { operands.memories + [scratch] }
  var algorithm: String { ConvolutionAlgorithm.direct.rawValue }
  var layoutText: String { operands.layoutText }
  var implementation: String { "columns:\(InstructionSet.current.rawValue)" }

  /// Runs on all threads, each of which takes rows of the result.
  func run() {
    let (source, weights, destination) = operands.starts
    guard let scratch = scratch.start else { preconditionFailure("memories are used before they are placed") }
    let (outputs, height, width) = (result[1], result[2], result[3])
    let (imageCount, partCount) = (narrow.channels * narrow.height * narrow.width, columns * columnCount)
    threads.spreadByWorker(rows.count * height) { [narrow, operands] worker, row in
      var (narrow, epilogue) = (narrow, operands.epilogue)
      let ((image, y), part) = (row.quotientAndRemainder(dividingBy: height), scratch + worker * partCount)
      kernelSet.narrow_columns(&narrow, source + image * imageCount, y, columns, part)
      kernelSet.group_product(
        width, part, narrow.stride * columnCount, narrow.kernel * columnCount, weights, depth, &epilogue, 0, outputs,
        destination + row * width * outputs, outputs)
    }
  }
}

/// The weights of a convolution for `ColumnProductPass`: a matrix of the window's pixels, column by column, and channels
/// of the result.
struct ColumnFilter: PackedFilter {
  let shape: FilterShape
  private let kernelSize: Int

  init(_ geometry: ConvolutionGeometry) {
    shape = FilterShape(geometry, isBackward: false)
    kernelSize = geometry.kernelSize
  }

  var count: Int { shape.taps * shape.inputs * outputs }
  var algorithm: ConvolutionAlgorithm { .direct }

  func pack(_ values: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>, inputs range: Range<Int>) {
    var kernels = shape.kernels
    let rows = range.clamped(to: 0..<shape.inputs)
    for tap in 0..<shape.taps {
      let (down, right) = tap.quotientAndRemainder(dividingBy: kernelSize)
      kernelSet.pack(
        &kernels, values + tap, rows.lowerBound, rows.count, packed,
        (right * kernelSize + down) * shape.inputs + rows.lowerBound, shape.taps * shape.inputs, outputs)
    }
  }
}

extension cusp_narrow {
  /// A convolution of images of few channels.
  init(_ geometry: ConvolutionGeometry) {
    let sizes = geometry.source
    self.init(
      height: sizes[2], width: sizes[3], channels: sizes[1], kernel: geometry.kernelSize, stride: geometry.stride,
      border: geometry.border)
  }
}
