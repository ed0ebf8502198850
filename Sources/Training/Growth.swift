import Attacks
import Spatial

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How budgets go from those of one stage to those of the next.
public enum Growth: String, CaseIterable, Sendable {
  /// At once, where the next stage begins.
  case steps
  /// Epoch by epoch, by the same number.
  case linear
  /// Epoch by epoch, by the same factor; for budgets above 0.
  case exponential

  /// What lies `share` of the way from `start` to `end`; nil where no factor leads there.
  func between(_ start: Double, _ end: Double, _ share: Double) -> Double? {
    if start == end { return start }
    switch self {
    case .steps: return start
    case .linear: return start + (end - start) * share
    case .exponential: return start > 0 && end > 0 ? start * pow(end / start, share) : nil
    }
  }
}

extension Curriculum {
  /// The first stage, counted from 0, whose budgets do not grow to those of the next: they differ in more than rotation,
  /// translation, epsilon, step size and learning rate, one ends early, or a factor would have to lead from 0; nil where all
  /// do.
  public var stuckStage: Int? {
    guard growth != .steps else { return nil }
    return zip(stages, stages.dropFirst()).enumerated().first { $1.0.grown(to: $1.1, by: 0.5, growth) == nil }?.offset
  }

  /// A stage an epoch for a run of `wanted` epochs.
  func grownStages(epochs wanted: Int) -> [Stage] {
    (0..<wanted).compactMap { epoch in
      // Where that is in a run of the length that the stages are meant for.
      let position = Double(epoch) * Double(epochs) / Double(wanted)
      guard let place = stages.lastIndex(where: { Double($0.start) <= position }) else { return nil }
      var stage = stages[place]
      if place + 1 < stages.count {
        let next = stages[place + 1]
        let share = (position - Double(stage.start)) / Double(next.start - stage.start)
        stage = stage.grown(to: next, by: share, growth) ?? stage
      }
      stage.start = epoch
      return stage
    }
  }
}

extension Stage {
  /// The stage with budgets `share` of the way to those of `next`; nil where it differs in more.
  fileprivate func grown(to next: Stage, by share: Double, _ growth: Growth) -> Stage? {
    guard end == nil, next.end == nil, let rotation = growth.between(poses.rotation, next.poses.rotation, share),
      let translation = growth.between(poses.translation, next.poses.translation, share),
      let method = method.grown(to: next.method, by: share, growth)
    else { return nil }
    var (grown, reached) = (self, next)
    (grown.poses.rotation, grown.poses.translation, grown.method) = (rotation, translation, method)
    (reached.poses.rotation, reached.poses.translation, reached.method) = (rotation, translation, method)
    (reached.start, reached.learningRate) = (start, learningRate)
    return grown == reached ? grown : nil
  }
}

extension Method {
  fileprivate func grown(to next: Method, by share: Double, _ growth: Growth) -> Method? {
    func attack(_ one: any Attack, _ other: any Attack) -> ProjectedGradientDescent? {
      guard var attack = one as? ProjectedGradientDescent, var end = other as? ProjectedGradientDescent,
        let epsilon = growth.between(Double(attack.epsilon), Double(end.epsilon), share),
        let stepSize = growth.between(Double(attack.stepSize), Double(end.stepSize), share)
      else { return nil }
      (attack.epsilon, attack.stepSize) = (Float(epsilon), Float(stepSize))
      (end.epsilon, end.stepSize) = (attack.epsilon, attack.stepSize)
      return attack == end ? attack : nil
    }
    switch (self, next) {
    case (.natural, .natural): return .natural
    case (.adversarial(let one), .adversarial(let other)):
      return one.name == other.name
        ? attack(one.attack, other.attack).map { Method.adversarial(TrainingAttack(one.name, $0)) } : nil
    case (.trades(let one, let beta), .trades(let other, let weight)) where beta == weight:
      return attack(one, other).map { Method.trades($0, beta: beta) }
    case (.transformedTrades(let one, let beta), .transformedTrades(let other, let weight)) where beta == weight:
      return attack(one, other).map { Method.transformedTrades($0, beta: beta) }
    default: return nil
    }
  }
}
