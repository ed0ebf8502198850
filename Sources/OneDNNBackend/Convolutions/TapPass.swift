import CConvolutions

/// One pass of a convolution as matrix products of pixels and channels, one for each tap of the kernel.
///
/// It takes any stride, which Winograd's algorithm does not. Each thread takes blocks of pixels through all taps, so that
/// their sums stay in its cache. A pixel's results are the same whatever block it is in.
final class TapPass: HandwrittenPass {
  private let operands: ConvolutionOperands
  private let filter: TapFilter
  private let scratch: Memory
  private let sources, results: cusp_images
  private let blocks: [Block]
  /// How many numbers the copies of a block's pixels are at most, and with their sums.
  private let copyCount, scratchCount: Int
  private let threads: Threads
  private let rows: ActiveRows
  private let depth: Int

  /// Some of the pixels of one grid, counted through the batch.
  private struct Block {
    let grid: TapGrid
    let first, count: Int
  }

  init(_ convolution: TapConvolution, _ operands: ConvolutionOperands, in recorder: Recorder) throws {
    (self.operands, filter) = (operands, convolution.tapFilter)
    sources = try cusp_images(operands.source.layout)
    results = try cusp_images(operands.destination.layout)
    threads = Threads.current
    (rows, depth) = (recorder.rows, recorder.caches.depth)
    let (inputs, outputs, images) = (sources.channels, results.channels, convolution.source[0])
    let wanted = recorder.caches.tapRows(inputs, outputs)
    let threadCount = threads.count
    // Every thread gets equally many pixels.
    let sizes = convolution.grids.map { grid in
      let total = images * grid.pixels.rows * grid.pixels.columns
      let shares = (total + wanted * threadCount - 1) / (wanted * threadCount) * threadCount
      return (total + shares - 1) / shares
    }
    let most = sizes.max() ?? 0
    blocks = zip(convolution.grids, sizes).flatMap { grid, size in
      let total = images * grid.pixels.rows * grid.pixels.columns
      return stride(from: 0, to: total, by: size).map {
        Block(grid: grid, first: $0, count: min(size, total - $0))
      }
    }
    copyCount = most * inputs
    scratchCount = copyCount + most * outputs
    scratch = try recorder.memory(.plain([threads.count * scratchCount]))
  }

  var memories: [Memory] { operands.memories + [scratch] }
  var algorithm: String { ConvolutionAlgorithm.implicitGEMM.rawValue }
  var layoutText: String { operands.layoutText }
  var implementation: String { "taps:\(InstructionSet.current.rawValue)" }

  /// Runs on all threads, each of which takes blocks.
  func run() {
    let (source, weights, destination) = operands.starts
    guard let scratch = scratch.start else { preconditionFailure("memories are used before they are placed") }
    threads.spreadByWorker(blocks.count) { worker, index in
      let copies = scratch + worker * scratchCount
      let sums = copies + copyCount
      var (sources, results, epilogue) = (sources, results, operands.epilogue)
      let (block, taps) = (blocks[index], blocks[index].grid.taps)
      var pixels = block.grid.pixels
      let count = min(block.count, rows.count * pixels.rows * pixels.columns - block.first)
      guard count > 0 else { return }
      if taps.isEmpty { sums.update(repeating: 0, count: count * results.channels) }
      for position in taps.indices {
        let tap = taps[position]
        kernelSet.tap_scatter(
          &sources, &pixels, tap.down, tap.right, source, block.first, count, copies, sources.channels, 16)
        kernelSet.product(
          count, copies, sources.channels, weights + filter.start(of: tap.tap), depth, position == 0 ? 0 : 1, sums,
          results.channels)
      }
      kernelSet.tap_gather(&results, &pixels, &epilogue, sums, block.first, count, destination)
    }
  }
}

/// What a pass computes: forward every pixel of the result from all taps; backward each of `stride` times `stride` grids
/// of pixels from the taps that meet it.
struct TapConvolution: HandwrittenConvolution {
  /// `[n, c, h, w]`.
  let source, destination: [Int]
  let grids: [TapGrid]
  let tapFilter: TapFilter

  init(_ geometry: ConvolutionGeometry, isBackward: Bool) {
    source = isBackward ? geometry.destination : geometry.source
    destination = isBackward ? geometry.source : geometry.destination
    tapFilter = TapFilter(shape: FilterShape(geometry, isBackward: isBackward))
    let starts = isBackward ? Array(0..<geometry.stride) : [0]
    let (made, read) = (destination, source)
    grids = starts.flatMap { top in
      starts.flatMap { left in
        let step = isBackward ? geometry.stride : 1
        guard top < made[2], left < made[3] else { return [TapGrid]() }
        let pixels = cusp_pixel_grid(
          rows: (made[2] - top + step - 1) / step, columns: (made[3] - left + step - 1) / step, top: top, left: left,
          step: step, source_step: isBackward ? 1 : geometry.stride)
        let rows = geometry.taps(from: top, isBackward: isBackward)
        let columns = geometry.taps(from: left, isBackward: isBackward)
        let taps = rows.flatMap { row in
          columns.map { column in
            (tap: row.tap * geometry.kernelSize + column.tap, down: row.distance, right: column.distance)
          }
        }
        return TapGrid(pixels: pixels, taps: taps).parts(reading: read)
      }
    }
  }

  var filter: any PackedFilter { tapFilter }

  func pass(_ operands: ConvolutionOperands, in recorder: Recorder) throws -> any HandwrittenPass {
    try TapPass(self, operands, in: recorder)
  }
}

/// Pixels of a result that are made of the same taps.
struct TapGrid {
  let pixels: cusp_pixel_grid
  /// Which of the kernel's elements they are, and how far from the pixel each reads.
  let taps: [(tap: Int, down: Int, right: Int)]

  /// Each pixel by itself, with the taps that see a pixel of `images` alone, where there are so few that most taps see none.
  func parts(reading images: [Int]) -> [TapGrid] {
    guard pixels.rows <= 2, pixels.columns <= 2 else { return [self] }
    return (0..<pixels.rows * pixels.columns).map { index in
      let (y, x) = index.quotientAndRemainder(dividingBy: pixels.columns)
      var pixel = pixels
      (pixel.rows, pixel.columns) = (1, 1)
      (pixel.top, pixel.left) = (pixels.top + pixels.step * y, pixels.left + pixels.step * x)
      let moved = taps.map {
        (tap: $0.tap, down: pixels.source_step * y + $0.down, right: pixels.source_step * x + $0.right)
      }
      return TapGrid(
        pixels: pixel,
        taps: moved.filter { (0..<images[2]).contains($0.down) && (0..<images[3]).contains($0.right) })
    }
  }
}

extension ConvolutionGeometry {
  /// The taps, along one axis, that the pixels from `start` on are made of, and how far from them each reads.
  fileprivate func taps(from start: Int, isBackward: Bool) -> [(tap: Int, distance: Int)] {
    let taps = 0..<kernelSize
    if !isBackward { return taps.map { ($0, $0 - border) } }
    return taps.filter { (start + border - $0).isMultiple(of: stride) }.map { ($0, (start + border - $0) / stride) }
  }
}
