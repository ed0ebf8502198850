#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The learning rate over a run, step by step.
public struct Schedule: Hashable, Sendable {
  /// The way the rate takes.
  public enum Course: Hashable, Sendable {
    /// It is multiplied by `factor` at the start of each of these epochs, counted from 0.
    case steps(factor: Float, milestones: [Int])
    /// It falls to 0 along half a cosine, as PyTorch's `CosineAnnealingLR` with a step a batch.
    case cosine
    /// It rises from a 25th for 3/10 of the run and then falls to nearly 0, both along cosines: Smith and Topin's
    /// one-cycle, as PyTorch's `OneCycleLR` with constant momentum.
    case oneCycle
    /// It rises from a tenth in a straight line and falls back likewise, so often in a run: Smith's triangles, as PyTorch's
    /// `CyclicLR`.
    case cyclic(count: Int)
  }

  /// The rate before its first fall; for `oneCycle` and `cyclic`, the highest.
  public var initial: Float
  /// The way it takes.
  public var course: Course
  /// During so many first epochs it rises linearly, step by step, to what `course` says.
  public var warmUp: Int

  /// A schedule.
  public init(initial: Float, course: Course, warmUp: Int = 0) {
    (self.initial, self.course, self.warmUp) = (initial, course, warmUp)
  }

  /// A schedule of falls by `factor` at `milestones`, epochs counted from 0.
  public init(initial: Float, factor: Float = 0.1, milestones: [Int]) {
    self.init(initial: initial, course: .steps(factor: factor, milestones: milestones))
  }

  /// The paper's natural schedule, scaled: of 120 epochs it falls at 50 and 100; runs under 12 epochs keep the second
  /// fall alone.
  public static func scaled(initial: Float, epochs: Int) -> Schedule {
    // Part by part, since five times any number of epochs may not fit.
    func fiveParts(of parts: Int) -> Int { epochs / parts * 5 + epochs % parts * 5 / parts }
    let milestones = (epochs >= 12 ? [fiveParts(of: 12)] : []) + [fiveParts(of: 6)]
    return Schedule(initial: initial, milestones: milestones.filter { $0 > 0 })
  }

  /// The rate of a step.
  ///
  /// - Parameters:
  ///   - epoch: The epoch, counted from 0.
  ///   - step: The step in it, counted from 0.
  ///   - stepsPerEpoch: The steps of an epoch, at least 1.
  ///   - epochs: The epochs of the run, at least 1.
  public func rate(epoch: Int, step: Int = 0, stepsPerEpoch: Int = 1, epochs: Int) -> Float {
    // In double precision, so that 0.05 falls to what prints as 0.005.
    let highest = exact(initial)
    let length = Double(stepsPerEpoch)
    let (position, count) = (Double(epoch) * length + Double(step), Double(epochs) * length)
    let rate =
      switch course {
      case .steps(let factor, let milestones): milestones.reduce(highest) { $1 <= epoch ? $0 * exact(factor) : $0 }
      case .cosine: highest * (1 + cos(Double.pi * position / count)) / 2
      case .oneCycle: oneCycle(highest, position, count)
      case .cyclic(let cycles): triangle(highest, position * Double(cycles) / count)
      }
    return Float(rate * min(1, (position + 1) / max(1, Double(warmUp) * length)))
  }

  private func oneCycle(_ highest: Double, _ position: Double, _ count: Double) -> Double {
    let (first, last) = (highest / 25, highest / 25 / 1e4)
    // Where it is highest, and where it ends; a run of few steps has hardly a rise.
    let (top, end) = (max(0.3 * count - 1, 0), count - 1)
    if position <= top { return between(first, highest, top > 0 ? position / top : 1) }
    return between(highest, last, (position - top) / (end - top))
  }

  /// The rate after so many cycles.
  private func triangle(_ highest: Double, _ cycles: Double) -> Double {
    let share = cycles - cycles.rounded(.down)
    return highest * (0.1 + 0.9 * (1 - (2 * share - 1).magnitude))
  }

  /// From `start` to `end` along half a cosine, `share` of the way.
  private func between(_ start: Double, _ end: Double, _ share: Double) -> Double {
    end + (start - end) * (1 + cos(Double.pi * share)) / 2
  }

  /// The double that prints as the float does.
  private func exact(_ value: Float) -> Double { Double(value.description) ?? Double(value) }
}
