import CConvolutions

/// One pass of a 3x3 convolution by Winograd's algorithm, where the library has no kernel for it.
///
/// Each thread takes blocks of tiles through all three parts: transform, matrix products, transform back; so that what
/// lies between stays in its cache. Where there are few tiles, threads would read all weights for a few each: they take
/// columns of the products then, of tiles that all have transformed. A tile's results are the same either way.
final class WinogradPass: HandwrittenPass {
  private let operands: ConvolutionOperands
  private let scratch: Memory
  private let sources, results: cusp_images
  private let tiles: cusp_tiles
  private let blocks: WinogradBlocks
  private let filter: WinogradFilter
  private let threads: Threads
  private let rows: ActiveRows
  private let isTransposed: Bool
  private let depth: Int

  init(_ convolution: WinogradConvolution, _ operands: ConvolutionOperands, in recorder: Recorder) throws {
    self.operands = operands
    let filter = convolution.winogradFilter
    self.filter = filter
    var (sources, results) = (
      try cusp_images(operands.source.layout), try cusp_images(operands.destination.layout)
    )
    // What the inner loops know is one group.
    (sources.channels, results.channels) = (filter.inputs, filter.outputs)
    (self.sources, self.results) = (sources, results)
    (tiles, isTransposed) = (convolution.tiles, convolution.isTransposed)
    threads = Threads.current
    (rows, depth) = (recorder.rows, recorder.caches.depth)
    blocks = WinogradBlocks(convolution, threads: threads.count, recorder.caches)
    scratch = try recorder.memory(.plain([blocks.scratchCount]))
  }

  var memories: [Memory] { operands.memories + [scratch] }
  var algorithm: String { ConvolutionAlgorithm.winograd.rawValue }
  var layoutText: String { operands.layoutText }
  var implementation: String { "winograd:\(InstructionSet.current.rawValue)" }

  /// Runs on all threads, each of which takes blocks of tiles, or of columns.
  func run() {
    guard let scratch = scratch.start else { preconditionFailure("memories are used before they are placed") }
    let (block, total) = blocks.share(of: rows.count)
    if blocks.areShared(total) {
      for group in 0..<filter.shape.groups { runTogether(total, group, scratch) }
      return
    }
    let (perGroup, stride) = ((total + block - 1) / block, blocks.stride(block, filter.inputs))
    threads.spreadByWorker(filter.shape.groups * perGroup) { worker, index in
      let (group, first) = (index / perGroup, index % perGroup * block)
      let count = min(block, total - first)
      let parts = scratch + worker * blocks.countPerWorker
      transform(first, count, group, parts, stride)
      multiply(
        first, count, 0..<filter.outputs, group, parts, stride, into: parts + filter.form.parts * stride)
    }
  }

  /// Computes the first `total` tiles of the batch for one group, all threads column by column.
  private func runTogether(_ total: Int, _ group: Int, _ scratch: UnsafeMutablePointer<Float>) {
    let stride = blocks.stride(total, filter.inputs)
    let share = blocks.unit * max(1, 8 / blocks.unit)
    threads.spread((total + share - 1) / share) { part in
      let first = part * share
      transform(first, min(share, total - first), group, scratch + first * filter.inputs, stride)
    }
    let width = WinogradBlocks.columns
    let products = scratch + filter.form.parts * stride
    threads.spreadByWorker((filter.outputs + width - 1) / width) { worker, index in
      let columns = index * width..<min((index + 1) * width, filter.outputs)
      multiply(0, total, columns, group, scratch, stride, into: products + worker * blocks.productCount(total, width))
    }
  }

  /// Transforms `count` tiles of one group's inputs, from the one numbered `first` in the batch, into `parts`, `stride` apart.
  private func transform(
    _ first: Int, _ count: Int, _ group: Int, _ parts: UnsafeMutablePointer<Float>, _ stride: Int
  ) {
    var (sources, tiles) = (sources, tiles)
    let source = operands.starts.source + group * filter.inputs / 16 * sources.block_stride
    let scatter = isTransposed ? filter.form.scatter_gradient : filter.form.scatter
    scatter?(&sources, &tiles, source, first, count, parts, stride, filter.inputs, 16)
  }

  /// Multiplies `count` transformed tiles in `parts` by the weights to some of one group's `columns`, and takes the products back.
  private func multiply(
    _ first: Int, _ count: Int, _ columns: Range<Int>, _ group: Int, _ parts: UnsafePointer<Float>, _ stride: Int,
    into products: UnsafeMutablePointer<Float>
  ) {
    let (inputs, outputs, form) = (filter.inputs, filter.outputs, filter.form)
    var (results, tiles, epilogue) = (results, tiles, operands.epilogue)
    let (_, weights, destination) = operands.starts
    let matrices = weights + group * filter.countPerGroup + columns.lowerBound * inputs
    let channel = group * outputs + columns.lowerBound
    let place = destination + channel / 16 * results.block_stride
    epilogue.bias = epilogue.bias.map { $0 + channel }
    results.channels = columns.count
    let resultStride = blocks.stride(count, columns.count)
    for part in 0..<form.parts {
      kernelSet.product(
        count, parts + part * stride, inputs, matrices + part * inputs * outputs, depth, 0,
        products + part * resultStride, columns.count)
    }
    guard isTransposed else {
      form.gather(&results, &tiles, &epilogue, products, resultStride, first, count, place)
      return
    }
    for tile in Swift.stride(from: 0, to: count, by: blocks.unit) {
      form.gather_gradient(
        &results, &tiles, &epilogue, products + tile * columns.count, resultStride, (first + tile) / blocks.unit,
        products + form.parts * resultStride, place)
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
      form: geometry.is2x2 ? kernelSet.winograd_2x2 : kernelSet.winograd,
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
  /// How many columns of the products a thread takes at once, where threads share the tiles.
  static let columns = 64

  /// How many tiles an image has, and the batch.
  private let perImage, total: Int
  /// How many tiles stay together.
  let unit: Int
  /// How many units a block has at most.
  private let units: Int
  /// How many tiles a block should have at least, so that the weights are worth their way; times the threads.
  private let wanted, threads: Int
  /// How many tiles threads share at most.
  private let sharedAtMost: Int
  private let filter: WinogradFilter
  /// What else one thread needs.
  private let rowCount: Int

  /// Large weights pass the cache by once a block, so that blocks are larger then; all threads have equally many.
  init(_ convolution: WinogradConvolution, threads: Int, _ caches: Caches) {
    (filter, self.threads) = (convolution.winogradFilter, threads)
    perImage = convolution.tiles.count
    total = convolution.destination[0] * perImage
    unit = convolution.isTransposed ? perImage : 1
    // The product takes six rows at a time.
    sharedAtMost = threads * 66
    wanted = filter.countPerGroup < caches.weightCount ? threads * caches.winogradTiles : sharedAtMost
    units = Self.size(of: total / unit, wanted / unit, threads)
    rowCount = convolution.isTransposed ? 8 * 16 * (convolution.tiles.columns + 1) : 0
  }

  /// How many tiles a block has where only the first `images` matter, and all of them.
  func share(of images: Int) -> (block: Int, total: Int) {
    let total = images * perImage
    return (unit * min(Self.size(of: total / unit, wanted / unit, threads), units), total)
  }

  /// Whether so few tiles are one block for all threads, each of which has columns of it.
  func areShared(_ total: Int) -> Bool {
    threads > 1 && total <= sharedAtMost && filter.outputs >= threads * Self.columns
  }

  private static func size(of total: Int, _ wanted: Int, _ threads: Int) -> Int {
    let wanted = max(wanted, threads)
    let rounds = (total + wanted - 1) / wanted
    return (total + rounds * threads - 1) / (rounds * threads)
  }

  /// From one matrix of `tiles` by `channels` to the next; no power of two, or they would meet in the cache.
  func stride(_ tiles: Int, _ channels: Int) -> Int { tiles * channels + 16 }

  /// What the products of `tiles` to `channels` take, with what else one thread needs.
  func productCount(_ tiles: Int, _ channels: Int) -> Int {
    filter.form.parts * stride(tiles, channels) + rowCount
  }

  /// What one thread needs for blocks of its own.
  var countPerWorker: Int {
    filter.form.parts * stride(units * unit, filter.inputs) + productCount(units * unit, filter.outputs)
  }

  /// What all threads need, however many images matter.
  var scratchCount: Int {
    let most = min(total, sharedAtMost)
    let together = filter.form.parts * stride(most, filter.inputs) + threads * productCount(most, Self.columns)
    return max(threads * countPerWorker, areShared(most) ? together : 0)
  }
}
