import Programs

/// The windows of a pooling over one channel `[h, w]`.
struct PoolingWindows {
  let (height, width): (Int, Int)
  let (outputHeight, outputWidth): (Int, Int)
  private let window: PoolingWindow

  init(_ window: PoolingWindow, _ buffers: StepBuffers) {
    (height, width) = (buffers.input.height, buffers.input.width)
    (outputHeight, outputWidth) = (buffers.output.height, buffers.output.width)
    self.window = window
  }

  /// The numbers in a window, padding included.
  var area: Int { window.height * window.width }

  /// Runs `body` for every output with the part of its window that lies in the image.
  @inline(__always)
  func forEach(_ body: (_ output: Int, _ rows: Range<Int>, _ columns: Range<Int>) -> Void) {
    for y in 0..<outputHeight {
      let top = y * window.stride - window.padding
      let rows = max(top, 0)..<min(top + window.height, height)
      for x in 0..<outputWidth {
        let left = x * window.stride - window.padding
        body(y * outputWidth + x, rows, max(left, 0)..<min(left + window.width, width))
      }
    }
  }
}
