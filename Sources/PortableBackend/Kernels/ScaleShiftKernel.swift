/// `x * scale + shift` per channel, on `[n, c, h, w]`.
final class ScaleShiftKernel: Kernel {
  private let buffers: StepBuffers
  private let weights: WeightBuffers
  private let workers: Workers

  init(_ buffers: StepBuffers, _ weights: WeightBuffers, _ workers: Workers) {
    (self.buffers, self.weights, self.workers) = (buffers, weights, workers)
  }

  func forward() {
    let (input, plane) = (buffers.input, buffers.input.planeCount)
    workers.run(input.batchSize * input.channels) { task, _ in
      let channel = task % input.channels
      let (scale, shift) = (weights.weight[channel], weights.bias?[channel] ?? 0)
      let (x, y) = (input.start + task * plane, buffers.output.start + task * plane)
      for i in 0..<plane { y[i] = x[i] * scale + shift }
    }
  }

  func backward() {
    guard let gradient = buffers.outputGradient, let target = buffers.inputGradient else { return }
    let (input, plane) = (buffers.input, buffers.input.planeCount)
    workers.run(input.batchSize * input.channels) { task, _ in
      let scale = weights.weight[task % input.channels]
      let (dy, dx) = (gradient + task * plane, target.start + task * plane)
      if target.accumulates {
        for i in 0..<plane { dx[i] += dy[i] * scale }
      } else {
        for i in 0..<plane { dx[i] = dy[i] * scale }
      }
    }
  }
}
