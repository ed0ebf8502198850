import Attacks
import Networks
import Programs
import Tensors

/// The attack inside training: on the network as it is at every step, in evaluation mode.
final class Adversary {
  private let gradient: InputGradientProgram
  private let configuration: TrainingConfiguration
  private let scheduler: AttackScheduler
  /// How many images are asked about at once at most: what more of them are between two layers leaves the caches, and takes
  /// memory. Measured at 16 to 128.
  private static let togetherAtMost = 64

  /// The adversary of a run, if any stage asks for one.
  init?(
    _ configuration: TrainingConfiguration, _ graph: NetworkGraph, _ parameters: Parameters, _ backend: any Backend
  ) throws {
    guard configuration.stages.contains(where: { $0.method != .natural }) else { return nil }
    self.configuration = configuration
    let count = configuration.attackedCount
    let parts = (count + Self.togetherAtMost - 1) / Self.togetherAtMost
    gradient = try InputGradientProgram(
      graph, parameters: parameters, batchSize: (count + parts - 1) / parts, on: backend)
    scheduler = try AttackScheduler(model: gradient, classifier: gradient)
  }

  /// Attacks the network that `program` has come to from now on.
  func follow(_ program: TrainingProgram) throws { try gradient.load(from: program) }

  /// Writes what the attack makes of the first `count` images of `pixels` into `perturbed`; the others stay.
  ///
  /// - Parameters:
  ///   - count: How many; nil for `attackedCount`.
  ///   - reference: The images from whose probabilities TRADES measures; nil for `pixels`.
  func perturb(
    _ pixels: Tensor, reference: Tensor? = nil, by attack: any Attack, labels: [Int], images: [Int],
    epoch: Int, count: Int? = nil, into perturbed: inout Tensor
  ) throws {
    let count = count ?? configuration.attackedCount
    if count < labels.count { perturbed.values.replaceSubrange(0..., with: pixels.values) }
    guard count > 0 else { return }
    try scheduler.perturb(
      pixels, by: attack, labels: Array(labels.prefix(count)), images: Array(images.prefix(count)), epoch: epoch,
      reference: reference, into: &perturbed)
  }

  /// The cross-entropies of each of `batches` under the parameters of the last attack, an image each.
  func losses(of batches: [Tensor], labels: [Int]) throws -> [[Float]] {
    let loss = CrossEntropy(labels: labels)
    let (width, size) = (gradient.batchSize, gradient.imageShape.count)
    var asked = Tensor(Shape([width] + gradient.imageShape.sizes))
    var (answers, logits) = (Tensor([width, gradient.classCount]), Tensor([labels.count, gradient.classCount]))
    return try batches.map { pixels in
      for first in stride(from: 0, to: labels.count, by: width) {
        let count = min(width, labels.count - first)
        asked.values.replaceSubrange(0..<count * size, with: pixels.values[first * size..<(first + count) * size])
        try gradient.forward(asked, rows: count, into: &answers)
        let (start, end) = (first * gradient.classCount, (first + count) * gradient.classCount)
        logits.values.replaceSubrange(start..<end, with: answers.values.prefix(end - start))
      }
      return labels.indices.map { loss.value(row: $0, logits: logits) }
    }
  }
}
