public import Networks
public import Tensors

/// The image that an attempt works on, as it came. Buffers are the scheduler's and last as long as the attempt.
public struct Subject {
  /// Its pixels, `[c, h, w]` row-major, in 0...1.
  public let clean: Pixels
  /// Its shape, `[c, h, w]`.
  public let shape: Shape
  /// What is wanted of it.
  public let goal: Goal
  /// Its position in the original split, by which random numbers go.
  public let index: Int
  /// The epoch of training; 0 outside.
  public let epoch: Int
  /// The classifier's logits for `clean`; empty where nobody asked.
  public let logits: LogitRow
  /// The probabilities from which a divergence measures; empty unless the attack needs them.
  public let reference: LogitRow

  /// A subject of all its parts.
  public init(
    clean: Pixels, shape: Shape, goal: Goal, index: Int, epoch: Int = 0, logits: LogitRow, reference: LogitRow
  ) {
    (self.clean, self.shape, self.goal, self.index, self.epoch) = (clean, shape, goal, index, epoch)
    (self.logits, self.reference) = (logits, reference)
  }

  /// The random numbers of one try at it.
  func generator(seed: UInt64, restart: Int = 0, step: Int = 0) -> Generator {
    Generator(seed: seed, purpose: .attackStart, epoch: epoch, image: index, restart: restart, step: step)
  }
}

/// What an attack wants of one image.
public struct Goal: Hashable, Sendable {
  /// The true class.
  public let label: Int
  /// The class predicted for the untouched image.
  public let natural: Int
  /// The class to be taken for; nil for any other than the image's own.
  public let target: Int?

  /// A goal.
  public init(label: Int, natural: Int, target: Int?) {
    (self.label, self.natural, self.target) = (label, natural, target)
  }

  /// Whether nothing is left to reach: the target is hit or, without one, the prediction is wrong and has changed, which
  /// is what accuracy and fooling rate count.
  public func isReached(by predicted: Int) -> Bool {
    target.map { predicted == $0 } ?? (predicted != label && predicted != natural)
  }

  /// Whether the image is misclassified or the target hit, which is less than `isReached` asks of an image that was
  /// misclassified from the start.
  public func isFooled(by predicted: Int) -> Bool { target.map { predicted == $0 } ?? (predicted != label) }

  /// Whether `after` would undo what `before` had: a wrong prediction made right, or a changed one changed back.
  package func isLost(from before: Int, to after: Int) -> Bool {
    !isReached(by: after) && ((before != label && after == label) || (before != natural && after == natural))
  }
}
