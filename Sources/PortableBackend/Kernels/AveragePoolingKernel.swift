import Programs

/// The mean over windows, padding counted as zeros, on `[n, c, h, w]`.
final class AveragePoolingKernel: Kernel {
  private let buffers: StepBuffers
  private let workers: Workers
  private let windows: PoolingWindows

  init(_ window: PoolingWindow, _ buffers: StepBuffers, _ workers: Workers) {
    (self.buffers, self.workers) = (buffers, workers)
    windows = PoolingWindows(window, buffers)
  }

  func forward() {
    let (input, output, area) = (buffers.input, buffers.output, Float(windows.area))
    workers.run(input.batchSize * input.channels) { task, _ in
      let (x, y) = (input.start + task * input.planeCount, output.start + task * output.planeCount)
      windows.forEach { place, rows, columns in
        var sum: Float = 0
        for row in rows {
          var rowSum: Float = 0
          for column in columns { rowSum += x[row * windows.width + column] }
          sum += rowSum
        }
        y[place] = sum / area
      }
    }
  }

  func backward() {
    guard let gradient = buffers.outputGradient, let target = buffers.inputGradient else { return }
    let (input, output, area) = (buffers.input, buffers.output, Float(windows.area))
    workers.run(input.batchSize * input.channels) { task, _ in
      let (dy, dx) = (gradient + task * output.planeCount, target.start + task * input.planeCount)
      if !target.accumulates { dx.update(repeating: 0, count: input.planeCount) }
      windows.forEach { place, rows, columns in
        let share = dy[place] / area
        for row in rows {
          for column in columns { dx[row * windows.width + column] += share }
        }
      }
    }
  }
}
