/// A learning rate that falls by a factor at the start of certain epochs.
public struct StepSchedule: Hashable, Sendable {
  /// The rate before the first fall.
  public var initial: Float
  /// What the rate is multiplied by at each milestone.
  public var factor: Float
  /// The epochs, counted from 0, at whose start it falls.
  public var milestones: [Int]

  /// A schedule.
  public init(initial: Float, factor: Float = 0.1, milestones: [Int]) {
    self.initial = initial
    self.factor = factor
    self.milestones = milestones
  }

  /// The paper's natural schedule, scaled: of 120 epochs it falls at 50 and 100; runs under 12 epochs keep the second
  /// fall alone.
  public static func scaled(initial: Float, epochs: Int) -> StepSchedule {
    let milestones = (epochs >= 12 ? [epochs * 5 / 12] : []) + [epochs * 5 / 6]
    return StepSchedule(initial: initial, milestones: milestones.filter { $0 > 0 })
  }

  /// The rate in `epoch`, counted from 0.
  public func rate(epoch: Int) -> Float {
    // In double precision, so that 0.05 falls to what prints as 0.005.
    let exact = (Double(initial.description) ?? Double(initial), Double(factor.description) ?? Double(factor))
    return Float(milestones.reduce(exact.0) { $1 <= epoch ? $0 * exact.1 : $0 })
  }
}
