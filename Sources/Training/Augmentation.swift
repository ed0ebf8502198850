package import Datasets
import Failures
package import Networks
import Spatial
package import Tensors

/// How the images that a substitute is trained on grow: by Jacobian-based augmentation (Papernot et al. 2017).
///
/// The epochs fall into `count + 1` rounds of equal length. Between two of them every image gets a copy whose pixels are
/// moved by `step` along the signs of the gradient of the substitute's logit of the oracle's class, and cut off at 0 and 1.
public struct Augmentation: Hashable, Sendable {
  /// The most bytes that the pixels of all images may take in the end.
  package static let mostBytes = 1 << 30

  /// How often images can be doubled.
  public static let mostDoublings = 20

  /// How often the images are doubled, 0 to `mostDoublings`.
  public var count: Int
  /// How far a pixel is moved, in pixel units: the paper's lambda.
  public var step: Float

  /// So many doublings by this step.
  public init(count: Int, step: Float) { (self.count, self.step) = (count, step) }

  /// How many parts the epochs fall into, however large `count` may be.
  public var rounds: Int { min(max(count, 0), Self.mostDoublings) + 1 }

  /// Refuses settings that mean nothing, alone or in `configuration`.
  ///
  /// - Throws: `Failure` (`usage`).
  func validate(for configuration: TrainingConfiguration) throws {
    guard (0...Self.mostDoublings).contains(count) else {
      throw Failure(.usage, "--augmentations \(count): give 0 to \(Self.mostDoublings)")
    }
    guard step > 0, step <= 1 else {
      throw Failure(.usage, "--augmentation-step \(step): give more than 0, at most 1")
    }
    guard configuration.epochs % rounds == 0, configuration.validation == nil, configuration.averageDecay == nil,
      configuration.stages.allSatisfy({ $0.method == .natural && $0.poses.isIdentity })
    else {
      throw Failure(
        .usage, "--substitute-for: trains naturally, as many epochs in every round, on images as the oracle saw them")
    }
  }

  /// Refuses to make more of `images` than memory is meant for.
  ///
  /// - Throws: `Failure` (`usage`) that names the option.
  func check(_ images: LabeledImages) throws {
    let most = (Self.mostBytes / (4 * images.imageShape.count)) >> count
    guard images.count > most else { return }
    throw Failure(
      .usage,
      "--augmentations \(count): \(images.count) images doubled so often take more than 1 GiB; "
        + (most > 0 ? "lower it, or give --limit \(most)" : "lower it"))
  }
}

extension LabeledImages {
  /// These images, and after them those of `more` `[n, c, h, w]`, under the classes that `oracle` gives them; labels are
  /// not looked at.
  ///
  /// - Throws: `Failure` (`data`) where a pixel is not in 0...1, and when the engine fails.
  package func labelled(by oracle: any Classifier, followedBy more: Tensor? = nil) throws -> LabeledImages {
    let size = imageShape.count
    var floats = [Float](repeating: 0, count: count * size)
    floats.withUnsafeMutableBufferPointer { all in
      for (place, index) in indices.enumerated() {
        writePixels(of: index, into: UnsafeMutableBufferPointer(rebasing: all[place * size..<(place + 1) * size]))
      }
    }
    return try labelled(by: oracle, floats + (more?.values ?? []))
  }

  /// These images, and after them a copy of each, moved by `step` along the signs of the gradient of its label's logit
  /// under `substitute`; all under the classes that `oracle` gives them.
  ///
  /// - Throws: `Failure` (`data`) for a gradient that is not finite, and when an engine fails.
  /// - Precondition: the first image has index 0.
  package func doubled(
    along substitute: any DifferentiableClassifier, step: Float, labelledBy oracle: any Classifier
  ) throws -> LabeledImages {
    let size = imageShape.count
    var floats = [Float](repeating: 0, count: 2 * count * size)
    var gradient = Tensor(Shape([substitute.batchSize] + imageShape.sizes))
    try forEachBatch(of: substitute) { places, pixels, logits in
      logits.values.withUnsafeMutableBufferPointer { all in
        all.update(repeating: 0)
        for (row, place) in places.enumerated() { all[row * substitute.classCount + label(of: place)] = 1 }
      }
      try substitute.backward(logits, into: &gradient)
      for (row, place) in places.enumerated() {
        for i in 0..<size {
          let (pixel, slope) = (pixels.values[row * size + i], gradient.values[row * size + i])
          guard slope.isFinite else { throw Failure(.data, "augmentation: the substitute's gradients are not finite") }
          let change = slope > 0 ? step : slope < 0 ? -step : 0
          floats[place * size + i] = pixel
          floats[(count + place) * size + i] = min(max(pixel + change, 0), 1)
        }
      }
    }
    return try labelled(by: oracle, floats)
  }

  /// The images with the pixels `floats`, of this data set otherwise, under the classes that `oracle` gives them.
  private func labelled(by oracle: any Classifier, _ floats: [Float]) throws -> LabeledImages {
    func images(_ labels: [Int]) throws -> LabeledImages {
      try LabeledImages(
        name: name, split: split, imageShape: imageShape, pixels: .floats(floats), labels: labels,
        classNames: classNames, place: name)
    }
    let unlabelled = try images([Int](repeating: 0, count: floats.count / imageShape.count))
    var labels: [Int] = []
    try unlabelled.forEachBatch(of: oracle) { places, _, logits in
      for row in places.indices {
        guard logits.withLogits(row, { $0.allSatisfy(\.isFinite) }) else {
          throw Failure(.data, "augmentation: the oracle's logits are not finite")
        }
        labels.append(predictedClass(row: row, logits: logits))
      }
    }
    return try images(labels)
  }

  /// Calls `body` with the places of the images of every batch, their pixels, and the logits that `model` gives them.
  private func forEachBatch(
    of model: any Classifier, _ body: ([Int], Tensor, inout Tensor) throws -> Void
  ) throws {
    var pixels = Tensor(Shape([model.batchSize] + imageShape.sizes))
    var logits = Tensor([model.batchSize, model.classCount])
    let batches = Batches(of: self, size: model.batchSize)
    for number in 0..<batches.count {
      let places = batches.indices(ofBatch: number)
      writePixels(of: places, into: &pixels)
      try model.forward(pixels, rows: places.count, into: &logits)
      try body(places, pixels, &logits)
    }
  }
}
