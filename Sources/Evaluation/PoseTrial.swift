import Networks
import Spatial

/// The search for the worst pose of one image: poses in turn, drawn, of a grid, or each a step along the gradient from the
/// one before, until one fools or all are tried.
///
/// The worst is the first that is misclassified or, where none is, the first of those with the highest cross-entropy.
struct PoseTrial {
  /// The image's position in its original split.
  let image: Int
  /// Its true class.
  let label: Int
  /// Which of the transformations it goes through.
  let setting: Int
  /// The logits of the untouched image.
  let naturalLogits: [Float]
  /// How many poses have been tried.
  private(set) var tried = 0
  /// The worst pose so far, and its logits.
  private(set) var worst = (pose: Pose.identity, logits: [Float]())
  /// Whether there is nothing left to try.
  private(set) var isDone = false

  /// How many gradients were asked for.
  private(set) var backwards = 0

  private let transformation: Transformation
  /// The pose that the gradient has led to.
  private var climbed = Pose.identity
  private var highestLoss = -Float.infinity

  /// Begins with an image whose untouched logits are known, which is the first pose of a grid.
  init(image: Int, label: Int, _ transformation: Transformation, setting: Int, naturalLogits: LogitRow) {
    (self.image, self.label, self.setting) = (image, label, setting)
    (self.transformation, self.naturalLogits) = (transformation, Array(naturalLogits))
    if case .grid = transformation.search { take(naturalLogits) }
    climbed = transformation.pose(of: image, after: 0)
  }

  /// Whether the gradient of the pose tried last says which one is next.
  var isClimbing: Bool { steps.map { !isDone && !tried.isMultiple(of: $0 + 1) } ?? false }

  /// How many steps lead on from a start; nil where none does.
  private var steps: Int? {
    if case .climb(let steps, _) = transformation.search { steps } else { nil }
  }

  /// The pose to be tried after the next `ahead` ones; nil where there are no more.
  func pose(ahead: Int) -> Pose? {
    let number = tried + ahead
    guard steps == nil else { return isDone || ahead > 0 ? nil : climbed }
    return isDone || number >= transformation.poseCount ? nil : transformation.pose(of: image, after: number)
  }

  /// Takes the classifier's logits of the next pose; those of poses beyond the last needed one count for nothing.
  mutating func take(_ logits: LogitRow) {
    guard let pose = pose(ahead: 0) else { return }
    let loss = Objective.crossEntropy(label: label).value(logits)
    // Logits that are not finite are no verdict to go on from.
    let isLast = predictedClass(logits) != label || !logits.allSatisfy(\.isFinite)
    if isLast || tried == 0 || loss > highestLoss {
      (worst, highestLoss) = ((pose, Array(logits)), loss)
    }
    tried += 1
    isDone = isLast || tried == transformation.poseCount
    if let steps, !isDone, !isClimbing { climbed = transformation.pose(of: image, after: tried / (steps + 1)) }
  }

  /// Goes on along the slope of the loss at the pose tried last.
  mutating func climb(along slope: PoseSlope) {
    guard isClimbing, let steps else { return }
    climbed = transformation.step(from: climbed, along: slope, of: steps)
    backwards += 1
  }
}
