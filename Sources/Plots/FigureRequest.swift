public import Failures

/// What is asked of a figure beyond its kind, in the words of the command line.
public struct FigureRequest: Equatable, Sendable {
  /// What the horizontal direction shows.
  public var x: String?
  /// What the vertical direction shows.
  public var y: String?
  /// Which share of images colours cells or places dots.
  public var value: String?
  /// By which settings lines are told apart, with commas between.
  public var by: String?
  /// The line above.
  public var title: String?
  /// Whether models whose names differ in their last number alone are one.
  public var areSeeds = false

  /// A request for what is usual.
  public init() {}

  /// Refuses what `kind` has no use for.
  ///
  /// - Throws: `Failure(.usage)`.
  public func check(for kind: FigureKind) throws(Failure) {
    let given = [
      ("--x", x != nil), ("--y", y != nil), ("--value", value != nil), ("--by", by != nil), ("--seeds", areSeeds),
    ]
    for (option, isGiven) in given where isGiven && !kind.takes.contains(option) {
      throw Failure(.usage, "\(option) means nothing for a \(kind.rawValue); leave it out")
    }
    // What stands for a budget or a share is read here, before any record.
    switch kind {
    case .profile: _ = (try budget("--x", x), try measure("--y", y))
    case .curve: _ = try measure("--y", y)
    case .heatmap: _ = (try budget("--x", x), try budget("--y", y), try measure("--value", value))
    case .pareto: _ = (try budgetValue("--x", x), try budgetValue("--y", y), try measure("--value", value))
    case .training, .confusion: break
    }
  }

  /// The names in `by`.
  var facets: [String]? { by.map { $0.split(separator: ",").map(String.init) } }

  func budget(_ option: String, _ text: String?) throws(Failure) -> Budget? {
    guard let text else { return nil }
    guard let budget = Budget(rawValue: text) else {
      throw Failure(.usage, "\(option) \(text): give rotation, epsilon or translation")
    }
    return budget
  }

  func budgetValue(_ option: String, _ text: String?) throws(Failure) -> BudgetValue? {
    guard let text else { return nil }
    guard let value = BudgetValue(text) else {
      throw Failure(.usage, "\(option) \(text): give a budget and its value, as in rotation=30 or epsilon=8/255")
    }
    return value
  }

  func measure(_ option: String, _ text: String?) throws(Failure) -> Measure {
    guard let text else { return .accuracy }
    guard let measure = Measure(rawValue: text) else {
      throw Failure(.usage, "\(option) \(text): give accuracy, fooling-rate or natural-accuracy")
    }
    return measure
  }
}
