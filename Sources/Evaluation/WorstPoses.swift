import Datasets
import Failures
import Networks
import Spatial
import Tensors

/// Looks for the worst pose of images: the classifier's batches are filled with one pose each of so many images and,
/// where images are few, with the poses that these would try next.
///
/// What becomes of an image depends on no other: poses that turn out not to be needed are neither counted nor looked at.
struct WorstPoses {
  private let classifier: any Classifier
  /// The classifier, where some search asks for gradients.
  private let model: (any DifferentiableClassifier)?
  private let transformations: [Transformation]
  private let width: Int
  private let lookUp: () throws -> Void
  private var transformer: Transformer
  private var pixels: Tensor
  private var logits: Tensor
  private var rise: Tensor
  private var gradient: Tensor
  /// The image that a gradient's pose shows.
  private var image: [Float]
  private var trials: [PoseTrial] = []

  /// A search through the poses of `transformations`.
  ///
  /// - Parameters:
  ///   - classifier: Who decides; one with gradients where the search is by steps along them.
  ///   - width: How many images are asked about at once, at most the classifier's batch.
  ///   - lookUp: Called before every forward pass; what it throws ends the search.
  init(
    _ transformations: [Transformation], of classifier: any Classifier, width: Int?, lookUp: @escaping () throws -> Void
  ) {
    self.width = max(1, min(width ?? classifier.batchSize, classifier.batchSize))
    (self.classifier, self.transformations, self.lookUp) = (classifier, transformations, lookUp)
    transformer = Transformer(transformations, imageShape: classifier.imageShape)
    pixels = Tensor(Shape([classifier.batchSize] + classifier.imageShape.sizes))
    logits = Tensor([classifier.batchSize, classifier.classCount])
    model = classifier as? any DifferentiableClassifier
    rise = model == nil ? Tensor([0]) : logits
    gradient = model == nil ? Tensor([0]) : pixels
    image = [Float](repeating: 0, count: classifier.imageShape.count)
  }

  /// Hands out what is found, one trial an image and transformation, in the order in which they are done.
  ///
  /// - Throws: `Failure` (`data`) when a label is none of the network's, and whatever the network or `finish` throws.
  mutating func run(on images: LabeledImages, finish: (PoseTrial) throws -> Void) throws {
    let labels = 0..<classifier.classCount
    if let index = images.indices.first(where: { !labels.contains(images.label(of: $0)) }) {
      throw Failure(
        .data,
        "image \(index): label \(images.label(of: index)), but the model's classes are 0 to \(classifier.classCount - 1)"
      )
    }
    var rest = images.indices
    trials.removeAll()
    while !rest.isEmpty || !trials.isEmpty {
      if trials.count < width && !rest.isEmpty {
        try takeIn(rest.prefix(width), of: images)
        rest = rest.dropFirst(width)
      } else {
        try ask(images)
      }
      for trial in trials where trial.isDone { try finish(trial) }
      trials.removeAll(where: \.isDone)
    }
  }

  /// Predicts the classes of the untouched images at `indices`, and begins their trials.
  private mutating func takeIn(_ indices: Range<Int>, of images: LabeledImages) throws {
    try forward(indices.count) { row, pixels, _ in images.writePixels(of: indices.lowerBound + row, into: pixels) }
    for (row, image) in indices.enumerated() {
      for (setting, transformation) in transformations.enumerated() {
        trials.append(
          logits.withLogits(row) {
            PoseTrial(
              image: image, label: images.label(of: image), transformation, setting: setting, naturalLogits: $0)
          })
      }
    }
  }

  /// Asks about a batch of poses: the next one of each of the first trials, then the ones after, until it is full.
  private mutating func ask(_ images: LabeledImages) throws {
    var rows: [(trial: Int, image: Int, setting: Int, pose: Pose)] = []
    var isFilling = true
    for ahead in 0..<width where isFilling {
      let before = rows.count
      for (place, trial) in trials.prefix(width).enumerated() where rows.count < width {
        if let pose = trial.pose(ahead: ahead) { rows.append((place, trial.image, trial.setting, pose)) }
      }
      isFilling = rows.count > before
    }
    try forward(rows.count) { row, pixels, transformer in
      images.writePixels(of: rows[row].image, into: pixels)
      transformer.transform(pixels, to: rows[row].pose, by: rows[row].setting)
    }
    for (row, asked) in rows.enumerated() { logits.withLogits(row) { trials[asked.trial].take($0) } }
    try climb(rows.map { ($0.trial, $0.pose) }, images)
  }

  /// Has the trials of the batch's rows go on along the slope of the cross-entropy at the poses they were asked about.
  private mutating func climb(_ rows: [(trial: Int, pose: Pose)], _ images: LabeledImages) throws {
    guard let model, rows.contains(where: { trials[$0.trial].isClimbing }) else { return }
    let (classes, size) = (classifier.classCount, classifier.imageShape.count)
    rise.values.withUnsafeMutableBufferPointer { all in
      all.update(repeating: 0)
      for (row, asked) in rows.enumerated() where trials[asked.trial].isClimbing {
        let out = MutableLogitRow(rebasing: all[row * classes..<(row + 1) * classes])
        logits.withLogits(row) {
          Objective.crossEntropy(label: trials[asked.trial].label).writeGradient(at: $0, into: out)
        }
      }
    }
    try model.backward(rise, into: &gradient)
    for (row, asked) in rows.enumerated() where trials[asked.trial].isClimbing {
      let trial = trials[asked.trial]
      image.withUnsafeMutableBufferPointer { images.writePixels(of: trial.image, into: $0) }
      let slope = image.withUnsafeBufferPointer { image in
        gradient.values.withUnsafeBufferPointer { gradient in
          transformer.slope(
            of: image, at: asked.pose, by: trial.setting,
            along: UnsafeBufferPointer(rebasing: gradient[row * size..<(row + 1) * size]))
        }
      }
      trials[asked.trial].climb(along: slope)
    }
  }

  /// Fills so many rows of the batch and passes it forward.
  private mutating func forward(
    _ count: Int, _ write: (Int, UnsafeMutableBufferPointer<Float>, inout Transformer) -> Void
  ) throws {
    try lookUp()
    let size = classifier.imageShape.count
    pixels.values.withUnsafeMutableBufferPointer { all in
      for row in 0..<count {
        write(row, UnsafeMutableBufferPointer(rebasing: all[row * size..<(row + 1) * size]), &transformer)
      }
    }
    try classifier.forward(pixels, rows: count, into: &logits)
  }
}
