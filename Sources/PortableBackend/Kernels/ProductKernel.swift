/// The product of two inputs `[n, c, h, w]` or `[n, features]`, the second of the same shape or `[n, c, 1, 1]`.
final class ProductKernel: Kernel {
  private let buffers: StepBuffers
  private let workers: Workers
  /// How many neighbouring numbers of the first input one of the second multiplies.
  private let run: Int

  init(_ buffers: StepBuffers, _ workers: Workers) {
    (self.buffers, self.workers) = (buffers, workers)
    run = buffers.inputs[0].imageCount / buffers.inputs[1].imageCount
  }

  func forward() {
    let (x, factors, y) = (buffers.inputs[0].start, buffers.inputs[1].start, buffers.output.start)
    forEachFactor { k, places in
      let factor = factors[k]
      for i in places { y[i] = x[i] * factor }
    }
  }

  func backward() {
    guard let gradient = buffers.outputGradient else { return }
    let (x, factors) = (buffers.inputs[0].start, buffers.inputs[1].start)
    let (first, second) = (buffers.inputGradients[0], buffers.inputGradients[1])
    forEachFactor { k, places in
      // A value that is squared gets both summands, one after the other.
      if let first {
        let factor = factors[k]
        for i in places { first.start[i] = (first.accumulates ? first.start[i] : 0) + gradient[i] * factor }
      }
      if let second {
        var sum: Float = 0
        for i in places { sum += gradient[i] * x[i] }
        second.start[k] = (second.accumulates ? second.start[k] : 0) + sum
      }
    }
  }

  /// Runs `body` for every factor and the numbers that it multiplies.
  private func forEachFactor(_ body: (_ factor: Int, _ places: Range<Int>) -> Void) {
    let count = buffers.output.count / run
    let length = max(1, (1 << 14) / run)
    workers.run((count + length - 1) / length) { piece, _ in
      for k in piece * length..<min((piece + 1) * length, count) { body(k, k * run..<(k + 1) * run) }
    }
  }
}
