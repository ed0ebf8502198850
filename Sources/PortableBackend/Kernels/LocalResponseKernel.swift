import Networks

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A norm by the neighbouring channels of every pixel, on `[n, c, h, w]`.
final class LocalResponseKernel: Kernel {
  private let settings: LocalResponseNormalization
  private let buffers: StepBuffers
  private let workers: Workers
  /// What is raised to the exponent, of the input's shape.
  private let bases: FloatBlock

  init(_ settings: LocalResponseNormalization, _ buffers: StepBuffers, _ workers: Workers) throws {
    (self.settings, self.buffers, self.workers) = (settings, buffers, workers)
    bases = try FloatBlock(count: buffers.input.count)
  }

  func forward() {
    let (x, y, plane) = (buffers.input.start, buffers.output.start, buffers.input.planeCount)
    workers.run(buffers.input.batchSize * buffers.input.channels) { map, _ in
      let neighbours = neighbours(of: map)
      for pixel in 0..<plane {
        var sum: Float = 0
        for other in neighbours { sum += x[other * plane + pixel] * x[other * plane + pixel] }
        let i = map * plane + pixel
        bases.start[i] = settings.k + settings.alpha * sum / Float(settings.size)
        y[i] = x[i] * pow(bases.start[i], -settings.beta)
      }
    }
  }

  func backward() {
    guard let gradient = buffers.outputGradient, let target = buffers.inputGradient else { return }
    let (x, y, dx, plane) = (buffers.input.start, buffers.output.start, target.start, buffers.input.planeCount)
    let factor = 2 * settings.alpha * settings.beta / Float(settings.size)
    workers.run(buffers.input.batchSize * buffers.input.channels) { map, _ in
      let readers = readers(of: map)
      for pixel in 0..<plane {
        var sum: Float = 0
        for other in readers {
          let j = other * plane + pixel
          sum += gradient[j] * y[j] / bases.start[j]
        }
        let i = map * plane + pixel
        let value = gradient[i] * pow(bases.start[i], -settings.beta) - factor * x[i] * sum
        dx[i] = target.accumulates ? dx[i] + value : value
      }
    }
  }

  /// The maps of the same image that the map's mean is over.
  private func neighbours(of map: Int) -> Range<Int> {
    maps(of: map, before: settings.size / 2, after: (settings.size - 1) / 2)
  }

  /// The maps whose mean the map is part of.
  private func readers(of map: Int) -> Range<Int> {
    maps(of: map, before: (settings.size - 1) / 2, after: settings.size / 2)
  }

  private func maps(of map: Int, before: Int, after: Int) -> Range<Int> {
    let channels = buffers.input.channels
    let first = map / channels * channels
    return max(first, map - before)..<min(first + channels, map + after + 1)
  }
}
