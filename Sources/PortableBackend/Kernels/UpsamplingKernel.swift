import Networks

/// An enlargement of `[n, c, h, w]` by whole factors.
final class UpsamplingKernel: Kernel {
  private let buffers: StepBuffers
  private let workers: Workers
  private let rows, columns: [Source]

  /// Which two lines a new one is between, and how near it is to the second.
  private struct Source {
    let first, second: Int
    let share: Float
  }

  init(_ settings: Upsampling, _ buffers: StepBuffers, _ workers: Workers) {
    (self.buffers, self.workers) = (buffers, workers)
    func sources(_ side: Int, _ factor: Int) -> [Source] {
      (0..<side * factor).map { line in
        if settings.mode == .nearest { return Source(first: line / factor, second: line / factor, share: 0) }
        // Centres of pixels, held within the image.
        let place = max((Float(line) + 0.5) / Float(factor) - 0.5, 0)
        let first = min(Int(place), side - 1)
        return Source(first: first, second: min(first + 1, side - 1), share: place - Float(first))
      }
    }
    rows = sources(buffers.input.height, settings.factor.height)
    columns = sources(buffers.input.width, settings.factor.width)
  }

  func forward() {
    let (input, output) = (buffers.input, buffers.output)
    workers.run(input.batchSize * input.channels) { map, _ in
      let (x, y) = (input.start + map * input.planeCount, output.start + map * output.planeCount)
      forEachShare { to, from, share in y[to] = (from.isFirst ? 0 : y[to]) + share * x[from.place] }
    }
  }

  func backward() {
    guard let gradient = buffers.outputGradient, let target = buffers.inputGradient else { return }
    let (input, output) = (buffers.input, buffers.output)
    workers.run(input.batchSize * input.channels) { map, _ in
      let (dy, dx) = (gradient + map * output.planeCount, target.start + map * input.planeCount)
      if !target.accumulates { dx.update(repeating: 0, count: input.planeCount) }
      forEachShare { to, from, share in dx[from.place] += share * dy[to] }
    }
  }

  /// Runs `body` for every new pixel and each of the four that it is made of, with their shares.
  @inline(__always)
  private func forEachShare(_ body: (_ to: Int, _ from: (place: Int, isFirst: Bool), _ share: Float) -> Void) {
    let width = buffers.input.width
    for (y, row) in rows.enumerated() {
      for (x, column) in columns.enumerated() {
        let to = y * columns.count + x
        body(to, (row.first * width + column.first, true), (1 - row.share) * (1 - column.share))
        body(to, (row.first * width + column.second, false), (1 - row.share) * column.share)
        body(to, (row.second * width + column.first, false), row.share * (1 - column.share))
        body(to, (row.second * width + column.second, false), row.share * column.share)
      }
    }
  }
}
