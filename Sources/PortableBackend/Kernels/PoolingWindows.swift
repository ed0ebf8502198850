import Networks
import Programs

/// The windows of a pooling over one channel `[h, w]`.
struct PoolingWindows {
  /// The rows of each row of windows, and the columns of each column, as far as they lie in the image.
  private let rows, columns: [Range<Int>]
  /// By how many rows and columns a mean over the windows divides.
  private let heights, widths: [Float]
  /// The image's width.
  let width: Int

  init(_ window: PoolingWindow, _ buffers: StepBuffers) {
    let (input, output, padding) = (buffers.input, buffers.output, window.padding)
    let down = PoolingWindows.axis(
      output.height, window.size.height, window.stride.height, input.height, padding.top, padding.bottom)
    let across = PoolingWindows.axis(
      output.width, window.size.width, window.stride.width, input.width, padding.left, padding.right)
    (rows, columns, width) = (down.inside, across.inside, input.width)
    heights = window.countsPadding ? down.padded : down.inside.map { Float($0.count) }
    widths = window.countsPadding ? across.padded : across.inside.map { Float($0.count) }
  }

  /// Windows that divide the image as evenly as possible.
  init(dividing buffers: StepBuffers) {
    func even(_ count: Int, _ side: Int) -> [Range<Int>] {
      (0..<count).map { $0 * side / count..<(($0 + 1) * side + count - 1) / count }
    }
    rows = even(buffers.output.height, buffers.input.height)
    columns = even(buffers.output.width, buffers.input.width)
    (heights, widths) = (rows.map { Float($0.count) }, columns.map { Float($0.count) })
    width = buffers.input.width
  }

  /// `count` windows on `side` pixels, and how long each is with the padding that it covers.
  private static func axis(
    _ count: Int, _ size: Int, _ stride: Int, _ side: Int, _ before: Int, _ after: Int
  ) -> (inside: [Range<Int>], padded: [Float]) {
    let starts = (0..<count).map { $0 * stride - before }
    return (
      starts.map { max($0, 0)..<min($0 + size, side) }, starts.map { Float(min($0 + size, side + after) - $0) }
    )
  }

  /// Runs `body` for every output with the part of its window that lies in the image.
  @inline(__always)
  func forEach(_ body: (_ output: Int, _ rows: Range<Int>, _ columns: Range<Int>) -> Void) {
    forEachMean { output, rows, columns, _ in body(output, rows, columns) }
  }

  /// Runs `body` as `forEach` does, with what a mean divides by.
  @inline(__always)
  func forEachMean(
    _ body: (_ output: Int, _ rows: Range<Int>, _ columns: Range<Int>, _ divisor: Float) -> Void
  ) {
    for y in rows.indices {
      for x in columns.indices { body(y * columns.count + x, rows[y], columns[x], heights[y] * widths[x]) }
    }
  }
}
