import Failures
public import Networks
public import Tensors

/// Runs any attacks on any number of images in full batches of the networks.
///
/// Every image under way is an `Attempt` that asks questions; the scheduler gathers the questions of many into a batch,
/// whatever attacks they belong to, so an image that is done makes room for the next one at once. What becomes of an
/// image depends on the image and the settings alone. About three batches of images are in memory.
public final class AttackScheduler {
  let model: (any DifferentiableClassifier)?
  let classifier: any Classifier
  /// How many images are asked about at once; rows beyond are padding.
  let width: Int
  let imageSize: Int

  let slots: [Slot]
  /// Slots without an image; slots whose attempt asks for a gradient; those that wait for the classifier.
  var free: [Int]
  var differentiating: [Int] = []
  var classifying: [Int] = []
  var finished: [AttackResult] = []
  /// How many batches were asked about.
  private(set) var batches = 0

  // The networks' batches.
  var pixels: Tensor
  var logits: Tensor
  var logitGradient: Tensor
  var gradient: Tensor
  /// The rows of a batch that ask for another gradient of the same forward pass.
  var rows: [Int] = []

  /// The natural logits of the image taken in last, for its other poses.
  let lastNaturalLogits: PixelBuffer

  var sequence: AttackSequence
  /// Whether the classifier is asked about every result.
  private(set) var isJudging = true

  /// A scheduler of one network in its two forms.
  ///
  /// - Parameters:
  ///   - model: Who answers with gradients; nil where no attack asks for any.
  ///   - classifier: Who decides what an image is taken for.
  ///   - width: How many images are asked about at once, at most the network's batch size; changes no result.
  /// - Throws: `Failure` (`internal`) when the two forms do not match.
  public init(model: (any DifferentiableClassifier)?, classifier: any Classifier, width: Int? = nil) throws {
    let sizes = (classifier.batchSize, classifier.imageShape, classifier.classCount)
    guard model.map({ ($0.batchSize, $0.imageShape, $0.classCount) == sizes }) ?? true else {
      throw Failure(.internal, "attack: the gradient's network and the classifier differ in shape")
    }
    (self.model, self.classifier) = (model, classifier)
    let width = max(1, min(width ?? classifier.batchSize, classifier.batchSize))
    self.width = width
    imageSize = classifier.imageShape.count
    // As many may ask for gradients, wait for the classifier, and wait for their turn.
    slots = (0..<3 * width).map { _ in Slot(imageShape: sizes.1, classCount: sizes.2) }
    free = Array(slots.indices.reversed())
    pixels = Tensor(Shape([sizes.0] + sizes.1.sizes))
    gradient = model == nil ? Tensor([0]) : pixels
    logits = Tensor([sizes.0, sizes.2])
    logitGradient = logits
    lastNaturalLogits = PixelBuffer(count: sizes.2)
    sequence = try AttackSequence([])
    for list in [\AttackScheduler.free, \.differentiating, \.classifying, \.rows] {
      self[keyPath: list].reserveCapacity(2 * slots.count)
    }
  }

  /// Takes images through `sequence` and hands out what becomes of them: one result an image and attack, an image's in
  /// the order of the attacks, images in the order in which they finish.
  ///
  /// - Parameters:
  ///   - images: The images' positions in their original split, by which their random numbers go.
  ///   - labels: The true classes, one an image.
  ///   - poses: How many neighbours in `images` are one image in several poses, of which `untouched` is asked once.
  ///   - pixels: Writes the pixels `[c, h, w]`, in 0...1, of the image at a place of `images`.
  ///   - untouched: The same for the image as the data set has it, where `pixels` rotates or moves it first; else nil.
  ///   - finish: Receives the results.
  /// - Throws: `Failure` (`data`) when a label is none of the network's, `usage` for settings that mean nothing, and
  ///   whatever the network or `finish` throws.
  public func run(
    _ sequence: AttackSequence, on images: [Int], labels: [Int], poses: Int = 1, pixels: (Int, MutablePixels) -> Void,
    untouched: ((Int, MutablePixels) -> Void)? = nil, finish: (AttackResult) throws -> Void
  ) throws {
    isJudging = true
    try begin(sequence, images, labels)
    try work(
      through: images.count,
      takeIn: { try takeIn($0, images, labels, poses, pixels: pixels, untouched: untouched) }, finish: finish)
  }

  /// Attacks a batch inside training, where nobody asks what the network makes of it.
  ///
  /// - Parameters:
  ///   - clean: The images, `[n, c, h, w]`; rows beyond `labels` are not read.
  ///   - labels: The true classes, at most the network's batch size of them.
  ///   - images: The images' positions in their original split.
  ///   - epoch: The epoch of training.
  ///   - reference: The images from whose probabilities a divergence measures, in the shape of `clean`; else `clean`.
  ///   - result: Receives the perturbed images in the shape of `clean`; rows beyond stay.
  /// - Returns: Why the attack failed, one an image; nil where it did not.
  /// - Throws: `Failure` when images or labels do not fit the network, and whatever the network throws.
  @discardableResult
  public func perturb(
    _ clean: Tensor, by attack: any Attack, labels: [Int], images: [Int], epoch: Int = 0, reference: Tensor? = nil,
    into result: inout Tensor
  ) throws -> [AttackFailure?] {
    try check(clean, count: labels.count, alike: [result.shape, reference?.shape ?? clean.shape])
    isJudging = false
    try begin(AttackSequence([attack]), images, labels)
    var failures = [AttackFailure?](repeating: nil, count: labels.count)
    try work(
      through: images.count,
      takeIn: { try takeIn($0, images, labels, clean, epoch: epoch, reference: reference) },
      finish: { one in
        failures[one.place] = one.failure
        result.withMutableImage(one.place, size: imageSize) { row in
          one.perturbed.withUnsafeBufferPointer(row.copy)
        }
      })
    return failures
  }

  private func begin(_ sequence: AttackSequence, _ images: [Int], _ labels: [Int]) throws {
    for case let attack? in sequence.attacks { try attack.validate(classCount: classifier.classCount) }
    guard images.count == labels.count else {
      throw Failure(.internal, "attack: \(labels.count) labels for \(images.count) images")
    }
    if let place = labels.firstIndex(where: { !(0..<classifier.classCount).contains($0) }) {
      throw Failure(
        .data,
        "image \(images[place]): label \(labels[place]), but the model's classes are 0 to \(classifier.classCount - 1)"
      )
    }
    self.sequence = sequence
    // What a run that failed left behind is forgotten.
    free.removeAll(keepingCapacity: true)
    free.append(contentsOf: slots.indices.reversed())
    differentiating.removeAll(keepingCapacity: true)
    classifying.removeAll(keepingCapacity: true)
    finished.removeAll(keepingCapacity: true)
  }

  private func check(_ clean: Tensor, count: Int, alike shapes: [Shape]) throws {
    guard clean.shape.rank == 4, Shape(Array(clean.shape.sizes.dropFirst())) == classifier.imageShape else {
      throw Failure(.data, "attack: images of shape \(clean.shape) do not fit the model's \(classifier.imageShape)")
    }
    guard count <= min(clean.shape[0], classifier.batchSize), shapes.allSatisfy({ $0 == clean.shape }) else {
      throw Failure(.internal, "attack: \(count) labels for images \(clean.shape)")
    }
  }

  /// Works until `count` images are taken in and done.
  private func work(
    through count: Int, takeIn: (Range<Int>) throws -> Void, finish: (AttackResult) throws -> Void
  ) throws {
    var taken = 0
    while true {
      let (rest, isFull) = (min(width, count - taken), max(differentiating.count, classifying.count) >= width)
      let arriving = isFull && free.count < rest ? 0 : min(rest, free.count)
      if arriving > 0 {
        try takeIn(taken..<taken + arriving)
        taken += arriving
      } else if differentiating.isEmpty, classifying.isEmpty {
        return
      } else {
        batches += 1
        try isGradientNext ? differentiate() : classify()
      }
      for result in finished { try finish(result) }
      finished.removeAll(keepingCapacity: true)
    }
  }

  /// Which questions are answered next: those of the image that has waited longest, unless they fill less than half a
  /// batch while the others fill one; then they wait for company, but only for a few batches.
  ///
  /// So all images move on alike, whatever they are attacked by, and are not left to a few in the end, whose batches would
  /// be mostly padding.
  private var isGradientNext: Bool {
    guard let gradient = differentiating.first, let logits = classifying.first else { return classifying.isEmpty }
    let isGradientOlder = slots[gradient].askedAt <= slots[logits].askedAt
    let older = isGradientOlder ? differentiating : classifying
    let younger = isGradientOlder ? classifying : differentiating
    let isWorthwhile =
      2 * older.count >= width || younger.count < width || batches - slots[older[0]].askedAt >= Self.mostWaiting
    return isGradientOlder == isWorthwhile
  }

  /// For how many batches a question waits for others of its kind.
  private static let mostWaiting = 4
}
