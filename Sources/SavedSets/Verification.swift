public import Attacks
import Datasets
public import Evaluation
import Failures
import Networks
public import Records
import Tensors

/// What a saved set promises, held against the clean images it was made of, and a model's answers to both.
public struct Verification {
  /// The ball in which images are to lie around their clean ones.
  public struct Promise: Sendable {
    /// How distance is measured.
    public let norm: Norm
    /// The radius, and by how much ball and range may be missed, in pixel units.
    public let epsilon, tolerance: Double

    /// The ball of `epsilon` under `norm`, exact but for `tolerance`.
    public init(norm: Norm, epsilon: Double, tolerance: Double = 0) {
      (self.norm, self.epsilon, self.tolerance) = (norm, epsilon, tolerance)
    }
  }

  private let set: SavedSet
  private let promise: Promise
  private let distance: PixelDistance
  private let selection: ImageSelection
  private let model: LoadedModel
  private let classifier: any Classifier
  private let indices: [Int]

  /// The verification that `set` keeps `promise` around the clean images of `selection`, of which the set's indices tell
  /// which they are, else the first ones are meant.
  ///
  /// - Throws: `Failure` (`data`) where the set has more images than there are, or an index of none.
  public init(of set: SavedSet, _ promise: Promise, around selection: ImageSelection, by model: LoadedModel) throws {
    try model.check(selection.images)
    let images = selection.images
    guard set.count <= images.count || set.indices != nil else {
      throw Failure(
        .data, "\(set.path): holds \(set.count) images, \(images.name) \(images.split.rawValue) \(images.count)")
    }
    indices = set.indices ?? Array(images.indices.prefix(set.count))
    if let place = indices.firstIndex(where: { !images.indices.contains($0) }) {
      let known = "\(images.name) \(images.split.rawValue) has \(images.count) images"
      throw Failure(.data, "\(set.path): image \(place) has the index \(indices[place]), and \(known)")
    }
    distance = PixelDistance(promise.norm, epsilon: promise.epsilon, tolerance: promise.tolerance)
    classifier = try model.inference()
    (self.set, self.promise, self.selection, self.model) = (set, promise, selection, model)
  }

  /// Reads the set and says what was found; `progress` is told after every batch how many images are done.
  ///
  /// - Throws: `Failure` for a damaged file or where the engine fails, and what `progress` throws.
  public func record(progress: (Int) throws -> Void = { _ in }) throws -> VerificationRecord {
    var record = VerificationRecord(
      model: model.digest, path: set.path, data: selection.data, split: selection.images.split.rawValue,
      norm: promise.norm.rawValue, epsilon: promise.epsilon, tolerance: promise.tolerance, range: set.range,
      breaches: .init(order: set.indices.map { _ in 0 }, label: set.labels.map { _ in 0 }))
    var batch = Batch(classifier)
    var clean = [Float](repeating: 0, count: selection.images.imageShape.count)
    try set.forEachImage { place, pixels in
      clean.withUnsafeMutableBufferPointer { selection.images.writePixels(of: indices[place], into: $0) }
      let isFinite = pixels.allSatisfy(\.isFinite)
      note(place, pixels, clean, isFinite: isFinite, in: &record)
      // What is no image was not classified: the model's answer to the clean one stands for it.
      batch.add(isFinite ? pixels : clean, clean, label: selection.images.label(of: indices[place]))
      guard batch.isFull || place + 1 == set.count else { return }
      try batch.classify(into: &record.tally)
      try progress(place + 1)
    }
    return record
  }

  /// Notes what is wrong with an image.
  private func note(
    _ place: Int, _ pixels: [Float], _ clean: [Float], isFinite: Bool, in record: inout VerificationRecord
  ) {
    var problems: [VerificationRecord.Problem] = []
    var length: Float?
    if isFinite {
      let found = distance(pixels, from: clean)
      length = Float(found)
      record.distance = max(record.distance ?? 0, Float(found))
      if !distance.isWithin(found) { problems.append(.ball) }
      let range = Float(-promise.tolerance)...Float(1 + promise.tolerance)
      if !pixels.allSatisfy(range.contains) { problems.append(.range) }
    } else {
      problems.append(.finite)
    }
    if set.indices != nil, place > 0, indices[place] <= indices[place - 1] { problems.append(.order) }
    if let labels = set.labels, labels[place] != selection.images.label(of: indices[place]) { problems.append(.label) }
    guard !problems.isEmpty else { return }
    for problem in problems { record.breaches.count(problem) }
    guard record.offenders.count < VerificationRecord.mostOffenders else { return }
    record.offenders.append(
      .init(
        place: place, index: indices[place], problems: problems, distance: length,
        near: problems.contains(.ball) ? neighbour(of: pixels) : nil))
  }

  /// The first clean image in whose ball `pixels` lie, which tells of images in another order.
  private func neighbour(of pixels: [Float]) -> Int? {
    var clean = pixels
    return selection.images.indices.first { index in
      clean.withUnsafeMutableBufferPointer { selection.images.writePixels(of: index, into: $0) }
      return distance.isWithin(distance(pixels, from: clean))
    }
  }
}

extension VerificationRecord.Breaches {
  fileprivate mutating func count(_ problem: VerificationRecord.Problem) {
    switch problem {
    case .ball: ball += 1
    case .range: range += 1
    case .finite: finite += 1
    case .order: order = (order ?? 0) + 1
    case .label: label = (label ?? 0) + 1
    }
  }
}

/// Images with their clean ones on the way to a classifier.
private struct Batch {
  private let classifier: any Classifier
  private var perturbed, clean, logits: Tensor
  private var labels: [Int] = []

  init(_ classifier: any Classifier) {
    self.classifier = classifier
    perturbed = Tensor(Shape([classifier.batchSize] + classifier.imageShape.sizes))
    (clean, logits) = (perturbed, Tensor([classifier.batchSize, classifier.classCount]))
  }

  var isFull: Bool { labels.count == classifier.batchSize }

  mutating func add(_ image: [Float], _ original: [Float], label: Int) {
    let range = labels.count * image.count..<(labels.count + 1) * image.count
    perturbed.values.replaceSubrange(range, with: image)
    clean.values.replaceSubrange(range, with: original)
    labels.append(label)
  }

  /// Has the classifier answer for all images, counts its answers and forgets the images.
  mutating func classify(into tally: inout Tally) throws {
    try classifier.forward(clean, into: &logits)
    let natural = labels.indices.map { predictedClass(row: $0, logits: logits) }
    try classifier.forward(perturbed, into: &logits)
    for (row, label) in labels.enumerated() {
      tally.add(label: label, natural: natural[row], perturbed: predictedClass(row: row, logits: logits))
    }
    labels.removeAll(keepingCapacity: true)
  }
}
