import Networks

/// An activation whose slope follows from its input.
final class ActivationKernel: Kernel {
  private let activation: Activation
  private let buffers: StepBuffers
  private let workers: Workers

  init(_ activation: Activation, _ buffers: StepBuffers, _ workers: Workers) {
    (self.activation, self.buffers, self.workers) = (activation, buffers, workers)
  }

  func forward() {
    let (x, y) = (buffers.input.start, buffers.output.start)
    workers.runPieces(of: buffers.output.count) { activation.apply(to: x, into: y, $0) }
  }

  func backward() {
    guard let gradient = buffers.outputGradient, let target = buffers.inputGradient else { return }
    let (x, dx) = (buffers.input.start, target.start)
    workers.runPieces(of: buffers.output.count) { range in
      if target.accumulates {
        for i in range { dx[i] += gradient[i] * activation.slope(at: x[i]) }
      } else {
        for i in range { dx[i] = gradient[i] * activation.slope(at: x[i]) }
      }
    }
  }
}
