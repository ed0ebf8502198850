import Attacks
import Spatial
import Tensors

/// Stages in which an image is either turned and moved, or attacked.
extension TrainingStep {
  /// Forward and back by the cross-entropy of `images`, a shard, as `stage.mixture` has them.
  ///
  /// - Parameter number: Which step of the run it is, counted from 1.
  func descendMixture(_ images: [Int], _ stage: Stage, _ epoch: Int, number: Int) throws -> (loss: Double, correct: Int)
  {
    var upright = stage
    (upright.poses.rotation, upright.poses.translation) = (0, 0)
    switch stage.mixture {
    case .composed:
      load(images, stage, epoch)
      try attack(images, stage, epoch)
      return try descend(perturbed, images, epoch)
    case .alternating:
      let isAttacked = number.isMultiple(of: 2)
      load(images, isAttacked ? upright : stage, epoch)
      guard isAttacked else { return try descend(pixels, images, epoch) }
      try attack(images, stage, epoch)
      return try descend(perturbed, images, epoch)
    case .random: return try descendRandom(images, stage, upright, epoch)
    case .maximum: return try descendLarger(images, stage, upright, epoch)
    case .average: return try descendBoth(images, stage, upright, epoch)
    }
  }

  /// Those that are attacked come first, since attacks take the first images of a batch.
  private func descendRandom(
    _ images: [Int], _ stage: Stage, _ upright: Stage, _ epoch: Int
  ) throws -> (loss: Double, correct: Int) {
    let attacked = images.filter { Mixture.attacks($0, seed: configuration.seed, epoch: epoch) }
    let ordered = attacked + images.filter { !attacked.contains($0) }
    load(ordered, stage, epoch)
    let turned = pixels
    load(ordered, upright, epoch)
    let size = pixels.shape.count / ordered.count
    pixels.values.replaceSubrange((attacked.count * size)..., with: turned.values[(attacked.count * size)...])
    try attack(ordered, stage, epoch, count: attacked.count)
    return try descend(perturbed, ordered, epoch)
  }

  private func descendLarger(
    _ images: [Int], _ stage: Stage, _ upright: Stage, _ epoch: Int
  ) throws -> (loss: Double, correct: Int) {
    load(images, stage, epoch)
    let turned = pixels
    load(images, upright, epoch)
    try attack(images, stage, epoch)
    guard let losses = try adversary?.losses(of: [turned, perturbed], labels: labels) else { return (0, 0) }
    let size = turned.shape.count / images.count
    for row in images.indices where losses[0][row] > losses[1][row] {
      let place = row * size..<(row + 1) * size
      perturbed.values.replaceSubrange(place, with: turned.values[place])
    }
    return try descend(perturbed, images, epoch)
  }

  /// The right ones are those of the attacked images. Engines keep one forward pass to go back from, so gradients add up.
  private func descendBoth(
    _ images: [Int], _ stage: Stage, _ upright: Stage, _ epoch: Int
  ) throws -> (loss: Double, correct: Int) {
    load(images, stage, epoch)
    let turned = pixels
    load(images, upright, epoch)
    try attack(images, stage, epoch)
    let first = try descend(turned, images, epoch, share: 0.5, isLast: false)
    let second = try descend(perturbed, images, epoch, share: 0.5, pass: 1)
    return (first.loss + second.loss, second.correct)
  }
}
