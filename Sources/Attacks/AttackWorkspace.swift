import Failures
public import Networks
public import Tensors

/// One attack on one network, with the buffers it needs: made once, used for every batch, no allocation per step.
///
/// What becomes of an image depends on its pixels, its label, its index, the epoch and the attack, and on nothing else:
/// not on the batch, the slot or the padding.
public final class AttackWorkspace {
  /// The setting it carries out.
  public let attack: ProjectedGradientDescent

  private let model: any LossGradient
  private let classifier: (any Classifier)?
  private let imageSize: Int
  private var clean: Tensor
  private var perturbed: Tensor
  private var gradient: Tensor
  private var logits: Tensor
  /// Whether the image in a row is still followed: its pixels were in range, and so far its gradients were finite.
  private var isAlive: [Bool]
  /// Why the attack of the last call failed, one answer a row of the network's batch; nil where it did not.
  private(set) var failures: [AttackFailure?]
  /// Whether the first gradient of the last call was zero in every pixel, one answer a row.
  private(set) var zeroGradients: [Bool]

  /// A workspace for `attack` on `model`.
  ///
  /// - Parameter classifier: Who decides between restarts; without one, `model`, by one more gradient a restart.
  /// - Throws: `Failure(.usage)` for settings that mean nothing, `.internal` when the two networks do not match.
  public init(
    _ attack: ProjectedGradientDescent, model: any LossGradient, classifier: (any Classifier)? = nil
  ) throws {
    try attack.validate(classCount: model.classCount)
    let sizes = (model.batchSize, model.imageShape, model.classCount)
    if let classifier, (classifier.batchSize, classifier.imageShape, classifier.classCount) != sizes {
      throw Failure(.internal, "attack: the gradient's network and the classifier differ in shape")
    }
    self.attack = attack
    self.model = model
    self.classifier = classifier
    imageSize = model.imageShape.count
    clean = Tensor(Shape([model.batchSize] + model.imageShape.sizes))
    perturbed = clean
    gradient = clean
    logits = Tensor([model.batchSize, model.classCount])
    isAlive = [Bool](repeating: false, count: model.batchSize)
    zeroGradients = isAlive
    failures = [AttackFailure?](repeating: nil, count: model.batchSize)
  }

  /// Attacks the first `labels.count` images of `pixels` and writes what becomes of them into `result`.
  ///
  /// An image whose pixels are not in 0...1, whose gradient is not finite, or that fails the final check in every
  /// restart comes back unharmed.
  ///
  /// - Parameters:
  ///   - pixels: The clean images, `[n, c, h, w]`, in 0...1; rows beyond `labels.count` are padding and not read.
  ///   - labels: The true classes, at most the network's batch size of them.
  ///   - images: The images' positions in their original split, by which their random numbers go.
  ///   - epoch: The epoch of training; 0 outside training.
  ///   - reference: The images from whose probabilities `divergence` measures, in the shape of `pixels`; else `pixels`.
  ///   - result: Receives the perturbed images, in the shape of `pixels`; padding stays as it is.
  /// - Returns: Whether the attack failed, one answer an image.
  /// - Throws: `Failure(.data)` when images or labels do not fit the network, and whatever the network throws.
  public func perturb(
    _ pixels: Tensor, labels: [Int], images: [Int], epoch: Int = 0, reference: Tensor? = nil,
    into result: inout Tensor
  ) throws -> [Bool] {
    try check(pixels, labels: labels, images: images, reference: reference, result: result)
    load(pixels, count: labels.count)
    copyRows(0..<labels.count, of: pixels, to: &result)
    for row in isAlive.indices { (failures[row], zeroGradients[row]) = (isAlive[row] ? nil : .pixels, false) }
    if attack.epsilon == 0 { return isAlive.prefix(labels.count).map { !$0 } }

    let usable = isAlive
    let loss = try loss(labels: labels, reference: reference)
    var kept = [Candidate?](repeating: nil, count: labels.count)
    for restart in 0..<(attack.start == .clean ? 1 : attack.restarts) {
      isAlive = usable
      start(restart: restart, images: images, epoch: epoch)
      for index in 0..<attack.steps { try step(loss, count: labels.count, isFirst: restart == 0 && index == 0) }
      settle(count: labels.count)
      try keep(&kept, labels: labels, loss: loss, result: &result)
      if kept.allSatisfy({ $0?.hasFooled ?? false }) { break }
    }
    for row in kept.indices where kept[row] != nil { failures[row] = nil }
    return kept.map { $0 == nil }
  }
}

// MARK: - The loop

extension AttackWorkspace {
  private func start(restart: Int, images: [Int], epoch: Int) {
    copyRows(0..<clean.shape[0], of: clean, to: &perturbed)
    guard attack.start != .clean else { return }
    eachImage(images.count) { row, clean, _, image in
      var generator = Generator(
        seed: attack.seed, purpose: .attackStart, epoch: epoch, image: images[row], restart: restart)
      attack.start(image, around: clean, using: &generator)
      return true
    }
  }

  private func step(_ loss: Loss, count: Int, isFirst: Bool) throws {
    try model.evaluate(perturbed, loss: loss, into: &gradient, logits: &logits)
    eachImage(count) { row, clean, gradient, image in
      guard isFinite(gradient) else {
        failures[row] = .gradient
        return false
      }
      if isFirst { zeroGradients[row] = isZero(gradient) }
      attack.step(image, around: clean, along: gradient)
      return true
    }
  }

  private func settle(count: Int) {
    eachImage(count) { row, clean, _, image in
      attack.norm.settle(image, around: clean, epsilon: attack.epsilon)
      let isInside = attack.bound.holds(for: Pixels(image), around: clean)
      if !isInside { failures[row] = .bound }
      return isInside
    }
  }

  /// Runs `body` on every image that is alive; those it answers `false` for are given up.
  private func eachImage(_ count: Int, _ body: (_ row: Int, Pixels, Pixels, MutablePixels) -> Bool) {
    clean.values.withUnsafeBufferPointer { clean in
      gradient.values.withUnsafeBufferPointer { gradient in
        perturbed.values.withUnsafeMutableBufferPointer { perturbed in
          for row in 0..<count where isAlive[row] {
            let range = row * imageSize..<(row + 1) * imageSize
            isAlive[row] = body(
              row, Pixels(rebasing: clean[range]), Pixels(rebasing: gradient[range]),
              MutablePixels(rebasing: perturbed[range]))
          }
        }
      }
    }
  }
}

// MARK: - Restarts

extension AttackWorkspace {
  /// How a restart ended for an image.
  private struct Candidate {
    let hasFooled: Bool
    /// The final loss, negated towards a target: the higher, the better for the attack.
    let score: Float
  }

  /// Keeps this restart's images where they are the best so far.
  private func keep(
    _ kept: inout [Candidate?], labels: [Int], loss: Loss, result: inout Tensor
  ) throws {
    // A single restart has no rival, so nobody needs to know how it ended.
    let hasRivals = attack.restarts > 1 && attack.start != .clean
    if hasRivals { try classify(loss) }
    for row in labels.indices where isAlive[row] {
      let candidate = hasRivals ? judge(row, label: labels[row], loss) : Candidate(hasFooled: true, score: 0)
      if let best = kept[row], best.hasFooled || !(candidate.hasFooled || candidate.score > best.score) { continue }
      kept[row] = candidate
      copyRows(row..<row + 1, of: perturbed, to: &result)
    }
  }

  private func judge(_ row: Int, label: Int, _ loss: Loss) -> Candidate {
    let predicted = predictedClass(row: row, logits: logits)
    let value = loss.value(row: row, logits: logits)
    guard let target = attack.target else { return Candidate(hasFooled: predicted != label, score: value) }
    return Candidate(hasFooled: predicted == target, score: -value)
  }

  private func classify(_ loss: Loss) throws {
    if let classifier { return try classifier.classify(perturbed, into: &logits) }
    try model.evaluate(perturbed, loss: loss, into: &gradient, logits: &logits)
  }
}

// MARK: - The batch

extension AttackWorkspace {
  private func check(_ pixels: Tensor, labels: [Int], images: [Int], reference: Tensor?, result: Tensor) throws {
    guard pixels.shape.rank == 4, Shape(Array(pixels.shape.sizes.dropFirst())) == model.imageShape else {
      throw Failure(.data, "attack: images of shape \(pixels.shape) do not fit the model's \(model.imageShape)")
    }
    guard labels.count <= min(pixels.shape[0], model.batchSize), images.count == labels.count,
      result.shape == pixels.shape, reference?.shape ?? pixels.shape == pixels.shape
    else {
      throw Failure(.internal, "attack: \(labels.count) labels, \(images.count) indices, images \(pixels.shape)")
    }
    if let row = labels.firstIndex(where: { !(0..<model.classCount).contains($0) }) {
      throw Failure(
        .data, "image \(images[row]): label \(labels[row]), but the model's classes are 0 to \(model.classCount - 1)")
    }
  }

  /// Takes in the batch; whatever is padding or not in 0...1 becomes black, so that the network never sees it.
  private func load(_ pixels: Tensor, count: Int) {
    clean.values.withUnsafeMutableBufferPointer { clean in
      pixels.values.withUnsafeBufferPointer { pixels in
        for row in isAlive.indices {
          let range = row * imageSize..<(row + 1) * imageSize
          let slot = MutablePixels(rebasing: clean[range])
          isAlive[row] = row < count && isInRange(Pixels(rebasing: pixels[range]))
          if isAlive[row] { _ = slot.update(fromContentsOf: pixels[range]) } else { slot.update(repeating: 0) }
        }
      }
    }
  }

  /// What to differentiate for images with `labels`; `divergence` asks the network about the clean images, or
  /// `reference`, first.
  private func loss(labels: [Int], reference: Tensor?) throws -> Loss {
    var labels = labels + [Int](repeating: 0, count: model.batchSize - labels.count)
    if let target = attack.target { labels = labels.map { _ in target } }
    switch attack.loss {
    case .crossEntropy: return .crossEntropy(labels: labels)
    case .margin: return .margin(labels: labels)
    case .divergence:
      // Before the first restart nobody needs what is in `perturbed`.
      if let reference { copyRows(0..<min(reference.shape[0], model.batchSize), of: reference, to: &perturbed) }
      try model.evaluate(
        reference == nil ? clean : perturbed, loss: .crossEntropy(labels: labels), into: &gradient, logits: &logits)
      return .divergence(from: softmax(logits))
    }
  }

  private func copyRows(_ rows: Range<Int>, of source: Tensor, to destination: inout Tensor) {
    let range = rows.lowerBound * imageSize..<rows.upperBound * imageSize
    source.values.withUnsafeBufferPointer { source in
      destination.values.withUnsafeMutableBufferPointer { destination in
        _ = MutablePixels(rebasing: destination[range]).update(fromContentsOf: source[range])
      }
    }
  }
}
