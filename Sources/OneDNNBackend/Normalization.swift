import Failures
import Networks
import Programs

/// A batch norm in training: the batch's statistics, and the running ones they flow into.
final class Normalization {
  let source: NormSource
  /// The last batch's, one number a channel; the variance is that of the batch itself, not an estimate.
  let mean, variance: Memory
  /// What evaluation will use.
  var runningMean: [Float]
  var runningVariance: [Float]
  var batchesTracked: Float = 0
  /// How many numbers a channel has in a batch, in all its shards.
  private let count: Int

  init(
    _ weights: WeightSource, _ settings: BatchNormalization, _ sizes: [Int], _ channels: Layout,
    _ recorder: Recorder, shards: Int
  ) throws {
    guard case .norm(let source) = weights else { throw Failure(.internal, "onednn: a norm without its parameters") }
    self.source = source
    mean = try recorder.persistentMemory(channels)
    variance = try recorder.persistentMemory(channels)
    runningMean = channels.sizes.flatMap { [Float](repeating: 0, count: $0) }
    runningVariance = runningMean
    count = shards * sizes[0] * sizes[2...].reduce(1, *)
  }

  /// Moves the running statistics towards the batch's, as PyTorch does: the variance with `n - 1` below.
  func track() {
    let share = source.settings.momentum
    let unbiased = count > 1 ? Float(count) / Float(count - 1) : 1
    let (mean, variance) = (mean.floats, variance.floats)
    for channel in runningMean.indices {
      runningMean[channel] = (1 - share) * runningMean[channel] + share * mean[channel]
      runningVariance[channel] = (1 - share) * runningVariance[channel] + share * (variance[channel] * unbiased)
    }
    batchesTracked += 1
  }
}
