import Networks
import Tensors

/// The loss of a batch whose rows change one by one.
struct BatchLoss {
  private let kind: AttackLoss
  private let target: Int?
  private var labels: [Int]
  /// The probabilities of the clean images; empty unless the loss is `divergence`.
  private var probabilities: Tensor

  /// The loss that `attack` climbs, over `batchSize` rows of label 0.
  init(_ attack: ProjectedGradientDescent, batchSize: Int, classCount: Int) {
    (kind, target) = (attack.loss, attack.target)
    labels = [Int](repeating: target ?? 0, count: batchSize)
    probabilities = Tensor([kind == .divergence ? batchSize : 0, classCount])
  }

  /// Puts an image of `label` into `row`; `reference` holds the probabilities of its clean form.
  mutating func set(_ row: Int, label: Int, reference: [Float]) {
    labels[row] = target ?? label
    for i in reference.indices { probabilities.values[row * reference.count + i] = reference[i] }
  }

  /// The loss as it is now.
  var loss: Loss {
    switch kind {
    case .crossEntropy: .crossEntropy(labels: labels)
    case .margin: .margin(labels: labels)
    case .divergence: .divergence(from: probabilities)
    }
  }

  /// How well row `row` of `logits` suits the attack; the higher, the better.
  func score(row: Int, logits: Tensor) -> Float {
    let value = loss.value(row: row, logits: logits)
    return target == nil ? value : -value
  }
}
