import Failures
public import Networks
public import Tensors

/// What an attack did to a batch: facts, one an image, in the order of the batch.
public struct AttackOutcome: Sendable {
  /// The images after the attack, `[n, c, h, w]`, in 0...1; where it failed, the images it was given.
  public let perturbed: Tensor
  /// How far each image moved under the attack's norm, in pixel units.
  public let distances: [Float]
  /// Why the attack failed for the image, which is then unharmed; nil where it did not.
  public let failures: [AttackFailure?]
  /// Whether the gradient at the image's first step was zero in every pixel, so that the step led nowhere.
  public let zeroGradients: [Bool]
  /// The steps taken for each image, those of all its restarts together; nil unless the attack stopped early.
  public let steps: [Int]?
  /// The logits of the untouched images, `[n, classes]`.
  public let naturalLogits: Tensor
  /// The logits of the perturbed images, `[n, classes]`.
  public let perturbedLogits: Tensor

  /// What images come to without an attack: they stay as `transformed`, `[n, c, h, w]`, has them.
  ///
  /// - Parameters:
  ///   - naturalLogits: The logits of the images before they were transformed, `[n, classes]`.
  ///   - perturbedLogits: The logits of `transformed`.
  public init(transformed: Tensor, naturalLogits: Tensor, perturbedLogits: Tensor) {
    let count = transformed.shape[0]
    self.init(
      perturbed: transformed, distances: [Float](repeating: 0, count: count),
      failures: [AttackFailure?](repeating: nil, count: count), zeroGradients: [Bool](repeating: false, count: count),
      naturalLogits: naturalLogits, perturbedLogits: perturbedLogits)
  }

  init(
    perturbed: Tensor, distances: [Float], failures: [AttackFailure?], zeroGradients: [Bool], steps: [Int]? = nil,
    naturalLogits: Tensor, perturbedLogits: Tensor
  ) {
    self.perturbed = perturbed
    self.steps = steps
    self.distances = distances
    self.failures = failures
    self.zeroGradients = zeroGradients
    self.naturalLogits = naturalLogits
    self.perturbedLogits = perturbedLogits
  }

  /// Whether the attack failed for the image.
  public var failed: [Bool] { failures.map { $0 != nil } }
  /// The classes predicted for the untouched images.
  public var naturalClasses: [Int] { classes(naturalLogits) }
  /// The classes predicted for the perturbed images.
  public var perturbedClasses: [Int] { classes(perturbedLogits) }

  private func classes(_ logits: Tensor) -> [Int] {
    (0..<logits.shape[0]).map { predictedClass(row: $0, logits: logits) }
  }
}

/// Attacks images through a gradient and answers for them through a classifier.
///
/// Natural and perturbed images are classified by the same program, so an attack that changes no pixel changes no
/// prediction.
public final class AttackRunner {
  private let method: Method
  private let classifier: any Classifier

  private enum Method {
    case allSteps(AttackWorkspace)
    case untilFooled(AttackSweep)
  }

  /// A runner of `attack` on one network in its two forms.
  ///
  /// - Parameter stopsEarly: Whether an image stops where it is first fooled.
  /// - Throws: `Failure(.usage)` for settings that mean nothing, `.internal` when the two forms do not match.
  public init(
    _ attack: ProjectedGradientDescent, stopsEarly: Bool = false, model: any LossGradient, classifier: any Classifier
  ) throws {
    method =
      stopsEarly
      ? .untilFooled(try AttackSweep([attack], stopsEarly: true, model: model, classifier: classifier))
      : .allSteps(try AttackWorkspace(attack, model: model, classifier: classifier))
    self.classifier = classifier
  }

  /// Attacks `pixels` and predicts the classes before and after.
  ///
  /// - Parameters:
  ///   - pixels: The images to attack, `[n, c, h, w]`, in 0...1, at most the network's batch size of them.
  ///   - untouched: The images as the data set has them, where `pixels` were rotated or moved before; else nil.
  ///   - naturalLogits: What the classifier says of the images as the data set has them, where it was asked already.
  ///   - labels: The true classes, `n` of them.
  ///   - images: The images' positions in their original split, by which their random numbers go.
  /// - Throws: `Failure(.data)` when images or labels do not fit the network, and whatever the network throws.
  public func attack(
    _ pixels: Tensor, untouched: Tensor? = nil, naturalLogits: Tensor? = nil, labels: [Int], images: [Int]
  ) throws -> AttackOutcome {
    guard pixels.shape.rank > 0, labels.count == pixels.shape[0], untouched?.shape ?? pixels.shape == pixels.shape
    else {
      throw Failure(.internal, "attack: \(labels.count) labels for images of shape \(pixels.shape)")
    }
    switch method {
    case .untilFooled(let sweep):
      return try attackUntilFooled(sweep, pixels, untouched: untouched, labels: labels, images: images)
    case .allSteps(let workspace):
      var perturbed = pixels
      _ = try workspace.perturb(pixels, labels: labels, images: images, into: &perturbed)
      let failures = Array(workspace.failures.prefix(labels.count))
      return AttackOutcome(
        perturbed: perturbed,
        distances: zip(workspace.attack.bound.distances(of: perturbed, from: pixels), failures).map {
          // Pixels that are no numbers have no distance, not even from themselves.
          $1 == nil ? $0 : 0
        },
        failures: failures, zeroGradients: Array(workspace.zeroGradients.prefix(labels.count)),
        naturalLogits: try naturalLogits ?? classifier.logits(of: untouched ?? pixels),
        perturbedLogits: try classifier.logits(of: perturbed))
    }
  }

  private func attackUntilFooled(
    _ sweep: AttackSweep, _ pixels: Tensor, untouched: Tensor?, labels: [Int], images: [Int]
  ) throws -> AttackOutcome {
    guard Shape(Array(pixels.shape.sizes.dropFirst())) == classifier.imageShape, images.count == labels.count else {
      throw Failure(.data, "attack: images of shape \(pixels.shape) do not fit the model's \(classifier.imageShape)")
    }
    var outcomes = [SweepOutcome?](repeating: nil, count: labels.count)
    let size = classifier.imageShape.count
    func write(_ source: Tensor) -> (Int, UnsafeMutableBufferPointer<Float>) -> Void {
      { place, image in source.withImage(place, size: size) { _ = image.update(fromContentsOf: $0) } }
    }
    try sweep.run(images, labels: labels, pixels: write(pixels), untouched: untouched.map(write)) {
      outcomes[$0.place] = $0
    }
    let all = outcomes.compactMap(\.self)
    let classes = classifier.classCount
    return AttackOutcome(
      perturbed: Tensor(pixels.shape, all.flatMap(\.perturbed)), distances: all.map(\.distance),
      failures: all.map(\.failure), zeroGradients: all.map(\.hadZeroGradient), steps: all.map(\.steps),
      naturalLogits: Tensor([all.count, classes], all.flatMap(\.naturalLogits)),
      perturbedLogits: Tensor([all.count, classes], all.flatMap(\.perturbedLogits)))
  }
}
