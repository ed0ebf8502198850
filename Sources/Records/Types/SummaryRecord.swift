public import Failures

/// How one method did in one setting, over models that differ in their seed alone.
public struct SummaryRecord: Record {
  /// The value of `type`.
  public static let type = "summary"

  /// What the models' names share.
  public var name: String
  /// The attack and all that was set; of a model it says nothing.
  public var setting: Setting
  /// The models' digests.
  public var models: [String]
  /// How many images each model was shown.
  public var count: Int
  /// The models' shares of untouched images that are classified rightly.
  public var naturalAccuracy: StudentInterval
  /// Of perturbed images that are classified rightly.
  public var accuracy: StudentInterval
  /// Of images that are classified differently when perturbed.
  public var foolingRate: StudentInterval

  /// A summary of `tallies`, one a model.
  ///
  /// - Precondition: there is a model, and a tally for each.
  public init(name: String, setting: Setting, models: [String], tallies: [Tally]) {
    precondition(!models.isEmpty && models.count == tallies.count, "a tally for each of one or more models")
    (self.name, self.setting, self.models) = (name, setting, models)
    self.setting.model = ""
    (self.setting.path, self.setting.method, self.setting.modelSeed) = (nil, nil, nil)
    count = tallies.map(\.count).min() ?? 0
    naturalAccuracy = StudentInterval(tallies.map(\.naturalAccuracy))
    accuracy = StudentInterval(tallies.map(\.accuracy))
    foolingRate = StudentInterval(tallies.map(\.foolingRate))
  }

  /// Takes the record out of `json`; other keys are ignored.
  /// - Throws: `Failure(.data)` that names the missing or mistyped key.
  public init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, type: Self.type)
    name = try fields.string("name")
    setting = try Setting(&fields, model: "")
    models = try fields.array("models").compactMap(\.string)
    count = try fields.integer("count")
    guard !models.isEmpty, count >= 0 else {
      throw Failure(.data, "summary record: `models` is empty, or `count` is less than 0")
    }
    naturalAccuracy = try fields.need("natural_accuracy", "a mean", StudentInterval.init(json:))
    accuracy = try fields.need("accuracy", "a mean", StudentInterval.init(json:))
    foolingRate = try fields.need("fooling_rate", "a mean", StudentInterval.init(json:))
  }

  /// Appends the record as one line.
  public func write(into writer: inout RecordWriter) {
    writer.begin("summary")
    writer.write("name", name)
    setting.writeWithoutModel(into: &writer)
    setting.writeParameters(into: &writer)
    writer.write("models", .array(models.map { .string($0) }))
    writer.write("count", count)
    writer.write("natural_accuracy", naturalAccuracy.json)
    writer.write("accuracy", accuracy.json)
    writer.write("fooling_rate", foolingRate.json)
    writer.end()
  }
}
