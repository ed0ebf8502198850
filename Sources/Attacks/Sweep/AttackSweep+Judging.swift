import Failures
import Networks
import Tensors

/// The classifier's batch: what images are before, and what they are taken for after an attack.
extension AttackSweep {
  /// Takes in the images at `places`, which find as many berths free, and predicts their classes untouched.
  func takeIn(
    _ places: Range<Int>, images: [Int], labels: [Int], pixels: (Int, MutablePixels) -> Void,
    untouched: ((Int, MutablePixels) -> Void)?
  ) throws {
    func ask(_ write: (Int, MutablePixels) -> Void) {
      for (row, place) in places.enumerated() {
        asked.withMutableImage(row, size: imageSize) { write(place, $0) }
      }
    }
    if let untouched { ask(untouched) } else { ask(pixels) }
    try classifier.classify(asked, into: &answers)
    let natural = untouched == nil ? nil : answers
    if natural != nil {
      ask(pixels)
      try classifier.classify(asked, into: &answers)
    }
    let references = try references()
    for (row, place) in places.enumerated() {
      guard let berth = free.popLast() else { throw Failure(.internal, "sweep: no berth is free") }
      let goal = Goal(
        label: labels[place], natural: predictedClass(row: row, logits: natural ?? answers),
        target: attacks[0].target)
      let cleanLogits = answers[rows: row..<row + 1].values
      berths[berth] = SweepAttempt(
        place: place, image: images[place], goal: goal,
        naturalLogits: natural.map { $0[rows: row..<row + 1].values } ?? cleanLogits, cleanLogits: cleanLogits,
        reference: references.map { $0[rows: row..<row + 1].values } ?? [])
      clean.copyImage(berth, size: imageSize, from: asked, row: row)
      begin(berth)
    }
  }

  /// The probabilities of the images taken in, where the loss asks for them.
  private func references() throws -> Tensor? {
    guard attacks[0].loss == .divergence else { return nil }
    let labels = [Int](repeating: 0, count: model.batchSize)
    try model.evaluate(asked, loss: .crossEntropy(labels: labels), into: &gradient, logits: &logits)
    return softmax(logits)
  }

  /// Begins an attack, or ends it at once for an image that is not in 0...1 or may not move.
  private func begin(_ berth: Int) {
    guard let attempt = berths[berth] else { return }
    let isUsable = clean.withImage(berth, size: imageSize, isInRange)
    guard !isUsable || attacks[attempt.attack].epsilon == 0 else { return ready.append(berth) }
    conclude(berth, with: unharmed(berth, attempt, isUsable ? nil : .pixels))
  }

  /// Asks the classifier about images that wait for it, a batch at most.
  func judge() throws {
    let asking = pending.suffix(width)
    for (row, berth) in asking.enumerated() {
      guard let attempt = berths[berth] else { continue }
      let attack = attacks[attempt.attack]
      asked.copyImage(row, size: imageSize, from: held, row: berth)
      askedLosses.set(row, label: attempt.goal.label, reference: attempt.reference)
      clean.withImage(berth, size: imageSize) { clean in
        asked.withMutableImage(row, size: imageSize) {
          attack.norm.settle($0, around: clean, epsilon: attack.epsilon)
        }
      }
    }
    try classifier.classify(asked, into: &answers)
    pending.removeLast(asking.count)
    for (row, berth) in asking.enumerated() { judge(row, berth) }
  }

  private func judge(_ row: Int, _ berth: Int) {
    guard let attempt = berths[berth] else { return }
    let attack = attacks[attempt.attack]
    let predicted = predictedClass(row: row, logits: answers)
    let isInside = clean.withImage(berth, size: imageSize) { clean in
      asked.withImage(row, size: imageSize) { attack.bound.holds(for: $0, around: clean) }
    }
    if attempt.step < attack.steps {
      if isInside, attempt.goal.isReached(by: predicted) { return conclude(berth, with: outcome(row, berth, attempt)) }
      berths[berth]?.denied = attempt.step
      return ready.append(berth)
    }
    guard isInside else { return giveUp(berth, .bound) }
    let score = attack.restarts > 1 ? askedLosses.score(row: row, logits: answers) : 0
    endRestart(
      berth,
      with: SweepAttempt.Candidate(
        hasFooled: attempt.goal.endsRestarts(with: predicted), score: score, outcome: outcome(row, berth, attempt)))
  }

  /// Gives a restart up, for a reason.
  func giveUp(_ berth: Int, _ failure: AttackFailure) {
    berths[berth]?.failure = failure
    endRestart(berth, with: nil)
  }

  /// Ends a restart, `candidate` being nil where it was given up: the next one, or the end of the attack.
  private func endRestart(_ berth: Int, with candidate: SweepAttempt.Candidate?) {
    berths[berth]?.keep(candidate)
    guard let attempt = berths[berth] else { return }
    let attack = attacks[attempt.attack]
    let isLast = attempt.restart >= (attack.start == .clean ? 1 : attack.restarts)
    guard isLast || attempt.best?.hasFooled == true else { return ready.append(berth) }
    var outcome = attempt.best?.outcome ?? unharmed(berth, attempt, attempt.failure ?? .bound)
    (outcome.steps, outcome.hadZeroGradient) = (attempt.steps, attempt.hadZeroGradient)
    conclude(berth, with: outcome)
  }

  private func outcome(_ row: Int, _ berth: Int, _ attempt: SweepAttempt) -> SweepOutcome {
    let distance = clean.withImage(berth, size: imageSize) { clean in
      asked.withImage(row, size: imageSize) { attacks[attempt.attack].bound.distance(of: $0, from: clean) }
    }
    return SweepOutcome(
      place: attempt.place, attack: attempt.attack, perturbed: asked[rows: row..<row + 1].values, distance: distance,
      failure: nil, hadZeroGradient: attempt.hadZeroGradient, steps: attempt.steps,
      naturalLogits: attempt.naturalLogits,
      perturbedLogits: answers[rows: row..<row + 1].values)
  }

  private func unharmed(_ berth: Int, _ attempt: SweepAttempt, _ failure: AttackFailure?) -> SweepOutcome {
    SweepOutcome(
      place: attempt.place, attack: attempt.attack, perturbed: clean[rows: berth..<berth + 1].values, distance: 0,
      failure: failure, hadZeroGradient: attempt.hadZeroGradient, steps: attempt.steps,
      naturalLogits: attempt.naturalLogits,
      perturbedLogits: attempt.cleanLogits)
  }

  /// Hands out an attack's outcome and goes on to the next attack, or to the next image.
  private func conclude(_ berth: Int, with found: SweepOutcome) {
    guard var attempt = berths[berth] else { return }
    var outcome = found
    if reuses, let before = attempt.before, attempt.goal.isLost(from: before.perturbedClass, to: found.perturbedClass) {
      outcome = before.repeated(for: attempt.attack, steps: found.steps, hadZeroGradient: found.hadZeroGradient)
    }
    finished.append(outcome)
    let isDone = reuses && attempt.goal.isReached(by: outcome.perturbedClass)
    if isDone {
      for later in attacks.indices where later > attempt.attack {
        finished.append(outcome.repeated(for: later, steps: 0))
      }
    }
    attempt.advance(after: outcome)
    let isLast = isDone || attempt.attack == attacks.count
    berths[berth] = isLast ? nil : attempt
    if isLast { free.append(berth) } else { begin(berth) }
  }
}
