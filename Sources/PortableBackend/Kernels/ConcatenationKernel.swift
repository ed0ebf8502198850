/// Inputs `[n, c_i, h, w]` or `[n, features_i]` one after the other along the channels.
final class ConcatenationKernel: Kernel {
  private let buffers: StepBuffers
  private let workers: Workers

  init(_ buffers: StepBuffers, _ workers: Workers) { (self.buffers, self.workers) = (buffers, workers) }

  func forward() {
    let output = buffers.output
    workers.run(output.batchSize) { n, _ in
      var place = output.start + n * output.imageCount
      for input in buffers.inputs {
        place.update(from: input.start + n * input.imageCount, count: input.imageCount)
        place += input.imageCount
      }
    }
  }

  func backward() {
    guard let gradient = buffers.outputGradient else { return }
    let output = buffers.output
    workers.run(output.batchSize) { n, _ in
      var place = gradient + n * output.imageCount
      for (input, target) in zip(buffers.inputs, buffers.inputGradients) {
        if let target { add(place, to: target, image: n, count: input.imageCount) }
        place += input.imageCount
      }
    }
  }

  private func add(_ gradient: UnsafePointer<Float>, to target: GradientBuffer, image: Int, count: Int) {
    let place = target.start + image * count
    if target.accumulates {
      for i in 0..<count { place[i] += gradient[i] }
    } else {
      place.update(from: gradient, count: count)
    }
  }
}
