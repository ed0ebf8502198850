/// An image on its way through a sweep.
struct SweepAttempt {
  let place: Int
  /// The position in the original split.
  let image: Int
  let goal: Goal
  /// The logits of the image as the data set has it.
  let naturalLogits: [Float]
  /// The logits of the image that is attacked, which may be turned or moved.
  let cleanLogits: [Float]
  /// The probabilities of the clean image under the gradient's network, for `divergence`; else empty.
  let reference: [Float]

  /// The attack under way, and how far it has come.
  var attack = 0
  var restart = 0
  var step = 0
  /// Steps taken under this attack, all restarts together.
  var steps = 0
  /// The step at which the classifier denied what the gradient's logits promised.
  var denied: Int?
  /// Whether this attack's first gradient was zero in every pixel.
  var hadZeroGradient = false
  /// Why the last restart that was given up was.
  var failure: AttackFailure?
  /// How this attack's best restart ended.
  var best: Candidate?
  /// What was handed out for the attack before.
  var before: SweepOutcome?

  /// How a restart ended.
  struct Candidate {
    let hasFooled: Bool
    /// The final loss, negated towards a target: the higher, the better for the attack.
    let score: Float
    let outcome: SweepOutcome
  }

  init(place: Int, image: Int, goal: Goal, naturalLogits: [Float], cleanLogits: [Float], reference: [Float]) {
    (self.place, self.image, self.goal) = (place, image, goal)
    (self.naturalLogits, self.cleanLogits, self.reference) = (naturalLogits, cleanLogits, reference)
  }

  /// Takes in how a restart ended, nil where it was given up, as `AttackWorkspace` chooses among restarts.
  mutating func keep(_ candidate: Candidate?) {
    if let candidate, best.map({ !$0.hasFooled && (candidate.hasFooled || candidate.score > $0.score) }) ?? true {
      best = candidate
    }
    (restart, step, denied) = (restart + 1, 0, nil)
  }

  /// Goes on to the next attack, `outcome` having been handed out for this one.
  mutating func advance(after outcome: SweepOutcome) {
    (attack, restart, step, steps, denied, best) = (attack + 1, 0, 0, 0, nil, nil)
    (hadZeroGradient, failure) = (false, nil)
    before = outcome
  }
}

/// What an attack wants of one image.
package struct Goal {
  let label: Int
  /// The class predicted for the untouched image.
  let natural: Int
  let target: Int?

  package init(label: Int, natural: Int, target: Int?) {
    (self.label, self.natural, self.target) = (label, natural, target)
  }

  /// Whether nothing is left to reach: the target is hit or, without one, the prediction is wrong and has changed, which
  /// is what accuracy and fooling rate count.
  package func isReached(by predicted: Int) -> Bool {
    target.map { predicted == $0 } ?? (predicted != label && predicted != natural)
  }

  /// Whether a restart that ends so is the last, which asks less of an image that was misclassified from the start.
  package func endsRestarts(with predicted: Int) -> Bool { target.map { predicted == $0 } ?? (predicted != label) }

  /// Whether `after` would undo what `before` had: a wrong prediction made right, or a changed one changed back.
  package func isLost(from before: Int, to after: Int) -> Bool {
    !isReached(by: after) && ((before != label && after == label) || (before != natural && after == natural))
  }
}
