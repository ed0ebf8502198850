import Attacks
import Spatial
import Tensors

/// How the best epoch of a run is found: by a metric on training images that are held out, never trained on.
public struct Validation: Hashable, Sendable {
  /// What is measured: the share of the held-out images that are classified rightly, in evaluation mode.
  public enum Metric: String, CaseIterable, Sendable {
    /// As they are.
    case natural
    /// Turned and moved within the run's budgets, each image alike after every epoch.
    case spatial
    /// Under projected gradient descent with the run's budget, from starts that are alike after every epoch.
    case robust
  }

  /// What is measured after every epoch.
  public var metric: Metric
  /// How many images are held out, at least 1.
  public var imageCount: Int

  /// The metric on so many images.
  public init(metric: Metric, imageCount: Int) { (self.metric, self.imageCount) = (metric, imageCount) }

  /// Which of `count` images are held out, drawn by the seed, and which are trained on, each in order.
  ///
  /// - Precondition: at most `count` are held out.
  package func split(count: Int, seed: UInt64) -> (heldOut: [Int], trained: [Int]) {
    var generator = Generator(seed: seed, purpose: .split)
    let order = generator.permutation(count: count)
    return (order[..<imageCount].sorted(), order[imageCount...].sorted())
  }
}

extension TrainingConfiguration {
  /// How many of `count` images are trained on.
  public func trainedCount(of count: Int) -> Int { max(0, count - (validation?.imageCount ?? 0)) }

  /// The attack by which `Validation.Metric.robust` measures: projected gradient descent with the settings of the last
  /// stage that attacks by it, or within the budget of another adversary, in ten steps of a quarter of that; it climbs the
  /// cross-entropy.
  var validationAttack: ProjectedGradientDescent? {
    guard let last = stages.compactMap(\.method.attack).last(where: { $0.epsilon > 0 }) else { return nil }
    var attack = ProjectedGradientDescent(
      norm: last.attack.norm, epsilon: last.epsilon, steps: 10, stepSize: last.epsilon / 4)
    if last.name == AttackCatalogue.pgd.name, let own = last.attack as? ProjectedGradientDescent { attack = own }
    attack.seed = seed
    return attack
  }

  /// The poses by which `Validation.Metric.spatial` measures: the budgets of the last stage that turns or moves images.
  var validationPoses: PoseDistribution? {
    stages.map { PoseDistribution(rotation: $0.poses.rotation, translation: $0.poses.translation) }
      .last { !$0.isIdentity }
  }
}
