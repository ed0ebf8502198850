import Failures
public import Networks
import Tensors

/// Attacks any number of images and does no work twice: an image leaves the batch as soon as nothing is left to do for
/// it, and the next one takes its place.
///
/// Every image goes through the sweep's attacks in their order. It may stop early, where it is first fooled, and may
/// reuse: once fooled at one budget, it counts as fooled at all larger ones. What becomes of an image depends on the
/// image and the settings alone; every image counts its own steps and restarts, and draws its own random numbers.
public final class AttackSweep {
  /// The attacks that every image goes through, in order.
  public let attacks: [ProjectedGradientDescent]
  /// Whether an image stops where it is first fooled.
  public let stopsEarly: Bool
  /// Whether successes at smaller budgets are kept for larger ones.
  public let reuses: Bool

  let model: any LossGradient
  let classifier: any Classifier
  /// How many images are attacked at once; rows beyond are padding.
  let width: Int
  let imageSize: Int

  // A berth holds an image while it is under way, a slot is a row of the gradient's batch.
  var berths: [SweepAttempt?]
  var clean: Tensor
  var held: Tensor
  var slots: [Int?]
  var perturbed: Tensor
  var gradient: Tensor
  var logits: Tensor
  var losses: BatchLoss
  // What the classifier is asked about.
  var asked: Tensor
  var answers: Tensor
  var askedLosses: BatchLoss

  // Berths that wait: for an image, for a slot, for the classifier.
  var free: [Int]
  var ready: [Int] = []
  var pending: [Int] = []
  var finished: [SweepOutcome] = []

  /// A sweep through `attacks`, which share loss and target, on one network in its two forms.
  ///
  /// - Parameters:
  ///   - stopsEarly: Whether an image stops where it is first fooled.
  ///   - reuses: Whether successes at smaller budgets are kept for larger ones; budgets of one norm then grow.
  ///   - width: How many images are attacked at once, at most the network's batch size; changes no outcome.
  /// - Throws: `Failure(.usage)` for settings that mean nothing, `.internal` when the two forms do not match.
  public init(
    _ attacks: [ProjectedGradientDescent], stopsEarly: Bool = false, reuses: Bool = false, model: any LossGradient,
    classifier: any Classifier, width: Int? = nil
  ) throws {
    try Self.check(attacks, reuses: reuses, model: model, classifier: classifier)
    (self.attacks, self.stopsEarly, self.reuses) = (attacks, stopsEarly, reuses)
    (self.model, self.classifier) = (model, classifier)
    let width = max(1, min(width ?? model.batchSize, model.batchSize))
    self.width = width
    imageSize = model.imageShape.count
    // As many may be attacked, wait for the classifier, and wait for a slot.
    berths = [SweepAttempt?](repeating: nil, count: 3 * width)
    free = Array(berths.indices)
    clean = Tensor(Shape([berths.count] + model.imageShape.sizes))
    held = clean
    slots = [Int?](repeating: nil, count: width)
    perturbed = Tensor(Shape([model.batchSize] + model.imageShape.sizes))
    (gradient, asked) = (perturbed, perturbed)
    logits = Tensor([model.batchSize, model.classCount])
    answers = logits
    losses = BatchLoss(attacks[0], batchSize: model.batchSize, classCount: model.classCount)
    askedLosses = losses
    ready.reserveCapacity(berths.count)
    pending.reserveCapacity(berths.count)
  }

  /// Attacks images and hands out what becomes of them: one outcome an image and attack, an image's in the order of the
  /// attacks, images in the order in which they finish.
  ///
  /// - Parameters:
  ///   - images: The images' positions in their original split, by which their random numbers go.
  ///   - labels: The true classes, one an image.
  ///   - pixels: Writes the pixels `[c, h, w]`, in 0...1, of the image at a place of `images`.
  ///   - untouched: The same for the image as the data set has it, where `pixels` rotates or moves it first; else nil.
  ///   - finish: Receives the outcomes.
  /// - Throws: `Failure(.data)` when a label is none of the network's, and whatever the network or `finish` throws.
  public func run(
    _ images: [Int], labels: [Int], pixels: (_ place: Int, UnsafeMutableBufferPointer<Float>) -> Void,
    untouched: ((_ place: Int, UnsafeMutableBufferPointer<Float>) -> Void)? = nil,
    finish: (SweepOutcome) throws -> Void
  ) throws {
    try check(images, labels: labels)
    reset()
    var taken = 0
    while true {
      if ready.isEmpty, taken < images.count {
        let places = taken..<min(taken + width, images.count)
        try takeIn(places, images: images, labels: labels, pixels: pixels, untouched: untouched)
        taken = places.upperBound
      }
      fillSlots()
      if slots.contains(where: { $0 != nil }) { try step() }
      let isIdle = ready.isEmpty && taken == images.count && slots.allSatisfy { $0 == nil }
      while pending.count >= width || (isIdle && !pending.isEmpty) { try judge() }
      for outcome in finished { try finish(outcome) }
      finished.removeAll(keepingCapacity: true)
      if free.count == berths.count, taken == images.count { return }
    }
  }

  /// Forgets what a run that failed left behind.
  private func reset() {
    for berth in berths.indices { berths[berth] = nil }
    for slot in slots.indices { slots[slot] = nil }
    free = Array(berths.indices)
    for list in [\AttackSweep.ready, \.pending] { self[keyPath: list].removeAll(keepingCapacity: true) }
    finished.removeAll()
  }
}

// MARK: - Refusals

extension AttackSweep {
  private static func check(
    _ attacks: [ProjectedGradientDescent], reuses: Bool, model: any LossGradient, classifier: any Classifier
  ) throws {
    for attack in attacks { try attack.validate(classCount: model.classCount) }
    guard let first = attacks.first, attacks.allSatisfy({ $0.loss == first.loss && $0.target == first.target }) else {
      throw Failure(.internal, "sweep: attacks of several losses or targets, or none")
    }
    let sizes = (model.batchSize, model.imageShape, model.classCount)
    guard (classifier.batchSize, classifier.imageShape, classifier.classCount) == sizes else {
      throw Failure(.internal, "sweep: the gradient's network and the classifier differ in shape")
    }
    let isGrowing = zip(attacks, attacks.dropFirst()).allSatisfy { $0.epsilon < $1.epsilon && $0.norm == $1.norm }
    guard !reuses || isGrowing else {
      throw Failure(.usage, "reuse keeps successes for larger budgets: let epsilon grow, as in 0.1,0.2,0.3")
    }
  }

  private func check(_ images: [Int], labels: [Int]) throws {
    guard images.count == labels.count else {
      throw Failure(.internal, "sweep: \(labels.count) labels for \(images.count) images")
    }
    if let place = labels.firstIndex(where: { !(0..<model.classCount).contains($0) }) {
      throw Failure(
        .data,
        "image \(images[place]): label \(labels[place]), but the model's classes are 0 to \(model.classCount - 1)")
    }
  }
}
