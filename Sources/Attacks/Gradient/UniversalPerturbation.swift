import Failures
public import Networks
import Tensors

/// One perturbation for all images (Moosavi-Dezfooli et al. 2017), added to each and cut off at 0 and 1.
///
/// It is learnt by stochastic gradient steps on other images (Shafahi et al. 2020), beside the scheduler: batches of 32 in
/// order, each a step of a tenth of epsilon along the sum of the gradients of the images' cross-entropies, or its signs. An
/// image whose cross-entropy has reached 9 counts no more, so that few do not drown the rest.
public struct UniversalPerturbation: Attack {
  /// The norms that it can be learnt under.
  public static let norms: [Norm] = [.linf, .l2]
  /// Images of one step.
  static let batch = 32
  /// From which cross-entropy on an image counts no more.
  static let largestLoss: Float = 9

  /// How distance is measured.
  public let norm: Norm
  /// The radius of the ball, in pixel units.
  public let epsilon: Float
  /// How often it went through the images.
  public let steps: Int
  /// How many images it was learnt from.
  public let samples: Int
  /// What is added to every image, `[c, h, w]`.
  public let perturbation: [Float]

  /// The ball it stays in.
  public var budget: Bound? { Bound(norm: norm, epsilon: epsilon) }
  /// No single class is to be taken for.
  public var target: Int? { nil }
  /// Nothing: what it needed it has learnt.
  public var needs: AttackNeeds { [] }
  /// All but norm and budget.
  public var parameters: [AttackParameter] { [.init(.steps, .integer(steps)), .init(.samples, .integer(samples))] }
  /// None on an image itself.
  public var mostSteps: Int { 0 }

  /// Refuses settings that mean nothing.
  ///
  /// - Throws: `Failure` (`usage`) that names the setting and what it may be.
  public func validate(classCount: Int) throws { try Self.validate(norm, epsilon, steps) }

  private static func validate(_ norm: Norm, _ epsilon: Float, _ steps: Int) throws {
    try Requirement.budget(epsilon, norm)
    try Requirement.positive(steps, "steps")
    guard norms.contains(norm) else {
      throw Failure(.usage, "norm \(norm.rawValue): a universal perturbation is measured by linf or l2")
    }
  }

  /// An attempt, which adds it.
  public func attempt(on subject: Subject) -> (any Attempt)? { AddingAttempt(perturbation, to: subject.clean) }

  /// Learns a perturbation.
  ///
  /// - Parameters:
  ///   - norm: How its length is measured.
  ///   - epsilon: Its largest length, in pixel units.
  ///   - steps: How often to go through the images.
  ///   - model: The network that is to err.
  ///   - labels: The true classes of the images it is learnt from.
  ///   - pixels: Writes the pixels `[c, h, w]`, in 0...1, of one of them.
  /// - Throws: `Failure` (`usage`) for settings that mean nothing, and whatever the network throws.
  public static func learnt(
    norm: Norm, epsilon: Float, steps: Int, on model: any DifferentiableClassifier, labels: [Int],
    pixels: (Int, MutablePixels) -> Void
  ) throws -> UniversalPerturbation {
    try validate(norm, epsilon, steps)
    var descent = UniversalDescent(norm, epsilon, model)
    let width = min(batch, model.batchSize)
    for _ in 0..<steps {
      for first in stride(from: 0, to: labels.count, by: width) {
        try descent.step(labels[first..<min(first + width, labels.count)], pixels)
      }
    }
    return UniversalPerturbation(
      norm: norm, epsilon: epsilon, steps: steps, samples: labels.count, perturbation: Array(descent.sum.contents))
  }
}

/// Adds a perturbation to an image.
private final class AddingAttempt: Attempt {
  private let perturbation: [Float]
  private let clean: Pixels
  let steps = 0

  init(_ perturbation: [Float], to clean: Pixels) { (self.perturbation, self.clean) = (perturbation, clean) }

  func next(_ answer: Answer?, writing pixels: MutablePixels) -> Move {
    for i in pixels.indices { pixels[i] = min(max(clean[i] + perturbation[i], 0), 1) }
    return .done
  }
}

/// The steps that a universal perturbation is learnt by.
private struct UniversalDescent {
  /// The perturbation so far.
  let sum: PixelBuffer
  private let norm: Norm
  private let epsilon: Float
  private let model: any DifferentiableClassifier
  private let slope: PixelBuffer
  private var pixels, logits, rise, gradient: Tensor

  init(_ norm: Norm, _ epsilon: Float, _ model: any DifferentiableClassifier) {
    (self.norm, self.epsilon, self.model) = (norm, epsilon, model)
    sum = PixelBuffer(count: model.imageShape.count)
    slope = PixelBuffer(count: model.imageShape.count)
    pixels = Tensor(Shape([model.batchSize] + model.imageShape.sizes))
    gradient = pixels
    logits = Tensor([model.batchSize, model.classCount])
    rise = logits
  }

  /// A step on the images at the places of `labels`.
  mutating func step(_ labels: ArraySlice<Int>, _ write: (Int, MutablePixels) -> Void) throws {
    let size = sum.pixels.count
    for (row, place) in labels.indices.enumerated() {
      pixels.withMutableImage(row, size: size) { image in
        write(place, image)
        for i in image.indices { image[i] = min(max(image[i] + sum.pixels[i], 0), 1) }
      }
    }
    try model.forward(pixels, rows: labels.count, into: &logits)
    let classes = model.classCount
    rise.values.withUnsafeMutableBufferPointer { all in
      all.update(repeating: 0)
      for (row, label) in labels.enumerated() {
        let objective = Objective.crossEntropy(label: label)
        let out = MutableLogitRow(rebasing: all[row * classes..<(row + 1) * classes])
        logits.withLogits(row) {
          if objective.value($0) < UniversalPerturbation.largestLoss { objective.writeGradient(at: $0, into: out) }
        }
      }
    }
    try model.backward(rise, into: &gradient)
    slope.pixels.update(repeating: 0)
    for row in 0..<labels.count {
      gradient.withImage(row, size: size) { one in
        for i in one.indices { slope.pixels[i] += one[i] }
      }
    }
    guard isFinite(slope.contents) else { throw Failure(.data, "universal: the model's gradients are not finite") }
    norm.ascend(sum.pixels, along: slope.contents, stepSize: epsilon / 10)
    shorten()
  }

  /// Brings the perturbation back into the ball.
  private func shorten() {
    if norm == .linf {
      for i in sum.pixels.indices { sum.pixels[i] = min(max(sum.pixels[i], -epsilon), epsilon) }
      return
    }
    let length = sum.contents.length
    guard length > Double(epsilon) else { return }
    for i in sum.pixels.indices { sum.pixels[i] = Float(Double(sum.pixels[i]) * Double(epsilon) / length) }
  }
}
