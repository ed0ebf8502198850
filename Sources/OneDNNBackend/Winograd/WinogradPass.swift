import CWinograd
import Synchronization

/// One pass of a 3x3 convolution by Winograd's F(4x4, 3x3), on AVX-512, where the library has no kernel for it.
///
/// Each thread takes blocks of tiles through all three parts: transform, 36 matrix products, transform back; so that what
/// lies between stays in its cache. A tile's results are the same whatever block it is in.
final class WinogradPass: OwnPass {
  private let source, weights, destination, scratch: Memory
  private let bias: Memory?
  private let accumulates, relu: Bool
  private var sources, results: cusp_images
  private var tiles: cusp_tiles
  private let blocks: WinogradBlocks
  private let threads: Threads
  private let nextBlock = Atomic(0)
  private let nextWorker = Atomic(0)

  /// From `source` to `destination`, as `convolution` and its weights say; `accumulates` adds what is there already.
  init(
    _ convolution: WinogradConvolution, source: Memory, weights: Memory, bias: Memory? = nil, destination: Memory,
    accumulates: Bool = false, relu: Bool = false, in recorder: Recorder
  ) throws {
    (self.source, self.weights, self.bias, self.destination) = (source, weights, bias, destination)
    (self.accumulates, self.relu) = (accumulates, relu)
    sources = try cusp_images(source.layout)
    results = try cusp_images(destination.layout)
    tiles = convolution.tiles
    threads = Threads.current
    blocks = WinogradBlocks(convolution, threads: threads.count)
    scratch = try recorder.memory(.plain([threads.count * blocks.scratchCount]))
  }

  var algorithm: String { ConvolutionAlgorithm.winograd.rawValue }

  var implementation: String { "winograd:avx512" }

  /// All it reads and writes.
  var memories: [Memory] { [source, weights, destination, scratch] + (bias.map { [$0] } ?? []) }

  /// The layout of what it reads, and of what it writes if that is another.
  var layoutText: String {
    let (read, written) = (source.layout.text, destination.layout.text)
    return read == written ? read : "\(read)>\(written)"
  }

  /// Runs on all threads.
  func run() {
    nextBlock.store(0, ordering: .relaxed)
    nextWorker.store(0, ordering: .relaxed)
    threads.run(Unmanaged.passUnretained(self).toOpaque()) { context in
      guard let context else { return }
      Unmanaged<WinogradPass>.fromOpaque(context).takeUnretainedValue().work()
    }
  }

  /// Runs what no other thread has taken.
  private func work() {
    guard let source = source.start, let weights = weights.start, let destination = destination.start,
      let scratch = scratch.start
    else { preconditionFailure("memories are used before they are placed") }
    var ending = cusp_ending(bias: bias?.start, accumulates: accumulates ? 1 : 0, relu: relu ? 1 : 0)
    let parts = scratch + nextWorker.wrappingAdd(1, ordering: .relaxed).oldValue * blocks.scratchCount
    let products = parts + 36 * blocks.sourceStride
    let (inputs, outputs) = (sources.channels, results.channels)
    while true {
      let first = nextBlock.wrappingAdd(1, ordering: .relaxed).oldValue * blocks.tiles
      guard first < blocks.total else { return }
      let count = min(blocks.tiles, blocks.total - first)
      cusp_winograd_scatter(&sources, &tiles, source, first, count, parts, blocks.sourceStride)
      for part in 0..<36 {
        cusp_winograd_product(
          count, parts + part * blocks.sourceStride, inputs, weights + part * inputs * outputs,
          products + part * blocks.resultStride, outputs)
      }
      cusp_winograd_gather(&results, &tiles, &ending, products, blocks.resultStride, first, count, destination)
    }
  }
}

/// What a pass computes: the gradient of the source is a convolution of the destination's gradient.
struct WinogradConvolution {
  /// `[n, c, h, w]`.
  let source, destination: [Int]
  let border: Int
  let filter: WinogradFilter

  init(_ geometry: ConvolutionGeometry, isBackward: Bool) {
    source = isBackward ? geometry.destination : geometry.source
    destination = isBackward ? geometry.source : geometry.destination
    border = isBackward ? 2 - geometry.border : geometry.border
    filter = WinogradFilter(inputs: source[1], outputs: destination[1], isBackward: isBackward)
  }

  var tiles: cusp_tiles {
    cusp_tiles(rows: (destination[2] + 3) / 4, columns: (destination[3] + 3) / 4, border: border)
  }
}

/// How the tiles of a batch are cut into blocks.
private struct WinogradBlocks {
  /// How many tiles a block has, and there are.
  let tiles, total: Int
  /// From one of the 36 matrices to the next; no power of two, or they would meet in the cache.
  let sourceStride, resultStride: Int

  /// Large weights pass the cache by once a block, so that blocks are larger then; but all threads have one.
  init(_ convolution: WinogradConvolution, threads: Int) {
    let all = convolution.destination[0] * convolution.tiles.rows * convolution.tiles.columns
    let share = (all + threads - 1) / threads
    // The product takes six rows at a time.
    let wanted = convolution.filter.count < 1 << 22 ? 36 : 66
    tiles = min(wanted, (share + 5) / 6 * 6)
    total = all
    sourceStride = tiles * convolution.filter.inputs + 16
    resultStride = tiles * convolution.filter.outputs + 16
  }

  /// What one thread needs.
  var scratchCount: Int { 36 * (sourceStride + resultStride) }
}

extension cusp_images {
  /// Images in blocks of 16 channels, or with the channels last.
  init(_ layout: Layout) throws {
    let sizes = layout.sizes
    let (channels, height, width) = (filled(sizes[1]), sizes[2], sizes[3])
    let isLast = try layout == .channelsLast(sizes)
    let pixel = isLast ? channels : 16
    self.init(
      height: height, width: width, channels: channels, image_stride: channels * height * width,
      block_stride: isLast ? 16 : 16 * height * width, row_stride: width * pixel, pixel_stride: pixel)
  }
}

extension Memory {
  /// The first of its floats, once it is placed.
  var start: UnsafeMutablePointer<Float>? { floats.baseAddress }
}
