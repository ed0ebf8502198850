public import Failures

/// Signs that an attack rather than the network's strength is why images withstand it.
public struct DiagnosisRecord: Record {
  /// The value of `type`.
  public static let type = "diagnosis"

  /// One sign.
  public struct Indicator: Equatable, Sendable {
    /// What it is called, as `zero-gradients`.
    public var name: String
    /// What was measured.
    public var value: Double
    /// What is still sound.
    public var threshold: Double
    /// What to do about it.
    public var advice: String

    /// A sign of all its parts.
    public init(_ name: String, _ value: Double, above threshold: Double, advice: String) {
      (self.name, self.value, self.threshold, self.advice) = (name, value, threshold, advice)
    }

    /// Whether it speaks against the attack.
    public var fires: Bool { value > threshold }
  }

  /// The model, the attack and all that was set.
  public var setting: Setting
  /// How many images were looked at.
  public var count: Int
  /// All signs, those that do not speak against the attack, too.
  public var indicators: [Indicator]

  /// A record of all its parts.
  public init(setting: Setting, count: Int, indicators: [Indicator]) {
    (self.setting, self.count, self.indicators) = (setting, count, indicators)
  }

  /// Takes the record out of `json`; other keys are ignored.
  /// - Throws: `Failure(.data)` that names the missing or mistyped key.
  public init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, type: Self.type)
    setting = try Setting(&fields)
    count = try fields.integer("count")
    indicators = []
    for element in try fields.array("indicators") {
      guard let name = element["name"]?.string, let value = element["value"]?.number,
        let threshold = element["threshold"]?.number, let advice = element["advice"]?.string
      else { throw Failure(.data, "diagnosis record: an indicator lacks `name`, `value`, `threshold` or `advice`") }
      indicators.append(Indicator(name, value, above: threshold, advice: advice))
    }
  }

  /// Appends the record as one line.
  public func write(into writer: inout RecordWriter) {
    writer.begin("diagnosis")
    setting.write(into: &writer)
    setting.writeParameters(into: &writer)
    writer.write("count", count)
    writer.write("indicators", .array(indicators.map(\.json)))
    writer.end()
  }
}

extension DiagnosisRecord.Indicator {
  fileprivate var json: JSON {
    .object([
      .init("name", .string(name)), .init("value", .number(value)), .init("threshold", .number(threshold)),
      .init("fires", .bool(fires)), .init("advice", .string(advice)),
    ])
  }
}
