import CConvolutions
import Synchronization

/// The gradient of a 3x3 convolution's weights by Winograd's algorithm, from what it read forward and the gradient of what
/// it wrote: the forward pass transposed.
///
/// Group by group the tiles of both are transformed, so many at a time that they stay in the last cache; then threads take
/// blocks of the weights through their products and back. Sums go in the order of the tiles, whatever the threads.
final class WinogradGradientPass: HandwrittenPass {
  private let source, gradient, filters, scratch: Memory
  private let filter: WinogradFilter
  private let form: cusp_winograd
  private let sources, results: cusp_images
  private let tiles: cusp_tiles
  private let kernels: cusp_kernels
  private let tileCount: Int
  /// From one block of 16 channels to the next of the transformed tiles, and from one matrix to the next; no powers
  /// of two, or they would meet in the cache.
  private let blockStride, sourceStride, resultStride: Int
  private let blocks: [WeightBlock]
  private let threads = Threads.current
  private let depth: Int
  private let nextBlock = Atomic(0)

  /// The tiles that a thread transforms at once.
  private static let share = 16
  /// The tiles that lie transformed at once.
  private let together: Int
  /// How many sums one block has at most.
  private let sumCount: Int

  /// The gradient of `convolution`'s weights into `filters`, row-major.
  init(
    _ convolution: WinogradConvolution, source: Memory, gradient: Memory, filters: Memory, in recorder: Recorder
  ) throws {
    (self.source, self.gradient, self.filters) = (source, gradient, filters)
    let filter = convolution.winogradFilter
    (self.filter, form) = (filter, filter.form)
    var (sources, results) = (try cusp_images(source.layout), try cusp_images(gradient.layout))
    // What the inner loops know is one group.
    (sources.channels, results.channels) = (filter.inputs, filter.outputs)
    (self.sources, self.results) = (sources, results)
    (tiles, kernels) = (convolution.tiles, filter.kernels)
    tileCount = convolution.destination[0] * tiles.count
    (together, depth) = (recorder.caches.tileCount, recorder.caches.depth)
    let (most, rows) = (min(tileCount, together), recorder.caches.gradientRows)
    sumCount = form.parts * rows * WeightBlock.columns
    blockStride = 16 * (most + 1)
    (sourceStride, resultStride) = (blockStride * filter.inputs / 16, blockStride * filter.outputs / 16)
    blocks = WeightBlock.covering(inputs: filter.inputs, outputs: filter.outputs, rows: rows)
    let sums = (tileCount > together ? blocks.count : threads.count) * sumCount
    scratch = try recorder.memory(.plain([form.parts * (sourceStride + resultStride) + sums]))
  }

  var memories: [Memory] { [source, gradient, filters, scratch] }
  var algorithm: String { ConvolutionAlgorithm.winograd.rawValue }
  var layoutText: String { gradient.layout.text }
  var implementation: String { "winograd:\(InstructionSet.current.rawValue)" }

  /// Runs on all threads.
  func run() {
    for group in 0..<filter.shape.groups {
      let places = placed(group)
      guard tileCount > together else {
        transform(0..<tileCount, places)
        multiplyAndFinish(places)
        continue
      }
      for first in stride(from: 0, to: tileCount, by: together) {
        let round = first..<min(first + together, tileCount)
        transform(round, places)
        // Blocks alone could be fewer than threads.
        threads.spread(form.parts * blocks.count) { task in
          let (block, part) = task.quotientAndRemainder(dividingBy: form.parts)
          multiply(blocks[block], part, round, places.sums + block * sumCount, places)
        }
      }
      threads.spread(blocks.count) { finish(blocks[$0], places.sums + $0 * sumCount, places) }
    }
  }

  /// Transforms the tiles `round` of both.
  private func transform(_ round: Range<Int>, _ places: Places) {
    threads.spread((round.count + Self.share - 1) / Self.share) { [sources, results, tiles, form] part in
      var (sources, results, tiles) = (sources, results, tiles)
      let place = part * Self.share
      let (first, count) = (round.lowerBound + place, min(Self.share, round.count - place))
      form.scatter(
        &sources, &tiles, places.source, first, count, places.sources + 16 * place, sourceStride, 16, blockStride)
      form.scatter_gradient(
        &results, &tiles, places.gradient, first, count, places.results + 16 * place, resultStride, 16, blockStride)
    }
  }

  /// Computes all weights from all tiles at once: the sums of a block stay in its thread's cache.
  private func multiplyAndFinish(_ places: Places) {
    nextBlock.store(0, ordering: .relaxed)
    threads.spread(threads.count) { worker in
      let sums = places.sums + worker * sumCount
      while true {
        let index = nextBlock.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < blocks.count else { return }
        for part in 0..<form.parts { multiply(blocks[index], part, 0..<tileCount, sums, places) }
        finish(blocks[index], sums, places)
      }
    }
  }

  /// Sums one of a block's gradients over the tiles `round`, the first of which begins anew.
  private func multiply(_ block: WeightBlock, _ part: Int, _ round: Range<Int>, _ sums: Address, _ places: Places) {
    kernelSet.outer_product(
      round.count, places.sources + part * sourceStride + block.input / 16 * blockStride,
      places.results + part * resultStride + block.output / 16 * blockStride, blockStride, depth, block.rows,
      block.width, round.lowerBound > 0 ? 1 : 0, sums + part * block.rows * block.width)
  }

  /// Takes a block's gradients back to those of the kernels.
  private func finish(_ block: WeightBlock, _ sums: Address, _ places: Places) {
    var kernels = kernels
    form.kernel_gradient(
      &kernels, sums, block.input, block.output, block.rows, block.width, places.filters)
  }

  private typealias Address = UnsafeMutablePointer<Float>

  /// Where everything of a group lies: the transformed tiles of both, and the sums, one after another.
  private struct Places {
    let source, gradient, filters, sources, results, sums: Address
  }

  private func placed(_ group: Int) -> Places {
    guard let source = source.start, let gradient = gradient.start, let filters = filters.start,
      let scratch = scratch.start
    else { preconditionFailure("memories are used before they are placed") }
    let transformed = scratch + form.parts * sourceStride
    return Places(
      source: source + group * filter.inputs / 16 * sources.block_stride,
      gradient: gradient + group * filter.outputs / 16 * results.block_stride,
      filters: filters + group * filter.shape.countPerGroup, sources: scratch, results: transformed,
      sums: transformed + form.parts * resultStride)
  }
}
