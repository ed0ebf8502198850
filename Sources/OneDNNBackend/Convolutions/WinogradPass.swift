import CConvolutions

/// One pass of a 3x3 convolution by Winograd's F(4x4, 3x3), where the library has no kernel for it.
///
/// Each thread takes blocks of tiles through all three parts: transform, 36 matrix products, transform back; so that what
/// lies between stays in its cache. A tile's results are the same whatever block it is in.
final class WinogradPass: HandwrittenPass {
  private let operands: ConvolutionOperands
  private let scratch: Memory
  private var sources, results: cusp_images
  private var tiles: cusp_tiles
  private let blocks: WinogradBlocks
  private let filter: WinogradFilter
  private let threads: Threads
  private let rows: ActiveRows
  private let isTransposed: Bool
  private let depth: Int

  init(_ convolution: WinogradConvolution, _ operands: ConvolutionOperands, in recorder: Recorder) throws {
    self.operands = operands
    sources = try cusp_images(operands.source.layout)
    results = try cusp_images(operands.destination.layout)
    filter = convolution.winogradFilter
    // What the inner loops know is one group.
    (sources.channels, results.channels) = (filter.inputs, filter.outputs)
    (tiles, isTransposed) = (convolution.tiles, convolution.isTransposed)
    threads = Threads.current
    (rows, depth) = (recorder.rows, recorder.caches.depth)
    blocks = WinogradBlocks(convolution, threads: threads.count, recorder.caches)
    scratch = try recorder.memory(.plain([threads.count * blocks.scratchCount]))
  }

  var memories: [Memory] { operands.memories + [scratch] }
  var algorithm: String { ConvolutionAlgorithm.winograd.rawValue }
  var layoutText: String { operands.layoutText }
  var implementation: String { "winograd:\(InstructionSet.current.rawValue)" }

  /// Runs on all threads, each of which takes blocks of tiles.
  func run() {
    guard let scratch = scratch.start else { preconditionFailure("memories are used before they are placed") }
    let (block, total) = blocks.share(of: rows.count)
    let perGroup = (total + block - 1) / block
    threads.spreadByWorker(filter.shape.groups * perGroup) { worker, index in
      let first = index % perGroup * block
      work(on: first..<min(first + block, total), group: index / perGroup, scratch + worker * blocks.scratchCount)
    }
  }

  /// Computes `tiles` of the batch for one group.
  private func work(on range: Range<Int>, group: Int, _ parts: UnsafeMutablePointer<Float>) {
    let (inputs, outputs) = (filter.inputs, filter.outputs)
    var (source, weights, destination) = operands.starts
    var epilogue = operands.epilogue
    source += group * inputs / 16 * sources.block_stride
    weights += group * filter.countPerGroup
    destination += group * outputs / 16 * results.block_stride
    epilogue.bias = epilogue.bias.map { $0 + group * outputs }
    let (first, count) = (range.lowerBound, range.count)
    let products = parts + 36 * blocks.sourceStride
    let scatter = isTransposed ? kernelSet.winograd_scatter_gradient : kernelSet.winograd_scatter
    scatter?(&sources, &tiles, source, first, count, parts, blocks.sourceStride, inputs, 16)
    for part in 0..<36 {
      kernelSet.product(
        count, parts + part * blocks.sourceStride, inputs, weights + part * inputs * outputs, depth, 0,
        products + part * blocks.resultStride, outputs)
    }
    guard isTransposed else {
      kernelSet.winograd_gather(&results, &tiles, &epilogue, products, blocks.resultStride, first, count, destination)
      return
    }
    for tile in stride(from: 0, to: count, by: blocks.unit) {
      kernelSet.winograd_gather_gradient(
        &results, &tiles, &epilogue, products + tile * outputs, blocks.resultStride, (first + tile) / blocks.unit,
        products + 36 * blocks.resultStride, destination)
    }
  }
}

/// What a pass computes: the gradient of the source is a convolution of the destination's gradient, by kernels that are read
/// from the other end; or the forward pass transposed, tile by tile, where that takes fewer tiles.
struct WinogradConvolution: HandwrittenConvolution {
  /// `[n, c, h, w]`.
  let source, destination: [Int]
  let isTransposed: Bool
  let tiles: cusp_tiles
  let winogradFilter: WinogradFilter

  /// Tiles of an image that one thread takes at once at most; they overlap, so that none can go to another.
  private static let togetherAtMost = 64

  init(_ geometry: ConvolutionGeometry, isBackward: Bool) {
    let forward = cusp_tiles(covering: geometry.destination, border: geometry.border)
    let backward = cusp_tiles(covering: geometry.source, border: 2 - geometry.border)
    isTransposed = isBackward && forward.count < min(backward.count, Self.togetherAtMost + 1)
    tiles = isBackward && !isTransposed ? backward : forward
    source = isBackward ? geometry.destination : geometry.source
    destination = isBackward ? geometry.source : geometry.destination
    winogradFilter = WinogradFilter(
      shape: FilterShape(geometry, isBackward: isBackward), isFlipped: isBackward && !isTransposed)
  }

  var filter: any PackedFilter { winogradFilter }

  func pass(_ operands: ConvolutionOperands, in recorder: Recorder) throws -> any HandwrittenPass {
    try WinogradPass(self, operands, in: recorder)
  }
}

extension cusp_tiles {
  /// Those of the results `[n, c, h, w]` of a convolution.
  fileprivate init(covering results: [Int], border: Int) {
    self.init(rows: (results[2] + 3) / 4, columns: (results[3] + 3) / 4, border: border)
  }

  /// How many an image has.
  var count: Int { rows * columns }
}

/// How the tiles of a batch are cut into blocks.
private struct WinogradBlocks {
  /// How many tiles an image has.
  private let perImage: Int
  /// How many tiles stay together.
  let unit: Int
  /// How many units a block has at most.
  private let units: Int
  /// How many tiles a block should have at least, so that the weights are worth their way; times the threads.
  private let wanted, threads: Int
  /// From one of the 36 matrices to the next; no power of two, or they would meet in the cache.
  let sourceStride, resultStride: Int
  /// What else one thread needs.
  private let rowCount: Int

  /// Large weights pass the cache by once a block, so that blocks are larger then; all threads have equally many.
  init(_ convolution: WinogradConvolution, threads: Int, _ caches: Caches) {
    perImage = convolution.tiles.count
    unit = convolution.isTransposed ? perImage : 1
    self.threads = threads
    // The product takes six rows at a time.
    wanted = threads * (convolution.winogradFilter.countPerGroup < caches.weightCount ? 36 : 66)
    units = Self.size(of: convolution.destination[0] * perImage / unit, wanted / unit, threads)
    sourceStride = units * unit * convolution.filter.inputs + 16
    resultStride = units * unit * convolution.filter.outputs + 16
    rowCount = convolution.isTransposed ? 8 * 16 * (convolution.tiles.columns + 1) : 0
  }

  /// How many tiles a block has where only the first `images` matter, and all of them.
  func share(of images: Int) -> (block: Int, total: Int) {
    let total = images * perImage
    return (unit * min(Self.size(of: total / unit, wanted / unit, threads), units), total)
  }

  private static func size(of total: Int, _ wanted: Int, _ threads: Int) -> Int {
    let wanted = max(wanted, threads)
    let rounds = (total + wanted - 1) / wanted
    return (total + rounds * threads - 1) / (rounds * threads)
  }

  /// What one thread needs.
  var scratchCount: Int { 36 * (sourceStride + resultStride) + rowCount }
}
