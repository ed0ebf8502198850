import CConvolutions

/// One pass of a 1x1 convolution in groups that fill no blocks of 16 channels, or of a dense layer: products of pixels and
/// channels, or of images and features.
///
/// The library falls to its general matrix product there, without AVX-512 for dense layers, too, which mixes images. A pixel's results are the same whatever pixels
/// are computed beside it.
final class GroupedProductPass: HandwrittenPass {
  private let filter: GroupedFilter
  private let operands: ConvolutionOperands
  private let rows: ActiveRows
  private let depth: Int
  /// How many pixels an image has.
  private let pixels: Int
  private let threads: Threads

  /// Whether there is such a pass for `geometry` here.
  static func admits(_ geometry: ConvolutionGeometry) -> Bool {
    Engine.hasHandwrittenProducts && geometry.groups > 1 && geometry.isSquare && geometry.kernelSize == 1
      && geometry.stride == 1 && geometry.border == 0
  }

  /// Between images with the channels last, or between features.
  init(_ filter: GroupedFilter, _ operands: ConvolutionOperands, in recorder: Recorder) {
    (self.filter, self.operands) = (filter, operands)
    (rows, depth) = (recorder.rows, recorder.caches.depth)
    pixels = operands.source.layout.sizes[2...].reduce(1, *)
    threads = Threads.current
  }

  var memories: [Memory] { operands.memories }
  var algorithm: String { ConvolutionAlgorithm.direct.rawValue }
  var layoutText: String { operands.layoutText }
  var implementation: String { "groups:\(InstructionSet.current.rawValue)" }

  /// Runs on all threads.
  func run() {
    let (source, weights, destination) = operands.starts
    let (groups, inputs, outputs) = (filter.shape.groups, filter.shape.inputs, filter.shape.outputs)
    // So many rows and columns go through the weights together.
    let (step, width) = (192, 64)
    let (total, panels) = (rows.count * pixels, (outputs + width - 1) / width)
    threads.spread((total + step - 1) / step * groups * panels) { [filter, operands, depth] task in
      let (part, place) = task.quotientAndRemainder(dividingBy: groups * panels)
      let (group, column) = (place / panels, place % panels * width)
      var epilogue = operands.epilogue
      kernelSet.group_product(
        min(step, total - part * step), source + part * step * groups * inputs + group * inputs, groups * inputs,
        inputs, weights + filter.start(of: group) + column * inputs, depth, &epilogue, group * outputs + column,
        min(width, outputs - column), destination + part * step * groups * outputs, groups * outputs)
    }
  }
}

/// The weights of a 1x1 convolution in groups or a dense layer, one matrix `[inputs, outputs]` after another; outputs alone are filled.
struct GroupedFilter: PackedFilter {
  let shape: FilterShape

  init(_ geometry: ConvolutionGeometry, isBackward: Bool) { shape = FilterShape(geometry, isBackward: isBackward) }

  /// Those of a dense layer, one group.
  init(_ sizes: DenseSizes, isBackward: Bool) { shape = FilterShape(sizes, isBackward: isBackward) }

  var count: Int { start(of: shape.groups) }
  var algorithm: ConvolutionAlgorithm { .direct }

  /// Where the matrix of `group` begins.
  func start(of group: Int) -> Int { group * shape.inputs * outputs }

  func pack(_ values: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>, inputs range: Range<Int>) {
    var kernels = shape.kernels
    let rows = range.clamped(to: 0..<shape.inputs)
    for group in 0..<shape.groups {
      kernelSet.pack(
        &kernels, values + group * shape.countPerGroup, rows.lowerBound, rows.count, packed + start(of: group),
        rows.lowerBound, shape.inputs, outputs)
    }
  }
}
