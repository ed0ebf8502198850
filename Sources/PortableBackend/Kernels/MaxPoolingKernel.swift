import Programs

/// The maximum over windows, on `[n, c, h, w]`; the gradient goes to the first maximum, row by row.
final class MaxPoolingKernel: Kernel {
  private let buffers: StepBuffers
  private let workers: Workers
  private let windows: PoolingWindows

  init(_ window: PoolingWindow, _ buffers: StepBuffers, _ workers: Workers) {
    (self.buffers, self.workers) = (buffers, workers)
    windows = PoolingWindows(window, buffers)
  }

  func forward() {
    let (input, output) = (buffers.input, buffers.output)
    workers.run(input.batchSize * input.channels) { task, _ in
      let (x, y) = (input.start + task * input.planeCount, output.start + task * output.planeCount)
      windows.forEach { y[$0] = x[place(x, $1, $2)] }
    }
  }

  func backward() {
    guard let gradient = buffers.outputGradient, let target = buffers.inputGradient else { return }
    let (input, output) = (buffers.input, buffers.output)
    workers.run(input.batchSize * input.channels) { task, _ in
      let x = input.start + task * input.planeCount
      let (dy, dx) = (gradient + task * output.planeCount, target.start + task * input.planeCount)
      if !target.accumulates { dx.update(repeating: 0, count: input.planeCount) }
      windows.forEach { dx[place(x, $1, $2)] += dy[$0] }
    }
  }

  /// Where the first maximum of a window lies; NaN wins, so that it shows.
  @inline(__always)
  private func place(_ x: UnsafePointer<Float>, _ rows: Range<Int>, _ columns: Range<Int>) -> Int {
    var best = rows.lowerBound * windows.width + columns.lowerBound
    for row in rows {
      for i in row * windows.width + columns.lowerBound..<row * windows.width + columns.upperBound
      where x[i] > x[best] || x[i].isNaN {
        best = i
      }
    }
    return best
  }
}
