import Failures
public import Networks
public import Tensors

/// What an attack did to a batch: facts, one an image, in the order of the batch.
public struct AttackOutcome: Sendable {
  /// The images after the attack, `[n, c, h, w]`, in 0...1; where it failed, the images it was given.
  public let perturbed: Tensor
  /// How far each image moved under the attack's norm, in pixel units.
  public let distances: [Float]
  /// Whether the attack failed for the image, which is then unharmed.
  public let failed: [Bool]
  /// The logits of the untouched images, `[n, classes]`.
  public let naturalLogits: Tensor
  /// The logits of the perturbed images, `[n, classes]`.
  public let perturbedLogits: Tensor

  /// What no attack does to `pixels` `[n, c, h, w]`: they stay as they are, and `classifier` answers once.
  ///
  /// - Throws: whatever the classifier throws.
  public init(untouched pixels: Tensor, classifiedBy classifier: any Classifier) throws {
    let count = pixels.shape[0]
    let logits = try classifier.logits(of: pixels)
    self.init(
      perturbed: pixels, distances: [Float](repeating: 0, count: count),
      failed: [Bool](repeating: false, count: count), naturalLogits: logits, perturbedLogits: logits)
  }

  init(perturbed: Tensor, distances: [Float], failed: [Bool], naturalLogits: Tensor, perturbedLogits: Tensor) {
    self.perturbed = perturbed
    self.distances = distances
    self.failed = failed
    self.naturalLogits = naturalLogits
    self.perturbedLogits = perturbedLogits
  }

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
  private let workspace: AttackWorkspace
  private let classifier: any Classifier

  /// A runner of `attack` on one network in its two forms.
  ///
  /// - Throws: `Failure(.usage)` for settings that mean nothing, `.internal` when the two forms do not match.
  public init(_ attack: ProjectedGradientDescent, model: any LossGradient, classifier: any Classifier) throws {
    workspace = try AttackWorkspace(attack, model: model, classifier: classifier)
    self.classifier = classifier
  }

  /// Attacks `pixels` and predicts the classes before and after.
  ///
  /// - Parameters:
  ///   - pixels: The images to attack, `[n, c, h, w]`, in 0...1, at most the network's batch size of them.
  ///   - untouched: The images as the data set has them, where `pixels` were rotated or moved before; else nil.
  ///   - labels: The true classes, `n` of them.
  ///   - images: The images' positions in their original split, by which their random numbers go.
  /// - Throws: `Failure(.data)` when images or labels do not fit the network, and whatever the network throws.
  public func attack(
    _ pixels: Tensor, untouched: Tensor? = nil, labels: [Int], images: [Int]
  ) throws -> AttackOutcome {
    guard pixels.shape.rank > 0, labels.count == pixels.shape[0], untouched?.shape ?? pixels.shape == pixels.shape
    else {
      throw Failure(.internal, "attack: \(labels.count) labels for images of shape \(pixels.shape)")
    }
    var perturbed = pixels
    let failed = try workspace.perturb(pixels, labels: labels, images: images, into: &perturbed)
    return AttackOutcome(
      perturbed: perturbed, distances: workspace.attack.bound.distances(of: perturbed, from: pixels), failed: failed,
      naturalLogits: try classifier.logits(of: untouched ?? pixels),
      perturbedLogits: try classifier.logits(of: perturbed))
  }
}
