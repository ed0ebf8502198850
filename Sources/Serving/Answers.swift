import Attacks
import Failures
import Networks
import Spatial
import Tensors
import ToolOptions

/// Answers for images in batches.
final class Answers {
  /// How many attacks stay prepared.
  static let preparedAttacks = 4

  /// Called before every evaluation of a gradient; ends the attack by what it throws.
  var lookUp: () throws(Interruption) -> Void = {}

  private let model: ServedModel
  private var gradient: (any LossGradient)?
  private var runners: [(attack: NamedAttack, runner: AttackRunner)] = []
  private var resamplers: [Interpolation: Resampler]

  init(_ model: ServedModel) {
    self.model = model
    resamplers = Dictionary(
      uniqueKeysWithValues: Interpolation.allCases.map {
        ($0, Resampler(imageShape: model.classifier.imageShape, interpolation: $0))
      })
  }

  /// The replies for `images`, one each in their order; at most a batch of the programs.
  ///
  /// A computation that fails is a reply, too.
  /// - Throws: what `lookUp` throws.
  func replies(_ computation: Computation, of images: [ServedImage]) throws(Interruption) -> [Reply] {
    do {
      switch computation {
      case .transformation: return images.map(transformation)
      case .prediction: return try predictions(images, tensor(images.map(posed)))
      case .attack(let attack):
        let pixels = tensor(images.map(posed))
        let isUntouched = images.allSatisfy { $0.transform == nil }
        return try attacks(attack, images, pixels, untouched: isUntouched ? pixels : tensor(images.map(\.pixels)))
      }
    } catch let interruption as Interruption {
      throw interruption
    } catch {
      let failure = error as? Failure ?? Failure(.internal, "\(error)")
      return images.map { _ in .failure(failure) }
    }
  }
}

// MARK: - One batch

extension Answers {
  private func transformation(_ image: ServedImage) -> Reply {
    .transformed(
      index: image.index, pose: image.transform?.pose ?? .identity, pixels: posed(image),
      shape: model.classifier.imageShape.sizes)
  }

  private func tensor(_ images: [[Float]]) -> Tensor {
    Tensor(Shape([images.count] + model.classifier.imageShape.sizes), images.flatMap(\.self))
  }

  /// The pixels of an image, turned and moved if they are to be.
  private func posed(_ image: ServedImage) -> [Float] {
    guard let transform = image.transform else { return image.pixels }
    var pixels = image.pixels
    pixels.withUnsafeMutableBufferPointer { resamplers[transform.interpolation]?.transform($0, pose: transform.pose) }
    return pixels
  }

  private func predictions(_ images: [ServedImage], _ pixels: Tensor) throws -> [Reply] {
    let logits = try model.classifier.logits(of: pixels)
    let probabilities = softmax(logits)
    return images.indices.map { row in
      guard logits[rows: row..<row + 1].values.allSatisfy(\.isFinite) else {
        return .failure(Failure(.data, "the model's logits are not finite"))
      }
      let predicted = predictedClass(row: row, logits: logits)
      return .prediction(
        predicted: predicted, className: model.facts.className(predicted),
        probabilities: probabilities[rows: row..<row + 1].values, logits: logits[rows: row..<row + 1].values,
        pose: images[row].transform?.pose)
    }
  }

  private func attacks(
    _ attack: NamedAttack, _ images: [ServedImage], _ pixels: Tensor, untouched: Tensor
  ) throws -> [Reply] {
    var labels = images.map { $0.label ?? 0 }
    if images.contains(where: { $0.label == nil }) {
      let logits = try model.classifier.logits(of: untouched)
      for row in images.indices where images[row].label == nil {
        labels[row] = predictedClass(row: row, logits: logits)
      }
    }
    let outcome = try runner(attack).attack(
      pixels, untouched: untouched, labels: labels, images: images.map(\.index))
    let (natural, perturbed) = (outcome.naturalClasses, outcome.perturbedClasses)
    return images.indices.map { row in
      let image = AttackedImage(
        index: images[row].index, label: labels[row], natural: natural[row], perturbed: perturbed[row],
        distance: outcome.distances[row], pixels: outcome.perturbed[rows: row..<row + 1].values,
        shape: model.classifier.imageShape.sizes, steps: outcome.steps?[row],
        hadZeroGradient: outcome.zeroGradients[row],
        failure: Predictions.failure(
          outcome.failures[row], naturalLogits: outcome.naturalLogits[rows: row..<row + 1].values,
          perturbedLogits: outcome.perturbedLogits[rows: row..<row + 1].values),
        pose: images[row].transform?.pose)
      return .attack(image, by: attack)
    }
  }

  /// The prepared `attack`; the one used longest ago makes room.
  private func runner(_ attack: NamedAttack) throws -> AttackRunner {
    if let found = runners.firstIndex(where: { $0.attack == attack }) {
      runners.append(runners.remove(at: found))
      return runners[runners.count - 1].runner
    }
    let gradient =
      try gradient
      ?? WatchedGradient(model.makeGradient()) { [unowned self] in try lookUp() }
    self.gradient = gradient
    let runner = try AttackRunner(
      attack.attack, stopsEarly: attack.stopsEarly, model: gradient, classifier: model.classifier)
    if runners.count >= Self.preparedAttacks { runners.removeFirst() }
    runners.append((attack, runner))
    return runner
  }
}
