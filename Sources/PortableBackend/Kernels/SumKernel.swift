/// The elementwise sum of inputs of one shape, added in their order.
final class SumKernel: Kernel {
  private let buffers: StepBuffers
  private let workers: Workers

  init(_ buffers: StepBuffers, _ workers: Workers) { (self.buffers, self.workers) = (buffers, workers) }

  func forward() {
    let (out, inputs) = (buffers.output.start, buffers.inputs)
    workers.runPieces(of: buffers.output.count) { range in
      (out + range.lowerBound).update(from: inputs[0].start + range.lowerBound, count: range.count)
      for k in 1..<inputs.count {
        let x = inputs[k].start
        for i in range { out[i] += x[i] }
      }
    }
  }

  func backward() {
    guard let gradient = buffers.outputGradient else { return }
    for case let target? in buffers.inputGradients {
      workers.copy(gradient, to: target, count: buffers.output.count)
    }
  }
}
