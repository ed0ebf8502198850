import CConvolutions

/// The gradient of a convolution's weights as matrix products, one for each tap of the kernel: what it read forward, from above
/// to below, times the gradient of what it wrote.
///
/// Round by round both are laid out, what was read once for every tap, so many pixels at a time that they stay in the last
/// cache; then threads take blocks of the weights through the round. Sums go in the order of the pixels, whatever the threads.
final class TapGradientPass: HandwrittenPass {
  private let source, gradient, filters, scratch: Memory
  private let filter: TapFilter
  private let sources, results: cusp_images
  private let rounds: [[Piece]]
  private let blocks: [WeightBlock]
  /// How many sums one block has for each tap at most.
  private let sumCount: Int
  /// Where the sums begin, behind what a round lays out.
  private let sumStart: Int
  private let depth: Int
  private let threads = Threads.current

  /// The pixels that a thread lays out at once.
  private static let share = 64

  /// Some of the pixels of one grid, counted through the batch, and where they are laid out.
  private struct Piece {
    let grid: TapGrid
    let first, count, start: Int
    /// From one block of 16 channels to the next; no power of two, or they would meet in the cache.
    var blockStride: Int { 16 * (count + 1) }
  }

  /// The gradient of `convolution`'s weights into `filters`, row-major.
  init(_ convolution: TapConvolution, source: Memory, gradient: Memory, filters: Memory, in recorder: Recorder) throws {
    (self.source, self.gradient, self.filters) = (source, gradient, filters)
    let filter = convolution.tapFilter
    self.filter = filter
    (sources, results) = (try cusp_images(source.layout), try cusp_images(gradient.layout))
    let (together, rows) = (recorder.caches.tileCount, recorder.caches.gradientRows)
    depth = recorder.caches.depth
    var rounds: [[Piece]] = [[]]
    var (pixels, start, laidOut) = (0, 0, 0)
    for grid in convolution.grids {
      let total = convolution.source[0] * grid.pixels.rows * grid.pixels.columns
      for first in stride(from: 0, to: total, by: together) {
        let count = min(together, total - first)
        if pixels + count > together {
          rounds.append([])
          (pixels, start) = (0, 0)
        }
        let piece = Piece(grid: grid, first: first, count: count, start: start)
        rounds[rounds.count - 1].append(piece)
        pixels += count
        start += piece.blockStride * (filter.outputs + grid.taps.count * filter.inputs) / 16
        laidOut = max(laidOut, start)
      }
    }
    self.rounds = rounds
    blocks = WeightBlock.covering(inputs: filter.inputs, outputs: filter.outputs, rows: rows)
    (sumStart, sumCount) = (laidOut, rows * WeightBlock.columns)
    scratch = try recorder.memory(.plain([laidOut + blocks.count * filter.shape.taps * sumCount]))
  }

  var memories: [Memory] { [source, gradient, filters, scratch] }
  var algorithm: String { ConvolutionAlgorithm.implicitGEMM.rawValue }
  var layoutText: String { gradient.layout.text }
  var implementation: String { "taps:\(InstructionSet.current.rawValue)" }

  /// Runs on all threads.
  func run() {
    guard let source = source.start, let gradient = gradient.start, let filters = filters.start,
      let scratch = scratch.start
    else { preconditionFailure("memories are used before they are placed") }
    let taps = filter.shape.taps
    for (number, round) in rounds.enumerated() {
      for piece in round { layOut(piece, source, gradient, scratch + piece.start) }
      threads.spread(blocks.count * taps) { task in
        let (block, tap) = task.quotientAndRemainder(dividingBy: taps)
        multiply(
          blocks[block], tap, round, scratch, adds: number > 0, scratch + sumStart + task * sumCount)
      }
    }
    threads.spread(blocks.count) { finish(blocks[$0], scratch + sumStart + $0 * taps * sumCount, filters) }
  }

  private typealias Address = UnsafeMutablePointer<Float>

  /// Lays out the gradient of a piece's pixels, and behind it what they read for each tap.
  private func layOut(_ piece: Piece, _ source: Address, _ gradient: Address, _ start: Address) {
    let shares = (piece.count + Self.share - 1) / Self.share
    threads.spread((piece.grid.taps.count + 1) * shares) { [sources, results, filter] task in
      var (sources, results) = (sources, results)
      let (position, share) = task.quotientAndRemainder(dividingBy: shares)
      var pixels = piece.grid.pixels
      let (place, stride) = (share * Self.share, piece.blockStride)
      let (first, count) = (piece.first + place, min(Self.share, piece.count - place))
      guard position > 0 else {
        pixels.source_step = pixels.step
        kernelSet.tap_scatter(
          &results, &pixels, pixels.top, pixels.left, gradient, first, count, start + 16 * place, 16, stride)
        return
      }
      let tap = piece.grid.taps[position - 1]
      let copies = start + stride * (filter.outputs + (position - 1) * filter.inputs) / 16
      kernelSet.tap_scatter(
        &sources, &pixels, tap.down, tap.right, source, first, count, copies + 16 * place, 16, stride)
    }
  }

  /// Sums the gradients of a block's weights at one tap over a round.
  private func multiply(
    _ block: WeightBlock, _ tap: Int, _ round: [Piece], _ scratch: Address, adds: Bool, _ sums: Address
  ) {
    var adds = adds
    for piece in round {
      guard let position = piece.grid.taps.firstIndex(where: { $0.tap == tap }) else { continue }
      let (start, stride) = (scratch + piece.start, piece.blockStride)
      kernelSet.outer_product(
        piece.count, start + stride * (filter.outputs + position * filter.inputs + block.input) / 16,
        start + stride * block.output / 16, stride, depth, block.rows, block.width, adds ? 1 : 0, sums)
      adds = true
    }
    // No pixel saw this tap.
    if !adds { sums.update(repeating: 0, count: block.rows * block.width) }
  }

  /// Writes the gradients of a block's weights where they belong.
  private func finish(_ block: WeightBlock, _ sums: Address, _ filters: Address) {
    let (shape, taps) = (filter.shape, filter.shape.taps)
    for column in 0..<min(block.width, shape.outputs - block.output) {
      var place = filters + (block.output + column) * shape.outputStride + block.input * shape.inputStride
      for row in 0..<min(block.rows, shape.inputs - block.input) {
        let sum = sums + row * block.width + column
        for tap in 0..<taps { place[tap] = sum[tap * sumCount] }
        place += shape.inputStride
      }
    }
  }
}
