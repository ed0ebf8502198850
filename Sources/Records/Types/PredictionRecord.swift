public import Failures

/// What a model said of one image, untouched and perturbed: the fact that all rates are computed from.
public struct PredictionRecord: Record {
  /// The rotation and translation drawn for the image.
  public struct Pose: Hashable, Sendable {
    /// The angle, degrees, counter-clockwise.
    public var degrees: Double
    /// The shift to the right, pixels.
    public var dx: Double
    /// The shift downwards, pixels.
    public var dy: Double

    /// A pose; the one that changes nothing unless told otherwise.
    public init(degrees: Double = 0, dx: Double = 0, dy: Double = 0) {
      self.degrees = degrees
      self.dx = dx
      self.dy = dy
    }
  }

  /// The value of `type`.
  public static let type = "prediction"

  /// The model, the attack and the budgets.
  public var setting: Setting
  /// What was drawn for this image.
  public var pose: Pose
  /// The 0-based position in the original split.
  public var index: Int
  /// The true class, 0-based.
  public var label: Int
  /// The class predicted for the untouched image.
  public var natural: Int
  /// The class predicted for the transformed and attacked image.
  public var perturbed: Int
  /// The norm of the perturbation beyond the pose, in pixel units.
  public var distance: Float
  /// The scores of all classes for the perturbed image, if asked for; NaN for those that are not finite.
  public var logits: [Float]?
  /// How many steps were taken for this image and setting, all restarts together; nil unless the attack stopped early.
  public var steps: Int?
  /// The smaller epsilon whose perturbation this repeats, in pixel units; nil where the setting has its own.
  public var reused: Double?
  /// How many forward and backward passes of this image the networks ran for the record; nil where nobody counted.
  public var forwards, backwards: Int?
  /// The member of an ensemble that broke the image; nil where none did.
  public var brokenBy: String?
  /// Whether rounding to 8 bits undid what the attack found: a wrong prediction, a changed one, or the target.
  public var isLostByRounding: Bool
  /// Whether the gradient at the attack's first step was zero in every pixel, so that it had nowhere to go.
  public var hadZeroGradient: Bool
  /// Why the attack failed and the image is unharmed, or that the model's answers are not finite; nil when all is well.
  public var failure: String?

  /// A record of all its parts.
  public init(
    setting: Setting, pose: Pose = Pose(), index: Int, label: Int, natural: Int, perturbed: Int, distance: Float,
    logits: [Float]? = nil, steps: Int? = nil, reused: Double? = nil, forwards: Int? = nil,
    backwards: Int? = nil, brokenBy: String? = nil, isLostByRounding: Bool = false, hadZeroGradient: Bool = false,
    failure: String? = nil
  ) {
    (self.forwards, self.backwards, self.brokenBy) = (forwards, backwards, brokenBy)
    self.steps = steps
    self.reused = reused
    self.setting = setting
    self.pose = pose
    self.index = index
    self.label = label
    self.natural = natural
    self.perturbed = perturbed
    self.distance = distance
    self.logits = logits
    (self.isLostByRounding, self.hadZeroGradient) = (isLostByRounding, hadZeroGradient)
    self.failure = failure
  }

  /// Takes the record out of `json`; other keys are ignored.
  /// - Throws: `Failure(.data)` that names the missing or mistyped key.
  public init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, type: Self.type)
    setting = try Setting(&fields)
    pose = try Pose(&fields)
    index = try fields.integer("index")
    label = try fields.integer("label")
    natural = try fields.integer("natural")
    perturbed = try fields.integer("perturbed")
    distance = Float(try fields.number("distance"))
    logits = try fields.optionalFloats("logits")
    steps = try fields.optionalInteger("steps")
    reused = try fields.optionalNumber("reused")
    forwards = try fields.optionalInteger("forwards")
    backwards = try fields.optionalInteger("backwards")
    brokenBy = try fields.optionalString("broken_by")
    isLostByRounding = try fields.optionalBool("rounding_lost") ?? false
    hadZeroGradient = try fields.optionalBool("zero_gradient") ?? false
    failure = try fields.optionalString("failure")
  }

  /// Appends the record as one line.
  public func write(into writer: inout RecordWriter) {
    writer.begin("prediction")
    setting.write(into: &writer)
    pose.write(into: &writer)
    writer.write("index", index)
    writer.write("label", label)
    writer.write("natural", natural)
    writer.write("perturbed", perturbed)
    writer.write("distance", distance)
    if let logits { writer.write("logits", logits) }
    setting.writeParameters(into: &writer)
    if let steps { writer.write("steps", steps) }
    if let reused { writer.write("reused", reused) }
    if let forwards { writer.write("forwards", forwards) }
    if let backwards { writer.write("backwards", backwards) }
    if let brokenBy { writer.write("broken_by", brokenBy) }
    if isLostByRounding { writer.write("rounding_lost", true) }
    if hadZeroGradient { writer.write("zero_gradient", true) }
    if let failure { writer.write("failure", failure) }
    writer.end()
  }
}

extension PredictionRecord.Pose {
  init(_ fields: inout RecordFields) throws(Failure) {
    guard var pose = try fields.optionalObject("pose") else {
      throw Failure(.data, "prediction record without `pose`")
    }
    degrees = try pose.number("degrees")
    dx = try pose.number("dx")
    dy = try pose.number("dy")
  }

  func write(into writer: inout RecordWriter) {
    writer.beginObject("pose")
    writer.write("degrees", degrees)
    writer.write("dx", dx)
    writer.write("dy", dy)
    writer.endObject()
  }
}
