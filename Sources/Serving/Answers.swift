import Attacks
import Evaluation
import Failures
import Networks
import Spatial
import Tensors

/// Answers for images in batches.
final class Answers {
  /// Called before every forward pass of an attack; ends the attack by what it throws.
  var lookUp: () throws(Interruption) -> Void = {}

  private let model: ServedModel
  private var scheduler: AttackScheduler?
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
    var replies = [Reply?](repeating: nil, count: images.count)
    let size = model.classifier.imageShape.count
    func write(_ source: Tensor) -> (Int, UnsafeMutableBufferPointer<Float>) -> Void {
      { row, pixels in _ = pixels.update(fromContentsOf: source.values[row * size..<(row + 1) * size]) }
    }
    try preparedScheduler().run(
      AttackSequence([attack.scheduled]), on: images.map(\.index), labels: labels, pixels: write(pixels),
      untouched: write(untouched)
    ) { result in
      let image = AttackedImage(
        index: images[result.place].index, label: labels[result.place], natural: result.naturalClass,
        perturbed: result.perturbedClass, distance: result.distance, pixels: result.perturbed,
        shape: model.classifier.imageShape.sizes, steps: attack.stopsEarly ? result.steps : nil,
        cost: result.cost, member: result.member, hadZeroGradient: result.hadZeroGradient,
        failure: Predictions.failure(result), pose: images[result.place].transform?.pose, trace: result.trace)
      replies[result.place] = .attack(image, by: attack)
    }
    return replies.compactMap(\.self)
  }

  /// The scheduler of all attacks, made when the first one is asked for.
  private func preparedScheduler() throws -> AttackScheduler {
    if let scheduler { return scheduler }
    let network = WatchedNetwork(try model.makeGradient()) { [unowned self] in try lookUp() }
    let scheduler = try AttackScheduler(model: network, classifier: model.classifier)
    self.scheduler = scheduler
    return scheduler
  }
}
