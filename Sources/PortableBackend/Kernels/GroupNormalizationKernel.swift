import Programs

/// A norm of each image by itself over groups of channels, on `[n, c, h, w]` or `[n, features]`; every group of an image is
/// one task, with its sums in `Double`.
final class GroupNormalizationKernel: Kernel {
  private let groups: Int
  private let deviation: Deviation
  private let buffers: StepBuffers
  private let weights: WeightBuffers
  private let workers: Workers
  /// The numbers of one group of an image, and how many neighbours share one scale and shift.
  private let groupCount, run: Int
  /// Each group's mean, one over its deviation, and 1 if that follows the variance, else 0: `[n * groups, 3]`.
  private let statistics: FloatBlock

  /// A norm with a scale and a shift for every element, or for every channel.
  init(
    groups: Int, _ deviation: Deviation, isElementwise: Bool, _ buffers: StepBuffers, _ weights: WeightBuffers,
    _ workers: Workers
  ) throws {
    (self.groups, self.deviation) = (groups, deviation)
    (self.buffers, self.weights, self.workers) = (buffers, weights, workers)
    groupCount = buffers.input.imageCount / groups
    run = isElementwise ? 1 : buffers.input.planeCount
    statistics = try FloatBlock(count: 3 * buffers.input.batchSize * groups)
  }

  func forward() {
    let (x, y, count) = (buffers.input.start, buffers.output.start, groupCount)
    workers.run(buffers.input.batchSize * groups) { task, _ in
      let range = task * count..<(task + 1) * count
      let mean = range.reduce(0.0) { $0 + Double(x[$1]) } / Double(count)
      let squares = range.reduce(0.0) { $0 + (Double(x[$1]) - mean) * (Double(x[$1]) - mean) }
      let (divisor, varies) = divisor(squares / Double(count))
      let factor = Float(1 / divisor)
      set(task, Float(mean), factor, varies: varies)
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
      let (mean, factor, share) = statistics(task)
      var (sum, product) = (0.0, 0.0)
      for i in range {
        let slope = Double(gradient[i] * weights.weight[weight(of: i)])
        sum += slope
        product += slope * Double((x[i] - mean) * factor)
      }
      let (meanSlope, meanProduct) = (Float(sum / Double(count)), share * Float(product / Double(count)))
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
          let (mean, factor, _) = statistics(i / groupCount)
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

  /// What numbers of `variance` are divided by, and whether that varies with them.
  private func divisor(_ variance: Double) -> (divisor: Double, varies: Bool) {
    switch deviation {
    case .offset(let epsilon): ((variance + Double(epsilon)).squareRoot(), true)
    case .atLeast(let least): (max(variance.squareRoot(), Double(least)), variance.squareRoot() > Double(least))
    }
  }

  private func set(_ group: Int, _ mean: Float, _ factor: Float, varies: Bool) {
    let place = statistics.start + 3 * group
    (place[0], place[1], place[2]) = (mean, factor, varies ? 1 : 0)
  }

  private func statistics(_ group: Int) -> (mean: Float, factor: Float, share: Float) {
    let place = statistics.start + 3 * group
    return (place[0], place[1], place[2])
  }
}
