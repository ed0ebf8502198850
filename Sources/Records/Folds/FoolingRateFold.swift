/// Folds predictions into one tally a setting, in memory that grows with the settings only.
public struct FoolingRateFold: Sendable {
  private var positions: [Setting: Int] = [:]
  private var groups: [(setting: Setting, tally: Tally)] = []
  private var last = 0
  private var template = PredictionTemplate()

  /// A fold of no prediction.
  public init() {}

  /// Whether no prediction came in.
  public var isEmpty: Bool { groups.isEmpty }

  /// Counts one prediction.
  public mutating func add(_ record: PredictionRecord) {
    let position = position(of: record.setting)
    groups[position].tally.add(label: record.label, natural: record.natural, perturbed: record.perturbed)
    template.forget()
  }

  /// Counts the prediction in `line` if it is like the last one that `remember(_:)` was told of, but for its numbers.
  mutating func addAlike(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let classes = template.match(line) else { return false }
    groups[last].tally.add(label: classes.label, natural: classes.natural, perturbed: classes.perturbed)
    return true
  }

  /// Remembers `line`, of which the prediction counted last was read.
  mutating func remember(_ line: UnsafeBufferPointer<UInt8>) { template.learn(line) }

  /// The tallies in order of their settings' first appearance.
  public var tallies: [(setting: Setting, tally: Tally)] { groups }

  /// One `fooling-rate` record a setting, in order of first appearance.
  public var records: [FoolingRateRecord] {
    groups.map { group in
      FoolingRateRecord(
        setting: group.setting, count: group.tally.count, fooled: group.tally.fooled,
        naturalAccuracy: group.tally.naturalAccuracy, accuracy: group.tally.accuracy)
    }
  }

  /// Most records are of the setting before, which one comparison tells.
  private mutating func position(of setting: Setting) -> Int {
    if last < groups.count, groups[last].setting == setting { return last }
    if let known = positions[setting] {
      last = known
    } else {
      last = groups.count
      positions[setting] = last
      groups.append((setting, Tally()))
    }
    return last
  }
}
