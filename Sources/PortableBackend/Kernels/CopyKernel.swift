/// The input as it is: another shape moves nothing, and the identity neither.
final class CopyKernel: Kernel {
  private let buffers: StepBuffers
  private let workers: Workers

  init(_ buffers: StepBuffers, _ workers: Workers) { (self.buffers, self.workers) = (buffers, workers) }

  func forward() {
    let output = GradientBuffer(start: buffers.output.start, accumulates: false)
    workers.copy(buffers.input.start, to: output, count: buffers.output.count)
  }

  func backward() {
    guard let gradient = buffers.outputGradient, let target = buffers.inputGradient else { return }
    workers.copy(gradient, to: target, count: buffers.output.count)
  }
}
