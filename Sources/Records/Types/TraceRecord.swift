public import Failures

/// A point on an attack's way: what a network said of one image there.
public struct TraceRecord: Record {
  /// The value of `type`.
  public static let type = "trace"

  /// The model, the attack and the budgets.
  public var setting: Setting
  /// What was drawn for this image.
  public var pose: PredictionRecord.Pose
  /// The 0-based position in the original split.
  public var index: Int
  /// The true class, 0-based.
  public var label: Int
  /// After how many of the attack's steps for the image, those of all restarts together.
  public var step: Int
  /// The cross-entropy of the label; nil where it is not finite.
  public var loss: Float?
  /// The largest other logit minus the label's; nil where it is not finite.
  public var margin: Float?
  /// How far from the clean image, in pixel units.
  public var distance: Float

  /// A record of all its parts.
  public init(
    setting: Setting, pose: PredictionRecord.Pose = .init(), index: Int, label: Int, step: Int, loss: Float?,
    margin: Float?, distance: Float
  ) {
    (self.setting, self.pose, self.index, self.label, self.step) = (setting, pose, index, label, step)
    (self.loss, self.margin, self.distance) = (loss, margin, distance)
  }

  /// Takes the record out of `json`; other keys are ignored.
  /// - Throws: `Failure(.data)` that names the missing or mistyped key.
  public init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, type: Self.type)
    setting = try Setting(&fields)
    pose = try PredictionRecord.Pose(&fields)
    index = try fields.integer("index")
    label = try fields.integer("label")
    step = try fields.integer("step")
    loss = try fields.optionalNumber("loss").map { Float($0) }
    margin = try fields.optionalNumber("margin").map { Float($0) }
    distance = Float(try fields.number("distance"))
  }

  /// Appends the record as one line.
  public func write(into writer: inout RecordWriter) {
    writer.begin("trace")
    setting.write(into: &writer)
    pose.write(into: &writer)
    writer.write("index", index)
    writer.write("label", label)
    writer.write("step", step)
    if let loss { writer.write("loss", loss) }
    if let margin { writer.write("margin", margin) }
    writer.write("distance", distance)
    setting.writeParameters(into: &writer)
    writer.end()
  }
}
