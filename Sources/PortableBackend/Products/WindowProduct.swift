/// A matrix times the windows of a batch, group by group: `out[n, (g, m), p] = sum over k of A[g][m, k] W[g][k, (n, p)]`.
///
/// A convolution's forward pass is one, and so is its backward pass to the images, with the kernel turned around and
/// inputs and outputs exchanged. Every output is one sum in one order, wherever its column falls.
package final class WindowProduct {
  /// How `A[g][m, (c, tap)]` lies in a plain weight.
  package struct MatrixLayout {
    let (groupStride, rowStride, channelStride): (Int, Int, Int)
    /// Whether the kernel's places run backwards.
    let isFlipped: Bool

    package init(groupStride: Int, rowStride: Int, channelStride: Int, isFlipped: Bool) {
      (self.groupStride, self.rowStride, self.channelStride) = (groupStride, rowStride, channelStride)
      self.isFlipped = isFlipped
    }
  }

  private let gather: WindowGather
  private let layout: MatrixLayout
  private let workers: Workers
  private let (groups, rows, channels): (Int, Int, Int)
  /// Channels, and rows of the window matrix, that are summed in registers at once.
  private let channelsPerBlock: Int
  private let panelsPerTask: Int
  private let rowPanels: Int
  /// `A` by blocks of channels, in each by panels of six rows: `[depth, 6]`, zero past the last row.
  private let packed: FloatBlock

  /// A product for `groups` groups of `rows` rows each, of windows over `gather.channels / groups` channels each.
  package init(_ gather: WindowGather, groups: Int, rows: Int, layout: MatrixLayout, workers: Workers) throws {
    (self.gather, self.layout, self.workers) = (gather, layout, workers)
    (self.groups, self.rows, channels) = (groups, rows, gather.channels / groups)
    channelsPerBlock = min(max(1, 512 / gather.taps), channels)
    let panels = (gather.columnCount + Tiles.columns - 1) / Tiles.columns
    panelsPerTask = min(16, max(1, panels / (4 * workers.count)))
    rowPanels = (rows + Tiles.rows - 1) / Tiles.rows
    packed = try FloatBlock(count: groups * channels * gather.taps * rowPanels * Tiles.rows)
    workers.reserve(blockDepth * panelsPerTask * Tiles.columns + Tiles.rows * Tiles.columns)
  }

  private var paddedRows: Int { rowPanels * Tiles.rows }
  private var blockDepth: Int { channelsPerBlock * gather.taps }

  /// Takes over the matrix from `weight`.
  package func load(_ weight: UnsafePointer<Float>) {
    let blocks = (channels + channelsPerBlock - 1) / channelsPerBlock
    workers.run(groups * blocks) { task, _ in
      let (group, block) = task.quotientAndRemainder(dividingBy: blocks)
      let range = block * channelsPerBlock..<min((block + 1) * channelsPerBlock, channels)
      pack(weight + group * layout.groupStride, range, into: matrix(group, range.lowerBound))
    }
  }

  /// Where the block of `group` that begins at `channel` lies.
  private func matrix(_ group: Int, _ channel: Int) -> UnsafeMutablePointer<Float> {
    packed.start + (group * channels + channel) * gather.taps * paddedRows
  }

  private func pack(_ weight: UnsafePointer<Float>, _ range: Range<Int>, into out: UnsafeMutablePointer<Float>) {
    let taps = gather.taps
    for row in 0..<rows {
      let (panel, lane) = row.quotientAndRemainder(dividingBy: Tiles.rows)
      var to = out + panel * range.count * taps * Tiles.rows + lane
      for channel in range {
        let from = weight + row * layout.rowStride + channel * layout.channelStride
        for tap in 0..<taps {
          to.pointee = from[layout.isFlipped ? taps - 1 - tap : tap]
          to += Tiles.rows
        }
      }
    }
  }

  /// Writes, or adds to, `out` `[n, groups * rows, windows]`; `bias` `[groups * rows]` is added once.
  package func run(
    _ source: UnsafePointer<Float>, bias: UnsafePointer<Float>?, into out: UnsafeMutablePointer<Float>, adds: Bool
  ) {
    let panels = (gather.columnCount + Tiles.columns - 1) / Tiles.columns
    let tasks = (panels + panelsPerTask - 1) / panelsPerTask
    workers.run(groups * tasks) { task, worker in
      let (group, part) = task.quotientAndRemainder(dividingBy: tasks)
      let range = part * panelsPerTask..<min((part + 1) * panelsPerTask, panels)
      for channel in stride(from: 0, to: channels, by: channelsPerBlock) {
        let block = Block(
          group: group, channels: channel..<min(channel + channelsPerBlock, channels), panels: range,
          bias: channel == 0 ? bias.map { $0 + group * rows } : nil, adds: adds || channel > 0)
        multiply(block, source, into: out, scratch: workers.scratch(worker))
      }
    }
  }

  /// The part of a product that is summed in registers at once.
  private struct Block {
    let group: Int
    let channels: Range<Int>
    /// Columns in panels of eight.
    let panels: Range<Int>
    let bias: UnsafePointer<Float>?
    let adds: Bool
  }

  private func multiply(
    _ block: Block, _ source: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let tile = scratch
    let columns = scratch + Tiles.rows * Tiles.columns
    let depth = block.channels.count * gather.taps
    let offset = block.group * channels
    gather.pack(
      source, channels: offset + block.channels.lowerBound..<offset + block.channels.upperBound,
      column: block.panels.lowerBound * Tiles.columns, panels: block.panels.count, into: columns,
      rowStride: Tiles.columns, panelStride: depth * Tiles.columns)
    let matrix = matrix(block.group, block.channels.lowerBound)
    for rowPanel in 0..<rowPanels {
      for panel in block.panels {
        Tiles.outer(
          matrix + rowPanel * depth * Tiles.rows,
          columns + (panel - block.panels.lowerBound) * depth * Tiles.columns, depth: depth, into: tile)
        store(tile, block, rowPanel * Tiles.rows, panel * Tiles.columns, into: out)
      }
    }
  }

  /// Writes or adds the tile whose first row is `row` of its group and whose first column is `column`.
  private func store(
    _ tile: UnsafePointer<Float>, _ block: Block, _ row: Int, _ column: Int, into out: UnsafeMutablePointer<Float>
  ) {
    let windows = gather.windows
    let (image, window) = column.quotientAndRemainder(dividingBy: windows)
    for r in 0..<min(Tiles.rows, rows - row) {
      let channel = block.group * rows + row + r
      let bias = block.bias.map { $0[row + r] } ?? 0
      let values = Tiles.load8(tile + r * Tiles.columns) + bias
      if window + Tiles.columns <= windows {
        let place = out + (image * groups * rows + channel) * windows + window
        Tiles.store8(block.adds ? Tiles.load8(place) + values : values, place)
      } else {
        for lane in 0..<min(Tiles.columns, gather.columnCount - column) {
          let (image, window) = (column + lane).quotientAndRemainder(dividingBy: windows)
          let place = out + (image * groups * rows + channel) * windows + window
          place.pointee = block.adds ? place.pointee + values[lane] : values[lane]
        }
      }
    }
  }
}
