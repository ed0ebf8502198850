#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// `exp(x)` over its sum along the channels of `[n, c, h, w]`, or the features of `[n, features]`.
final class SoftmaxKernel: Kernel {
  private let buffers: StepBuffers
  private let workers: Workers

  init(_ buffers: StepBuffers, _ workers: Workers) { (self.buffers, self.workers) = (buffers, workers) }

  func forward() {
    let (x, y) = (buffers.input.start, buffers.output.start)
    forEachPixel { places in
      var (largest, sum) = (-Float.infinity, Float(0))
      for i in places { largest = max(largest, x[i]) }
      for i in places {
        y[i] = exp(x[i] - largest)
        sum += y[i]
      }
      for i in places { y[i] /= sum }
    }
  }

  func backward() {
    guard let gradient = buffers.outputGradient, let target = buffers.inputGradient else { return }
    let (y, dx) = (buffers.output.start, target.start)
    forEachPixel { places in
      var sum: Float = 0
      for i in places { sum += gradient[i] * y[i] }
      for i in places {
        let value = y[i] * (gradient[i] - sum)
        dx[i] = target.accumulates ? dx[i] + value : value
      }
    }
  }

  /// Runs `body` for every pixel of every image with the places of its channels.
  private func forEachPixel(_ body: (StrideTo<Int>) -> Void) {
    let (count, plane) = (buffers.input.imageCount, buffers.input.planeCount)
    workers.run(buffers.input.batchSize) { n, _ in
      for pixel in 0..<plane { body(stride(from: n * count + pixel, to: (n + 1) * count, by: plane)) }
    }
  }
}
