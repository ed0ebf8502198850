import Attacks
import Spatial

/// Stages for a run of a certain length, which stretch to any other.
public struct Curriculum: Hashable, Sendable {
  /// The length that the stages are meant for, in epochs.
  public var epochs: Int
  /// The stages, the first from epoch 0, each later than the one before.
  public var stages: [Stage]
  /// How budgets go from one stage to the next.
  public var growth: Growth

  /// A curriculum.
  public init(epochs: Int, stages: [Stage], growth: Growth = .steps) {
    (self.epochs, self.stages, self.growth) = (epochs, stages, growth)
  }

  /// The stages for a run of another length; one for which no whole epoch is left gives way to the next.
  public func stages(epochs wanted: Int) -> [Stage] {
    guard growth == .steps else { return grownStages(epochs: wanted) }
    var scaled: [Stage] = []
    for stage in stages {
      var stage = stage
      stage.start = Int((Double(stage.start) * Double(wanted) / Double(max(epochs, 1))).rounded(.down))
      if scaled.last?.start == stage.start { scaled.removeLast() }
      scaled.append(stage)
    }
    return scaled
  }

  /// Those that have a name.
  public static let named: [String: Curriculum] = ["cusp-cifar10": cuspCIFAR10, "cusp-mnist": cuspMNIST]

  /// The paper's, for 120 epochs of CIFAR-10.
  public static let cuspCIFAR10 = Curriculum(
    epochs: 120,
    stages: [
      (0, 0.1, 120, 2), (74, 0.01, 150, 4), (89, 0.001, 180, 8), (99, 0.0001, 180, 8),
    ].map { (start: Int, rate: Float, degrees: Double, levels: Float) in
      Stage(
        start: start, method: .pgd(ProjectedGradientDescent(epsilon: levels / 255, steps: 10, stepSize: 2.0 / 255)),
        poses: PoseDistribution(rotation: degrees, cropPadding: 4, isFlipping: true), learningRate: rate)
    })

  /// Thirds of rising rotation and epsilon, for one-channel images such as those of MNIST.
  public static let cuspMNIST = Curriculum(
    epochs: 3,
    stages: [(0, 10, 0.1), (1, 20, 0.2), (2, 30, 0.3)].map { (start: Int, degrees: Double, epsilon: Float) in
      Stage(
        start: start, method: .pgd(ProjectedGradientDescent(epsilon: epsilon, steps: 10, stepSize: epsilon / 4)),
        poses: PoseDistribution(rotation: degrees))
    })
}
