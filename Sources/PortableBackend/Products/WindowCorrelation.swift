/// The gradient of a convolution's weight: `dW[g][o, k] = sum over (n, p) of dY[n, (g, o), p] W[g][k, (n, p)]`.
///
/// Tasks own channels of the images and go through the batch in order, so sums never depend on the number of threads.
package final class WindowCorrelation {
  /// Columns whose products are summed in registers at once.
  package static let depth = 256
  /// The distance of packed rows; off a power of two, for the caches.
  private static let rowStride = depth + 8
  /// Rows of `dY` packed at once.
  private static let rowsPerBlock = 32 * Tiles.left

  private let windows: WindowGather
  /// The output's gradient seen as windows of one place.
  private let pixels: WindowGather
  private let (groups, rows, channels): (Int, Int, Int)
  private let channelsPerTask: Int
  private let workers: Workers

  /// For `groups` groups of `rows` output channels each.
  package init(_ windows: WindowGather, groups: Int, rows: Int, workers: Workers) {
    (self.windows, self.workers) = (windows, workers)
    (self.groups, self.rows, channels) = (groups, rows, windows.channels / groups)
    pixels = WindowGather(
      batchSize: windows.batchSize, channels: groups * rows, height: windows.outputHeight,
      width: windows.outputWidth, outputHeight: windows.outputHeight, outputWidth: windows.outputWidth)
    channelsPerTask = max(1, min(96 / windows.taps, (channels + 7) / 8))
    let packedRows = WindowCorrelation.rowsPerBlock + channelsPerTask * windows.taps + Tiles.right
    workers.reserve(packedRows * WindowCorrelation.rowStride + Tiles.left * Tiles.right)
  }

  /// Writes `gradient` `[groups * rows, channels, k, k]` of `images` and the output's gradient `[n, groups * rows, p]`.
  package func run(
    _ images: UnsafePointer<Float>, _ outputGradient: UnsafePointer<Float>,
    into gradient: UnsafeMutablePointer<Float>
  ) {
    let tasks = (channels + channelsPerTask - 1) / channelsPerTask
    workers.run(groups * tasks) { task, worker in
      let (group, part) = task.quotientAndRemainder(dividingBy: tasks)
      let range = part * channelsPerTask..<min((part + 1) * channelsPerTask, channels)
      let scratch = workers.scratch(worker)
      for column in stride(from: 0, to: windows.columnCount, by: WindowCorrelation.depth) {
        let left = min(WindowCorrelation.depth, windows.columnCount - column)
        let panels = (left + Tiles.columns - 1) / Tiles.columns
        let block = Block(group: group, channels: range, column: column, panels: panels, adds: column > 0)
        add(block, images, outputGradient, into: gradient, scratch: scratch)
      }
    }
  }

  /// Some channels of one group, and some columns.
  private struct Block {
    let group: Int
    let channels: Range<Int>
    let column: Int
    let panels: Int
    let adds: Bool
  }

  private func add(
    _ block: Block, _ images: UnsafePointer<Float>, _ outputGradient: UnsafePointer<Float>,
    into gradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    let rowStride = WindowCorrelation.rowStride
    let tile = scratch
    let right = scratch + Tiles.left * Tiles.right
    let left = right + (channelsPerTask * windows.taps + Tiles.right) * rowStride
    let offset = block.group * channels
    windows.pack(
      images, channels: offset + block.channels.lowerBound..<offset + block.channels.upperBound,
      column: block.column, panels: block.panels, into: right, rowStride: rowStride, panelStride: Tiles.columns)
    for first in stride(from: 0, to: rows, by: WindowCorrelation.rowsPerBlock) {
      let last = min(first + WindowCorrelation.rowsPerBlock, rows)
      pixels.pack(
        outputGradient, channels: block.group * rows + first..<block.group * rows + last, column: block.column,
        panels: block.panels, into: left, rowStride: rowStride, panelStride: Tiles.columns)
      for row in stride(from: first, to: last, by: Tiles.left) {
        for k in stride(from: 0, to: block.channels.count * windows.taps, by: Tiles.right) {
          Tiles.inner(
            left + (row - first) * rowStride, right + k * rowStride, stride: rowStride,
            depth: block.panels * Tiles.columns, into: tile)
          store(tile, block, row, k, into: gradient)
        }
      }
    }
  }

  /// Writes or adds the tile at row `row` of the group and column `k` of the block; what lies past either is no sum.
  private func store(
    _ tile: UnsafePointer<Float>, _ block: Block, _ row: Int, _ k: Int, into gradient: UnsafeMutablePointer<Float>
  ) {
    let taps = windows.taps
    for r in 0..<min(Tiles.left, rows - row) {
      let place = gradient + ((block.group * rows + row + r) * channels + block.channels.lowerBound) * taps + k
      for c in 0..<min(Tiles.right, block.channels.count * taps - k) {
        let value = tile[r * Tiles.right + c]
        place[c] = block.adds ? place[c] + value : value
      }
    }
  }
}
