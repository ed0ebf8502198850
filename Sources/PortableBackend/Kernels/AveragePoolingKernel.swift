/// The mean over windows on `[n, c, h, w]`.
final class AveragePoolingKernel: Kernel {
  private let buffers: StepBuffers
  private let workers: Workers
  private let windows: PoolingWindows

  init(_ windows: PoolingWindows, _ buffers: StepBuffers, _ workers: Workers) {
    (self.windows, self.buffers, self.workers) = (windows, buffers, workers)
  }

  func forward() {
    let (input, output) = (buffers.input, buffers.output)
    workers.run(input.batchSize * input.channels) { task, _ in
      let (x, y) = (input.start + task * input.planeCount, output.start + task * output.planeCount)
      windows.forEachMean { place, rows, columns, divisor in
        var sum: Float = 0
        for row in rows {
          var rowSum: Float = 0
          for column in columns { rowSum += x[row * windows.width + column] }
          sum += rowSum
        }
        y[place] = sum / divisor
      }
    }
  }

  func backward() {
    guard let gradient = buffers.outputGradient, let target = buffers.inputGradient else { return }
    let (input, output) = (buffers.input, buffers.output)
    workers.run(input.batchSize * input.channels) { task, _ in
      let (dy, dx) = (gradient + task * output.planeCount, target.start + task * input.planeCount)
      if !target.accumulates { dx.update(repeating: 0, count: input.planeCount) }
      windows.forEachMean { place, rows, columns, divisor in
        let share = dy[place] / divisor
        for row in rows {
          for column in columns { dx[row * windows.width + column] += share }
        }
      }
    }
  }
}
