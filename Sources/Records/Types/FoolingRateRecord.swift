public import Failures

/// How often a perturbation changed a model's mind.
public struct FoolingRateRecord: Record {
  /// The value of `type`.
  public static let type = "fooling-rate"

  /// The model, the attack and all that was set; nil when two bare lists of predictions were compared.
  public var setting: Setting?
  /// The true class of the images; nil for those of all classes.
  public var label: Int?
  /// How many images.
  public var count: Int
  /// How many of them are classified differently when perturbed.
  public var fooled: Int
  /// The share of untouched images that are classified rightly; nil when labels are unknown.
  public var naturalAccuracy: Double?
  /// The share of perturbed images that are classified rightly; nil when labels are unknown.
  public var accuracy: Double?
  /// How many of the images that were asked for are not among them.
  public var missing: Int
  /// For how many the attack failed, or the model's answers are not finite.
  public var failed: Int
  /// For which share the gradient was zero at the attack's first step.
  public var zeroGradients: Double

  /// `fooled / count`; 0 when there is no image.
  public var rate: Double { count > 0 ? Double(fooled) / Double(count) : 0 }
  /// The 95 % interval of the rate.
  public var interval: WilsonInterval { WilsonInterval(successes: fooled, count: count) }

  /// A record of all its parts.
  public init(
    setting: Setting?, count: Int, fooled: Int, naturalAccuracy: Double? = nil, accuracy: Double? = nil,
    missing: Int = 0, failed: Int = 0, zeroGradients: Double = 0
  ) {
    (self.missing, self.failed, self.zeroGradients) = (missing, failed, zeroGradients)
    self.setting = setting
    self.count = count
    self.fooled = fooled
    self.naturalAccuracy = naturalAccuracy
    self.accuracy = accuracy
  }

  /// Takes the record out of `json`; other keys are ignored.
  /// - Throws: `Failure(.data)` that names the missing or mistyped key.
  public init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, type: Self.type)
    setting = [nil, .null].contains(json["model"]) ? nil : try Setting(&fields)
    label = try fields.optionalInteger("label")
    count = try fields.integer("count")
    fooled = try fields.integer("fooled")
    guard count >= 0, (0...count).contains(fooled) else {
      throw Failure(.data, "fooling-rate record: `fooled` is not between 0 and `count`")
    }
    naturalAccuracy = try fields.optionalNumber("natural_accuracy")
    accuracy = try fields.optionalNumber("accuracy")
    missing = try fields.optionalInteger("missing") ?? 0
    failed = try fields.optionalInteger("failed") ?? 0
    zeroGradients = try fields.optionalNumber("zero_gradients") ?? 0
  }

  /// Appends the record as one line.
  public func write(into writer: inout RecordWriter) {
    writer.begin("fooling-rate")
    setting?.write(into: &writer)
    setting?.writeParameters(into: &writer)
    if let label { writer.write("label", label) }
    writer.write("count", count)
    writer.write("fooled", fooled)
    writer.write("rate", rate)
    writer.write("interval", interval.json)
    if let naturalAccuracy { writer.write("natural_accuracy", naturalAccuracy) }
    if let accuracy { writer.write("accuracy", accuracy) }
    writer.writeFlaws(missing: missing, failed: failed, zeroGradients: zeroGradients)
    writer.end()
  }
}

extension RecordWriter {
  /// Writes what a rate's images lack, if anything.
  mutating func writeFlaws(missing: Int, failed: Int, zeroGradients: Double) {
    if missing > 0 { write("missing", missing) }
    if failed > 0 { write("failed", failed) }
    if zeroGradients > 0 { write("zero_gradients", zeroGradients) }
  }
}
