import Networks
import Programs

/// Batch norm with the batch's statistics, on `[n, c, h, w]`; every channel is one task, with its sums in `Double`.
///
/// Normalising takes the biased variance, the running variance takes the unbiased one, as in PyTorch. Statistics that are
/// shared are those of all shards, and so are the means that go back through them, as in PyTorch's `SyncBatchNorm`.
final class BatchNormalizationKernel: Kernel {
  private let settings: BatchNormalization
  private let buffers: StepBuffers
  private let weights: WeightBuffers
  private let shared: SharedStatistics?
  private let workers: Workers
  /// How many numbers of a channel the statistics are of.
  private let count: Double
  /// The last batch's mean and `1 / sqrt(variance + epsilon)`, `[2, c]`.
  private let batch: FloatBlock

  init(
    _ settings: BatchNormalization, _ buffers: StepBuffers, _ weights: WeightBuffers,
    sharing statistics: SharedStatistics?, _ workers: Workers
  ) throws {
    (self.settings, self.buffers, self.weights, self.workers) = (settings, buffers, weights, workers)
    shared = statistics
    count = Double(buffers.input.batchSize * buffers.input.planeCount * (statistics?.shardCount ?? 1))
    batch = try FloatBlock(count: 2 * buffers.input.channels)
  }

  func forward() {
    let channels = buffers.input.channels
    forEachChannel(measuring: moments) { channel, _, moments in
      let mean = moments.sum / count
      let variance = max(moments.product / count - mean * mean, 0)
      update(channel, mean: mean, variance: variance)
      let deviation = 1 / (variance + Double(settings.epsilon)).squareRoot()
      (batch.start[channel], batch.start[channels + channel]) = (Float(mean), Float(deviation))
      let scale = Float(Double(weights.weight[channel]) * deviation)
      let (center, shift) = (Float(mean), weights.bias?[channel] ?? 0)
      forEachPlane(channel) { offset, count in
        let (x, y) = (buffers.input.start + offset, buffers.output.start + offset)
        for i in 0..<count { y[i] = (x[i] - center) * scale + shift }
      }
    }
    if let counter = weights.statistics?.counter { counter.pointee += 1 }
  }

  func backward() {
    guard let gradient = buffers.outputGradient else { return }
    let channels = buffers.input.channels
    let (means, deviations) = (batch.start, batch.start + channels)
    forEachChannel(measuring: { sums($0, gradient, mean: means[$0]) }) { channel, own, all in
      let (mean, deviation) = (means[channel], deviations[channel])
      // Gradients of parameters are summed over shards later, with all others.
      weights.biasGradient?[channel] = Float(own.sum)
      weights.weightGradient?[channel] = Float(own.product * Double(deviation))
      guard let target = buffers.inputGradient else { return }
      let scale = weights.weight[channel] * deviation
      let meanGradient = Float(all.sum / count)
      let slope = Float(all.product / count * Double(deviation) * Double(deviation))
      forEachPlane(channel) { offset, count in
        let (x, dy, dx) = (buffers.input.start + offset, gradient + offset, target.start + offset)
        if target.accumulates {
          for i in 0..<count { dx[i] += scale * (dy[i] - meanGradient - (x[i] - mean) * slope) }
        } else {
          for i in 0..<count { dx[i] = scale * (dy[i] - meanGradient - (x[i] - mean) * slope) }
        }
      }
    }
  }

  /// Two sums over a channel.
  private typealias Sums = (sum: Double, product: Double)

  /// Runs `body` for every channel with what `measure` says of it, here and over all shards.
  private func forEachChannel(
    measuring measure: (Int) -> Sums, _ body: (_ channel: Int, _ own: Sums, _ all: Sums) -> Void
  ) {
    let channels = buffers.input.channels
    guard let shared else {
      return workers.run(channels) { channel, _ in
        let sums = measure(channel)
        body(channel, sums, sums)
      }
    }
    let own = UnsafeMutableBufferPointer<Double>.allocate(capacity: 2 * channels)
    defer { own.deallocate() }
    workers.run(channels) { channel, _ in (own[channel], own[channels + channel]) = measure(channel) }
    let all = shared.sum(Array(own))
    workers.run(channels) { channel, _ in
      body(channel, (own[channel], own[channels + channel]), (all[channel], all[channels + channel]))
    }
  }

  /// The sums of `x` and of `x * x` of a channel.
  private func moments(_ channel: Int) -> Sums {
    var (sum, squares) = (SIMD4<Double>(), SIMD4<Double>())
    forEachPlane(channel) { offset, count in
      let x = buffers.input.start + offset
      forEachFour(count) { i, mask in
        let value = SIMD4<Double>(Tiles.four(x, i, mask))
        sum += value
        squares += value * value
      }
    }
    return (sum.sum(), squares.sum())
  }

  /// The sums of `dy` and of `dy * (x - mean)` of a channel.
  private func sums(_ channel: Int, _ gradient: UnsafePointer<Float>, mean: Float) -> Sums {
    var (sum, product) = (SIMD4<Double>(), SIMD4<Double>())
    let center = SIMD4(repeating: Double(mean))
    forEachPlane(channel) { offset, count in
      let (x, dy) = (buffers.input.start + offset, gradient + offset)
      forEachFour(count) { i, mask in
        let slope = SIMD4<Double>(Tiles.four(dy, i, mask))
        sum += slope
        product += slope * (SIMD4<Double>(Tiles.four(x, i, mask)) - center)
      }
    }
    return (sum.sum(), product.sum())
  }

  private func update(_ channel: Int, mean: Double, variance: Double) {
    if let measured = weights.measured {
      (measured.mean[channel], measured.variance[channel]) = (Float(mean), Float(variance))
    }
    guard let running = weights.statistics else { return }
    let share = Double(settings.momentum)
    let unbiased = count > 1 ? variance * count / (count - 1) : variance
    running.mean[channel] = Float((1 - share) * Double(running.mean[channel]) + share * mean)
    running.variance[channel] = Float((1 - share) * Double(running.variance[channel]) + share * unbiased)
  }

  @inline(__always)
  private func forEachPlane(_ channel: Int, _ body: (_ offset: Int, _ count: Int) -> Void) {
    let plane = buffers.input.planeCount
    for n in 0..<buffers.input.batchSize { body((n * buffers.input.channels + channel) * plane, plane) }
  }

  /// Runs `body` at every fourth index, with how many of the four exist.
  @inline(__always)
  private func forEachFour(_ count: Int, _ body: (_ index: Int, _ count: Int) -> Void) {
    var i = 0
    while i + 4 <= count {
      body(i, 4)
      i += 4
    }
    if i < count { body(i, count - i) }
  }
}

extension Tiles {
  /// The `count` numbers from `index` on, and zeros.
  @inline(__always)
  fileprivate static func four(_ p: UnsafePointer<Float>, _ index: Int, _ count: Int) -> SIMD4<Float> {
    if count == 4 { return load4(p + index) }
    var value = SIMD4<Float>()
    for lane in 0..<count { value[lane] = p[index + lane] }
    return value
  }
}
