public import Failures
public import Records

/// Folds scores, fooling rates and predictions into summaries over seeds.
///
/// Models whose names differ in their last number alone, as `pgd-1.h5` and `pgd-2.h5`, are one method's; they are called by
/// the files that `checkpoint` records name, else by those of their scores, else by their digests.
public struct SeedSummary: Sendable {
  private var measurements = Measurements()
  private var names = ModelNames()
  /// What error records said.
  public private(set) var errors: [String] = []

  /// A fold of no record.
  public init() {}

  /// Takes in all that `reader` reads, to its end; records of other types are passed over.
  ///
  /// - Throws: `Failure(.data)` with the line's number for what is no record, or another answer under the same settings.
  public mutating func take(_ reader: inout RecordReader) throws(Failure) {
    while let record = try reader.next(counting: &measurements.predictions) {
      do {
        switch record.type {
        case ErrorRecord.type: errors.append(printable(try record.decode(ErrorRecord.self).message))
        case CheckpointRecord.type: names.add(try record.decode(CheckpointRecord.self))
        case ScoreRecord.type:
          let score = try record.decode(ScoreRecord.self)
          try measurements.add(Sample(setting: score.setting, tally: score.tally, missing: score.missing))
        case FoolingRateRecord.type: try measurements.add(try record.decode(FoolingRateRecord.self))
        default: break
        }
      } catch {
        let place = "line \(record.line): "
        throw error.message.hasPrefix(place) ? error : Failure(error.kind, place + error.message)
      }
    }
  }

  /// A summary of each method and setting, methods and settings in the order of first appearance.
  ///
  /// - Throws: `Failure(.data)` where predictions and scores disagree.
  public func records() throws(Failure) -> [SummaryRecord] {
    let samples = try measurements.samples()
    var names = names
    for sample in samples { names.add(sample.setting) }
    let known = names.names(of: Array(Set(samples.map(\.setting.model))))
    let alike = Dictionary(grouping: known.values, by: ModelNames.withoutSeed)
    // Who has no other seed keeps its name.
    func methodName(_ name: String) -> String {
      let shared = ModelNames.withoutSeed(name)
      return (alike[shared]?.count ?? 1) > 1 ? shared : name
    }
    var methods: [String] = []
    var groups: [String: [(setting: Setting, samples: [Sample])]] = [:]
    for sample in samples {
      let name = methodName(known[sample.setting.model] ?? sample.setting.model)
      if !methods.contains(name) { methods.append(name) }
      var setting = sample.setting.normalised
      setting.model = ""
      if let place = groups[name]?.firstIndex(where: { $0.setting == setting }) {
        groups[name]?[place].samples.append(sample)
      } else {
        groups[name, default: []].append((setting, [sample]))
      }
    }
    return methods.flatMap { name in
      (groups[name] ?? []).map { setting, samples in
        SummaryRecord(name: name, setting: setting, models: samples.map(\.setting.model), tallies: samples.map(\.tally))
      }
    }
  }
}
