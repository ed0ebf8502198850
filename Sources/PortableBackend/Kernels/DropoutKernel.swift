/// A product with a given mask, both `[n, c, h, w]` or `[n, features]`.
final class DropoutKernel: Kernel {
  private let buffers: StepBuffers
  private let mask: UnsafeMutablePointer<Float>
  private let workers: Workers

  init(_ buffers: StepBuffers, mask: UnsafeMutablePointer<Float>, _ workers: Workers) {
    (self.buffers, self.mask, self.workers) = (buffers, mask, workers)
  }

  func forward() {
    let (x, y) = (buffers.input.start, buffers.output.start)
    workers.runPieces(of: buffers.output.count) { range in
      for i in range { y[i] = x[i] * mask[i] }
    }
  }

  func backward() {
    guard let gradient = buffers.outputGradient, let target = buffers.inputGradient else { return }
    workers.runPieces(of: buffers.output.count) { range in
      if target.accumulates {
        for i in range { target.start[i] += gradient[i] * mask[i] }
      } else {
        for i in range { target.start[i] = gradient[i] * mask[i] }
      }
    }
  }
}
