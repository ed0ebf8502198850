import Failures
public import Networks
public import Tensors

/// Runs any attacks on any number of images in full batches of the networks.
///
/// Every image under way is an `Attempt` that asks questions; the scheduler gathers the questions of many into a batch,
/// whatever attacks they belong to, so an image that is done makes room for the next one at once. Its lanes answer batches
/// side by side. What becomes of an image depends on the image and the settings alone. Two batches of images are in memory
/// and one more a lane.
public final class AttackScheduler {
  private let lanes: [AttackLane]
  private let spread: (_ count: Int, _ body: (Int) -> Void) -> Void
  /// How many images are asked about at once; rows beyond are padding.
  private let width: Int
  private let classCount: Int
  private let imageShape: Shape

  let slots: [Slot]
  /// Slots without an image; slots whose attempt asks for a gradient; those that wait for the classifier.
  var free: [Int]
  var differentiating: [Int] = []
  var classifying: [Int] = []
  var finished: [AttackResult] = []
  /// How many batches were asked about.
  private(set) var batches = 0
  /// How many lanes wait for questions.
  private var idle = 0
  /// Lets one lane at a time see what is above.
  private let monitor = Monitor()

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
  public convenience init(
    model: (any DifferentiableClassifier)?, classifier: any Classifier, width: Int? = nil
  ) throws {
    try self.init([AttackLane(model: model, classifier: classifier)], width: width) { count, body in
      for lane in 0..<count { body(lane) }
    }
  }

  /// A scheduler of several lanes, at least one, which share nothing and are of the same network.
  ///
  /// - Parameters:
  ///   - width: How many images a lane asks about at once, at most the network's batch size; changes no result.
  ///   - spread: Runs a body for every number below a count side by side, and waits for all.
  /// - Throws: `Failure` (`internal`) without a lane.
  public init(
    _ lanes: [AttackLane], width: Int? = nil, spread: @escaping (_ count: Int, _ body: (Int) -> Void) -> Void
  ) throws {
    guard let first = lanes.first?.classifier else { throw Failure(.internal, "attack: no network to ask") }
    (self.lanes, self.spread) = (lanes, spread)
    let width = max(1, min(width ?? first.batchSize, first.batchSize))
    (self.width, classCount, imageShape) = (width, first.classCount, first.imageShape)
    // As many may ask for gradients, wait for the classifier, and be asked about in each lane.
    slots = (0..<(2 + lanes.count) * width).map { _ in
      Slot(imageShape: first.imageShape, classCount: first.classCount)
    }
    free = Array(slots.indices.reversed())
    sequence = try AttackSequence([])
    for list in [\AttackScheduler.free, \.differentiating, \.classifying] {
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
    _ sequence: AttackSequence, on images: [Int], labels: [Int], poses: Int = 1,
    pixels: (Int, MutablePixels) throws -> Void,
    untouched: ((Int, MutablePixels) -> Void)? = nil, finish: (AttackResult) throws -> Void
  ) throws {
    isJudging = true
    try begin(sequence, images, labels)
    try work(
      through: images.count,
      takeIn: { lane, places in
        for (place, number) in zip(places, lane.asking) {
          try monitor.inside { try pixels(place, slots[number].clean.pixels) }
        }
        try lane.predictClean(slots)
        if let untouched {
          try lane.predictUntouched(slots, at: places, poses: poses) { place, image in
            monitor.inside { untouched(place, image) }
          }
        } else {
          for number in lane.asking { slots[number].naturalLogits.copy(slots[number].cleanLogits.contents) }
        }
        for (place, number) in zip(places, lane.asking) {
          slots[number].takeIn(
            place: place, label: labels[place], natural: predictedClass(slots[number].naturalLogits.contents),
            index: images[place], epoch: 0)
        }
        if self.sequence.needs.contains(.reference) {
          try lane.findReferences(slots) { slots[$0].clean.contents }
        }
      }, finish: finish)
  }

  /// Attacks a batch inside training, where nobody asks what the network makes of it.
  ///
  /// - Parameters:
  ///   - clean: The images, `[n, c, h, w]`; rows beyond `labels` are not read.
  ///   - labels: The true classes.
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
      takeIn: { lane, places in
        let size = imageShape.count
        for (place, number) in zip(places, lane.asking) {
          clean.withImage(place, size: size, slots[number].clean.copy)
          slots[number].takeIn(
            place: place, label: labels[place], natural: labels[place], index: images[place], epoch: epoch)
          // Nothing else needs what is in `asked` yet.
          (reference ?? clean).withImage(place, size: size, slots[number].asked.copy)
        }
        guard self.sequence.needs.contains(.reference) else { return }
        try lane.findReferences(slots) { slots[$0].asked.contents }
      },
      finish: { one in
        failures[one.place] = one.failure
        result.withMutableImage(one.place, size: imageShape.count) { row in
          one.perturbed.withUnsafeBufferPointer(row.copy)
        }
      })
    return failures
  }

  private func begin(_ sequence: AttackSequence, _ images: [Int], _ labels: [Int]) throws {
    for case let attack? in sequence.attacks { try attack.validate(classCount: classCount) }
    guard images.count == labels.count else {
      throw Failure(.internal, "attack: \(labels.count) labels for \(images.count) images")
    }
    if let place = labels.firstIndex(where: { !(0..<classCount).contains($0) }) {
      throw Failure(
        .data,
        "image \(images[place]): label \(labels[place]), but the model's classes are 0 to \(classCount - 1)"
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
    guard clean.shape.rank == 4, Shape(Array(clean.shape.sizes.dropFirst())) == imageShape else {
      throw Failure(.data, "attack: images of shape \(clean.shape) do not fit the model's \(imageShape)")
    }
    guard count <= clean.shape[0], shapes.allSatisfy({ $0 == clean.shape }) else {
      throw Failure(.internal, "attack: \(count) labels for images \(clean.shape)")
    }
  }

  /// What a lane does next with the slots that it asks about.
  private enum Task {
    case takeIn(Range<Int>)
    case differentiate
    case classify
  }

  /// Works until `count` images are taken in and done.
  ///
  /// - Parameters:
  ///   - takeIn: Takes the images at some places into the slots that the lane asks about; called side by side.
  ///   - finish: Receives the results, one at a time.
  private func work(
    through count: Int, takeIn: (AttackLane, Range<Int>) throws -> Void, finish: (AttackResult) throws -> Void
  ) throws {
    var (taken, busy) = (0, 0)
    var failure: (any Error)?
    func run(_ lane: AttackLane) {
      monitor.enter()
      defer { monitor.leave() }
      while failure == nil {
        guard let task = nextTask(for: lane, taken..<count) else {
          if busy == 0 { return }
          idle += 1
          monitor.wait()
          idle -= 1
          continue
        }
        if case .takeIn(let places) = task { taken = places.upperBound }
        busy += 1
        monitor.leave()
        let outcome = Result { try perform(task, on: lane, takeIn) }
        monitor.enter()
        busy -= 1
        do {
          try outcome.get()
          // Another lane may have failed meanwhile.
          guard failure == nil else { return }
          goOn(after: task, on: lane)
          for result in finished { try finish(result) }
          finished.removeAll(keepingCapacity: true)
        } catch {
          failure = failure ?? error
        }
        monitor.wakeAll()
      }
    }
    if lanes.count == 1 { run(lanes[0]) } else { spread(lanes.count) { run(lanes[$0]) } }
    if let failure { throw failure }
  }

  /// Chooses what a lane does next, and which slots it asks about; nil where nothing is to be done now.
  private func nextTask(for lane: AttackLane, _ places: Range<Int>) -> Task? {
    let (rest, isFull) = (min(width, places.count), max(differentiating.count, classifying.count) >= width)
    let arriving = isFull && free.count < rest ? 0 : share(min(rest, free.count))
    lane.asking.removeAll(keepingCapacity: true)
    if arriving > 0 {
      lane.asking.append(contentsOf: free.suffix(arriving).reversed())
      free.removeLast(arriving)
      return .takeIn(places.prefix(arriving))
    }
    if differentiating.isEmpty, classifying.isEmpty { return nil }
    batches += 1
    guard isGradientNext else {
      hand(&classifying, to: lane)
      return .classify
    }
    hand(&differentiating, to: lane)
    return .differentiate
  }

  /// Moves the first slots of `list` to those that `lane` asks about.
  private func hand(_ list: inout [Int], to lane: AttackLane) {
    let count = share(min(width, list.count))
    for place in 0..<count { lane.asking.append(list[place]) }
    list.removeSubrange(0..<count)
  }

  /// How many of `count` images a lane takes, so that those that wait get as many.
  private func share(_ count: Int) -> Int { (count + idle) / (idle + 1) }

  private func perform(
    _ task: Task, on lane: AttackLane, _ takeIn: (AttackLane, Range<Int>) throws -> Void
  ) throws {
    switch task {
    case .takeIn(let places): try takeIn(lane, places)
    case .differentiate: try lane.differentiate(slots)
    case .classify: try lane.classify(slots)
    }
  }

  /// Has the images of a batch go on, whose attempts have taken their answers.
  private func goOn(after task: Task, on lane: AttackLane) {
    if case .takeIn = task {
      for number in lane.asking { start(number) }
      return
    }
    for (row, number) in lane.asking.enumerated() {
      let slot = slots[number]
      guard case .classify = task, slot.isFinal else {
        go(number)
        continue
      }
      slot.isFinal = false
      conclude(number, with: slot.result(norm: norm(slot), logits: lane.logits[rows: row..<row + 1].values))
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
