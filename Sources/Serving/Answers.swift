import Attacks
import Failures
import Networks
import Spatial
import Tensors
import ToolOptions

/// Answers requests in batches: those that ask for the same share a call of the model's programs.
final class Answers {
  /// How many attacks stay prepared.
  static let preparedAttacks = 4

  private let model: ServedModel
  private let limits: ServiceLimits
  private var gradient: (any LossGradient)?
  private var runners: [(attack: NamedAttack, runner: AttackRunner)] = []
  private var resamplers: [Interpolation: Resampler]

  init(_ model: ServedModel, _ limits: ServiceLimits) {
    (self.model, self.limits) = (model, limits)
    resamplers = Dictionary(
      uniqueKeysWithValues: Interpolation.allCases.map {
        ($0, Resampler(imageShape: model.classifier.imageShape, interpolation: $0))
      })
  }

  /// The replies to `requests`, one each in their order; at most a batch of the programs.
  func replies(to requests: [Request]) -> [Reply] {
    var replies = requests.map { request in
      guard case .transform(let image) = request else { return Reply.description(model.facts, limits) }
      return .transformed(
        index: image.index, pose: image.transform?.pose ?? .identity, pixels: posed(image),
        shape: model.classifier.imageShape.sizes)
    }
    for work in works(requests) {
      let answered: [Reply]
      do {
        answered = try answer(work)
      } catch {
        let failure = error as? Failure ?? Failure(.internal, "\(error)")
        answered = work.positions.map { _ in .failure(failure) }
      }
      for (position, reply) in zip(work.positions, answered) { replies[position] = reply }
    }
    return replies
  }
}

// MARK: - Requests that share a call

/// Images that go through the programs together; without an attack they are predicted.
private struct Work {
  let attack: NamedAttack?
  var positions: [Int] = []
  var images: [ServedImage] = []
}

extension Answers {
  private func works(_ requests: [Request]) -> [Work] {
    var works: [Work] = []
    func add(_ image: ServedImage, _ attack: NamedAttack?, at position: Int) {
      let place = works.firstIndex { $0.attack == attack } ?? works.endIndex
      if place == works.endIndex { works.append(Work(attack: attack)) }
      works[place].positions.append(position)
      works[place].images.append(image)
    }
    for (position, request) in requests.enumerated() {
      switch request {
      case .predict(let image): add(image, nil, at: position)
      case .attack(let image, let attack): add(image, attack, at: position)
      case .transform, .describe: break
      }
    }
    return works
  }

  private func answer(_ work: Work) throws -> [Reply] {
    let pixels = tensor(work.images.map(posed))
    guard let attack = work.attack else { return try predictions(work.images, pixels) }
    let isUntouched = work.images.allSatisfy { $0.transform == nil }
    return try attacks(attack, work.images, pixels, untouched: isUntouched ? pixels : tensor(work.images.map(\.pixels)))
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
        shape: model.classifier.imageShape.sizes, steps: outcome.steps?[row], hasFailed: outcome.failed[row],
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
    let gradient = try gradient ?? model.makeGradient()
    self.gradient = gradient
    let runner = try AttackRunner(
      attack.attack, stopsEarly: attack.stopsEarly, model: gradient, classifier: model.classifier)
    if runners.count >= Self.preparedAttacks { runners.removeFirst() }
    runners.append((attack, runner))
    return runner
  }
}
