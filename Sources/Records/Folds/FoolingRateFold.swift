public import Failures

/// Folds predictions into one tally a setting, in memory that grows with the settings and their images, not with records.
///
/// An image counts once in a setting: the same record again is left out, another one is refused.
public struct FoolingRateFold: Sendable {
  private struct Group {
    let setting: Setting
    var tally = Tally()
    /// The tallies by true class, where these are asked for.
    var classes: [Int: Tally] = [:]
    var images = SeenImages()
    /// The record that came last, which stands for those like it.
    var template = PredictionTemplate()
    var hasFailed = false
    var hadZeroGradient = false
    /// The group whose record came after the last one of this: the settings of each image come in one order.
    var next: Int?
  }

  private var positions: [Setting: Int] = [:]
  private var groups: [Group] = []
  // Of the record read last.
  private var last = 0

  /// How many records were left out, since they had come before.
  public private(set) var repeatedCount = 0

  /// The budgets at which every record counts, in pixel units; nil where it counts at its own.
  private let budgets: [Double]?
  /// Whether each true class has a rate of its own.
  private let isByClass: Bool
  // Of the record read last, and where its groups begin.
  private var curve: (setting: Setting, first: Int)?

  /// A fold of no prediction.
  ///
  /// - Parameters:
  ///   - budgets: Budgets in pixel units, none twice; records are then of the nearest images that fool, and count at each of
  ///     them, as fooled where they lie within it.
  ///   - byClass: Whether `records` has one of each setting and true class.
  public init(at budgets: [Double]? = nil, byClass: Bool = false) { (self.budgets, isByClass) = (budgets, byClass) }

  /// Whether no prediction came in.
  public var isEmpty: Bool { groups.isEmpty }

  /// Counts one prediction.
  ///
  /// - Throws: `Failure(.data)` when its image had another record in this setting, or is none of the setting's.
  public mutating func add(_ record: PredictionRecord) throws(Failure) {
    let line = record.line
    try line.withUnsafeBufferPointer { (line) throws(Failure) in
      try add(record, line: UnsafeBufferPointer(rebasing: line.dropLast()))
    }
  }

  /// Counts one prediction, which was read from `line`; two predictions are the same if their lines are, byte for byte.
  ///
  /// - Throws: as `add(_:)`.
  public mutating func add(_ record: PredictionRecord, line: UnsafeBufferPointer<UInt8>) throws(Failure) {
    if let budgets { return try add(record, line: line, at: budgets) }
    let before = last
    last = position(of: record.setting)
    let digest = learn(record, line)
    if before < groups.count { groups[before].next = last }
    let classes = PredictionTemplate.Classes(
      index: record.index, label: record.label, natural: record.natural, perturbed: record.perturbed)
    try count(classes, digest: digest)
  }

  /// Counts one prediction at each of `budgets`.
  private mutating func add(
    _ record: PredictionRecord, line: UnsafeBufferPointer<UInt8>, at budgets: [Double]
  ) throws(Failure) {
    if let epsilon = record.setting.epsilon {
      throw Failure(
        .data,
        "a record of one budget, epsilon \(epsilon): --at takes those of attacks that look for the nearest image")
    }
    var template = PredictionTemplate()
    let digest = template.learn(line)
    let repeated = repeatedCount
    // The number as it is written, so that what lies on a budget lies within it.
    let distance = Double(record.distance.description) ?? Double(record.distance)
    let first = firstPosition(of: record.setting, at: budgets)
    for (place, budget) in budgets.enumerated() {
      last = first + place
      (groups[last].hasFailed, groups[last].hadZeroGradient) = (record.failure != nil, record.hadZeroGradient)
      let classes = PredictionTemplate.Classes(
        index: record.index, label: record.label, natural: record.natural,
        perturbed: distance <= budget ? record.perturbed : record.natural)
      try count(classes, digest: digest)
    }
    repeatedCount = min(repeatedCount, repeated + 1)
  }

  /// Where the groups of `setting` at `budgets` begin, one after the other.
  private mutating func firstPosition(of setting: Setting, at budgets: [Double]) -> Int {
    if let curve, curve.setting == setting { return curve.first }
    let places = budgets.map { budget in
      var setting = setting
      setting.epsilon = budget
      return position(of: setting)
    }
    curve = (setting, places.first ?? 0)
    return places.first ?? 0
  }

  /// Keeps the record that was read from `line` as the template of its group.
  ///
  /// - Returns: the line's digest.
  private mutating func learn(_ record: PredictionRecord, _ line: UnsafeBufferPointer<UInt8>) -> UInt64 {
    (groups[last].hasFailed, groups[last].hadZeroGradient) = (record.failure != nil, record.hadZeroGradient)
    return groups[last].template.learn(line)
  }

  /// Counts the prediction in `line` if it is like one that was added, but for its numbers: like the last one, or like the
  /// one that came after such a one before.
  ///
  /// - Throws: as `add(_:)`.
  mutating func addAlike(_ line: UnsafeBufferPointer<UInt8>) throws(Failure) -> Bool {
    guard budgets == nil, last < groups.count else { return false }
    var group = groups[last].next ?? last
    var found = groups[group].template.match(line)
    if found == nil, group != last { (group, found) = (last, groups[last].template.match(line)) }
    guard let (classes, digest) = found else { return false }
    groups[last].next = group
    last = group
    try count(classes, digest: digest)
    return true
  }

  private mutating func count(_ classes: PredictionTemplate.Classes, digest: UInt64) throws(Failure) {
    let total = groups[last].setting.total
    guard classes.index >= 0, total.map({ classes.index < $0 }) ?? true else {
      throw Failure(.data, "image \(classes.index) of a `total` of \(total ?? 0); positions are 0 to total - 1")
    }
    switch groups[last].images.insert(classes.index, digest: digest) {
    case .new:
      var one = Tally()
      one.add(
        label: classes.label, natural: classes.natural, perturbed: classes.perturbed, hasFailed: groups[last].hasFailed,
        hadZeroGradient: groups[last].hadZeroGradient)
      groups[last].tally.add(one)
      if isByClass { groups[last].classes[classes.label, default: Tally()].add(one) }
    case .repeated: repeatedCount += 1
    case .contradictory:
      let setting = groups[last].setting
      throw Failure(
        .data,
        "image \(classes.index) came before with another answer, under the same settings (\(setting.attack), "
          + "\(setting.norm), epsilon \(setting.epsilon?.description ?? "none"), model \(setting.model.prefix(12))); count each run alone"
      )
    }
  }

  /// Most records are of the setting before, which one comparison tells.
  private mutating func position(of setting: Setting) -> Int {
    if last < groups.count, groups[last].setting == setting { return last }
    let key = setting.normalised
    if let known = positions[key] { return known }
    positions[key] = groups.count
    groups.append(Group(setting: setting))
    return groups.count - 1
  }
}

// MARK: - Results

extension FoolingRateFold {
  /// The tallies in order of their settings' first appearance.
  public var tallies: [(setting: Setting, tally: Tally)] { groups.map { ($0.setting, $0.tally) } }

  /// One `fooling-rate` record a setting, or a setting and true class, in order of first appearance; classes in their own.
  public var records: [FoolingRateRecord] {
    groups.flatMap { group in
      let missing = group.images.missing(of: group.setting.total)
      guard isByClass else { return [Self.record(group.setting, group.tally, missing: missing)] }
      return group.classes.sorted { $0.key < $1.key }.map { label, tally in
        var record = Self.record(group.setting, tally, missing: 0)
        record.label = label
        return record
      }
    }
  }

  private static func record(_ setting: Setting, _ tally: Tally, missing: Int) -> FoolingRateRecord {
    FoolingRateRecord(
      setting: setting, count: tally.count, fooled: tally.fooled, naturalAccuracy: tally.naturalAccuracy,
      accuracy: tally.accuracy, missing: missing, failed: tally.failed, zeroGradients: tally.zeroGradientShare)
  }

  /// One `score` record a setting, in order of first appearance.
  public var scores: [ScoreRecord] {
    groups.map {
      ScoreRecord(setting: $0.setting, tally: $0.tally, missing: $0.images.missing(of: $0.setting.total))
    }
  }
}
