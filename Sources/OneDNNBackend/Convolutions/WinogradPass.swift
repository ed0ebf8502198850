import CConvolutions
import Synchronization

/// One pass of a 3x3 convolution by Winograd's F(4x4, 3x3), on AVX-512, where the library has no kernel for it.
///
/// Each thread takes blocks of tiles through all three parts: transform, 36 matrix products, transform back; so that what
/// lies between stays in its cache. A tile's results are the same whatever block it is in.
final class WinogradPass: HandwrittenPass {
  private let operands: ConvolutionOperands
  private let scratch: Memory
  private var sources, results: cusp_images
  private var tiles: cusp_tiles
  private let blocks: WinogradBlocks
  private let threads: Threads
  private let rows: ActiveRows
  private let nextBlock = Atomic(0)
  private let nextWorker = Atomic(0)

  init(_ convolution: WinogradConvolution, _ operands: ConvolutionOperands, in recorder: Recorder) throws {
    self.operands = operands
    sources = try cusp_images(operands.source.layout)
    results = try cusp_images(operands.destination.layout)
    tiles = convolution.tiles
    threads = Threads.current
    rows = recorder.rows
    blocks = WinogradBlocks(convolution, threads: threads.count)
    scratch = try recorder.memory(.plain([threads.count * blocks.scratchCount]))
  }

  var memories: [Memory] { operands.memories + [scratch] }
  var algorithm: String { ConvolutionAlgorithm.winograd.rawValue }
  var layoutText: String { operands.layoutText }
  var implementation: String { "winograd:avx512" }

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
    let (source, weights, destination) = operands.starts
    guard let scratch = scratch.start else { preconditionFailure("memories are used before they are placed") }
    var epilogue = operands.epilogue
    let (block, total) = blocks.share(of: rows.count)
    let parts = scratch + nextWorker.wrappingAdd(1, ordering: .relaxed).oldValue * blocks.scratchCount
    let products = parts + 36 * blocks.sourceStride
    let (inputs, outputs) = (sources.channels, results.channels)
    while true {
      let first = nextBlock.wrappingAdd(1, ordering: .relaxed).oldValue * block
      guard first < total else { return }
      let count = min(block, total - first)
      cusp_winograd_scatter(&sources, &tiles, source, first, count, parts, blocks.sourceStride)
      for part in 0..<36 {
        cusp_product(
          count, parts + part * blocks.sourceStride, inputs, weights + part * inputs * outputs, 0,
          products + part * blocks.resultStride, outputs)
      }
      cusp_winograd_gather(&results, &tiles, &epilogue, products, blocks.resultStride, first, count, destination)
    }
  }
}

/// What a pass computes: the gradient of the source is a convolution of the destination's gradient, by kernels that are read
/// from the other end.
struct WinogradConvolution: HandwrittenConvolution {
  /// `[n, c, h, w]`.
  let source, destination: [Int]
  let border: Int
  let winogradFilter: WinogradFilter

  init(_ geometry: ConvolutionGeometry, isBackward: Bool) {
    source = isBackward ? geometry.destination : geometry.source
    destination = isBackward ? geometry.source : geometry.destination
    border = isBackward ? 2 - geometry.border : geometry.border
    winogradFilter = WinogradFilter(shape: FilterShape(geometry, isBackward: isBackward))
  }

  var filter: any PackedFilter { winogradFilter }

  var tiles: cusp_tiles {
    cusp_tiles(rows: (destination[2] + 3) / 4, columns: (destination[3] + 3) / 4, border: border)
  }

  func pass(_ operands: ConvolutionOperands, in recorder: Recorder) throws -> any HandwrittenPass {
    try WinogradPass(self, operands, in: recorder)
  }
}

/// How the tiles of a batch are cut into blocks.
private struct WinogradBlocks {
  /// How many tiles an image has, and a block at most.
  private let perImage, tiles: Int
  /// How many tiles a block should have at least, so that the weights are worth their way; times the threads.
  private let wanted, threads: Int
  /// From one of the 36 matrices to the next; no power of two, or they would meet in the cache.
  let sourceStride, resultStride: Int

  /// Large weights pass the cache by once a block, so that blocks are larger then; all threads have equally many.
  init(_ convolution: WinogradConvolution, threads: Int) {
    perImage = convolution.tiles.rows * convolution.tiles.columns
    self.threads = threads
    // The product takes six rows at a time.
    wanted = threads * (convolution.filter.count < 1 << 22 ? 36 : 66)
    tiles = Self.size(of: convolution.destination[0] * perImage, wanted, threads)
    sourceStride = tiles * convolution.filter.inputs + 16
    resultStride = tiles * convolution.filter.outputs + 16
  }

  /// How many tiles a block has where only the first `images` matter, and all of them.
  func share(of images: Int) -> (block: Int, total: Int) {
    let total = images * perImage
    return (min(Self.size(of: total, wanted, threads), tiles), total)
  }

  private static func size(of total: Int, _ wanted: Int, _ threads: Int) -> Int {
    let rounds = (total + wanted - 1) / wanted
    return (total + rounds * threads - 1) / (rounds * threads)
  }

  /// What one thread needs.
  var scratchCount: Int { 36 * (sourceStride + resultStride) }
}
