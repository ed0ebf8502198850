/// A norm of each image by itself over groups of channels, on `[n, c, h, w]` or `[n, features]`; every group of an image is
/// one task, with its sums in `Double`.
final class GroupNormalizationKernel: Kernel {
  private let groups: Int
  private let epsilon: Double
  private let buffers: StepBuffers
  private let weights: WeightBuffers
  private let workers: Workers
  /// The numbers of one group of an image, and how many neighbours share one scale and shift.
  private let groupCount, run: Int
  /// Each group's mean and `1 / sqrt(variance + epsilon)`, `[2, n * groups]`.
  private let statistics: FloatBlock

  /// A norm with a scale and a shift for every element, or for every channel.
  init(
    groups: Int, epsilon: Float, isElementwise: Bool, _ buffers: StepBuffers, _ weights: WeightBuffers,
    _ workers: Workers
  ) throws {
    (self.groups, self.epsilon) = (groups, Double(epsilon))
    (self.buffers, self.weights, self.workers) = (buffers, weights, workers)
    groupCount = buffers.input.imageCount / groups
    run = isElementwise ? 1 : buffers.input.planeCount
    statistics = try FloatBlock(count: 2 * buffers.input.batchSize * groups)
  }

  func forward() {
    let (x, y, count) = (buffers.input.start, buffers.output.start, groupCount)
    workers.run(buffers.input.batchSize * groups) { task, _ in
      let range = task * count..<(task + 1) * count
      let mean = range.reduce(0.0) { $0 + Double(x[$1]) } / Double(count)
      let squares = range.reduce(0.0) { $0 + (Double(x[$1]) - mean) * (Double(x[$1]) - mean) }
      let factor = Float(1 / (squares / Double(count) + epsilon).squareRoot())
      set(task, Float(mean), factor)
      for i in range {
        let place = weight(of: i)
        y[i] = (x[i] - Float(mean)) * factor * weights.weight[place] + (weights.bias?[place] ?? 0)
      }
    }
  }

  func backward() {
    guard let gradient = buffers.outputGradient else { return }
    if let target = buffers.inputGradient { descend(gradient, into: target) }
    if let scales = weights.weightGradient { sum(gradient, into: scales, weights.biasGradient) }
  }

  private func descend(_ gradient: UnsafePointer<Float>, into target: GradientBuffer) {
    let (x, dx, count) = (buffers.input.start, target.start, groupCount)
    workers.run(buffers.input.batchSize * groups) { task, _ in
      let range = task * count..<(task + 1) * count
      let (mean, factor) = statistics(task)
      var (sum, product) = (0.0, 0.0)
      for i in range {
        let slope = Double(gradient[i] * weights.weight[weight(of: i)])
        sum += slope
        product += slope * Double((x[i] - mean) * factor)
      }
      let (meanSlope, meanProduct) = (Float(sum / Double(count)), Float(product / Double(count)))
      for i in range {
        let slope = gradient[i] * weights.weight[weight(of: i)]
        let value = factor * (slope - meanSlope - (x[i] - mean) * factor * meanProduct)
        dx[i] = target.accumulates ? dx[i] + value : value
      }
    }
  }

  /// The gradients of scale and shift, over the batch.
  private func sum(
    _ gradient: UnsafePointer<Float>, into scales: UnsafeMutablePointer<Float>, _ shifts: UnsafeMutablePointer<Float>?
  ) {
    let (x, imageCount) = (buffers.input.start, buffers.input.imageCount)
    workers.run(imageCount / run) { place, _ in
      var (scale, shift) = (0.0, 0.0)
      for n in 0..<buffers.input.batchSize {
        for i in n * imageCount + place * run..<n * imageCount + (place + 1) * run {
          let (mean, factor) = statistics(i / groupCount)
          scale += Double(gradient[i] * (x[i] - mean) * factor)
          shift += Double(gradient[i])
        }
      }
      scales[place] = Float(scale)
      shifts?[place] = Float(shift)
    }
  }

  /// Which scale and shift the number at `index` of the batch has.
  private func weight(of index: Int) -> Int { index % buffers.input.imageCount / run }

  private func set(_ group: Int, _ mean: Float, _ factor: Float) {
    statistics.start[2 * group] = mean
    statistics.start[2 * group + 1] = factor
  }

  private func statistics(_ group: Int) -> (mean: Float, factor: Float) {
    (statistics.start[2 * group], statistics.start[2 * group + 1])
  }
}
