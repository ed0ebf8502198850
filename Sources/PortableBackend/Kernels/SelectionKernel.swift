/// Some channels of `[n, c, h, w]`, or features of `[n, features]`, in any order, and zeros between them.
final class SelectionKernel: Kernel {
  private let channels: [Int?]
  private let buffers: StepBuffers
  private let workers: Workers

  init(_ channels: [Int?], _ buffers: StepBuffers, _ workers: Workers) {
    (self.channels, self.buffers, self.workers) = (channels, buffers, workers)
  }

  func forward() {
    let (input, output, plane) = (buffers.input, buffers.output, buffers.input.planeCount)
    workers.run(output.batchSize) { n, _ in
      let (x, y) = (input.start + n * input.imageCount, output.start + n * output.imageCount)
      for (place, channel) in channels.enumerated() {
        if let channel {
          (y + place * plane).update(from: x + channel * plane, count: plane)
        } else {
          (y + place * plane).update(repeating: 0, count: plane)
        }
      }
    }
  }

  func backward() {
    guard let gradient = buffers.outputGradient, let target = buffers.inputGradient else { return }
    let (input, output, plane) = (buffers.input, buffers.output, buffers.input.planeCount)
    workers.run(output.batchSize) { n, _ in
      let (dy, dx) = (gradient + n * output.imageCount, target.start + n * input.imageCount)
      if !target.accumulates { dx.update(repeating: 0, count: input.imageCount) }
      for (place, channel) in channels.enumerated() {
        guard let channel else { continue }
        let (from, to) = (dy + place * plane, dx + channel * plane)
        for i in 0..<plane { to[i] += from[i] }
      }
    }
  }
}
