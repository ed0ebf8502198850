/// How many images were fooled and how many classified rightly.
public struct Tally: Equatable, Sendable {
  /// How many images.
  public var count: Int
  /// How many are classified differently when perturbed.
  public var fooled: Int
  /// How many untouched images are classified rightly.
  public var naturallyCorrect: Int
  /// How many perturbed images are classified rightly.
  public var correct: Int
  /// For how many the attack failed, or the model's answers are not finite.
  public var failed: Int
  /// For how many the gradient was zero at the attack's first step.
  public var zeroGradients: Int

  /// A tally, of no image unless told otherwise.
  public init(
    count: Int = 0, fooled: Int = 0, naturallyCorrect: Int = 0, correct: Int = 0, failed: Int = 0,
    zeroGradients: Int = 0
  ) {
    self.count = count
    self.fooled = fooled
    self.naturallyCorrect = naturallyCorrect
    self.correct = correct
    self.failed = failed
    self.zeroGradients = zeroGradients
  }

  /// Counts one image by its true class and both predictions, and by what went wrong.
  public mutating func add(
    label: Int, natural: Int, perturbed: Int, hasFailed: Bool = false, hadZeroGradient: Bool = false
  ) {
    count += 1
    fooled += natural == perturbed ? 0 : 1
    naturallyCorrect += natural == label ? 1 : 0
    correct += perturbed == label ? 1 : 0
    failed += hasFailed ? 1 : 0
    zeroGradients += hadZeroGradient ? 1 : 0
  }

  /// Counts what `other` counted.
  mutating func add(_ other: Tally) {
    count += other.count
    fooled += other.fooled
    naturallyCorrect += other.naturallyCorrect
    correct += other.correct
    failed += other.failed
    zeroGradients += other.zeroGradients
  }

  /// `fooled / count`; this and the other shares are 0 when there is no image.
  public var foolingRate: Double { share(fooled) }
  /// `naturallyCorrect / count`.
  public var naturalAccuracy: Double { share(naturallyCorrect) }
  /// `correct / count`.
  public var accuracy: Double { share(correct) }
  /// `zeroGradients / count`.
  public var zeroGradientShare: Double { share(zeroGradients) }

  private func share(_ part: Int) -> Double { count > 0 ? Double(part) / Double(count) : 0 }
}
