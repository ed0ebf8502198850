public import Failures

/// How far a task is, for a program that started another: a line on standard error.
public struct ProgressRecord: Record {
  /// The value of `type`.
  public static let type = "progress"

  /// The name of the program at work.
  public var program: String
  /// What it is at, such as `epoch 3/30`.
  public var label: String
  /// How much of that is done, 0...1; 1 when the task has ended.
  public var fraction: Double
  /// For how many seconds it has been at it.
  public var seconds: Double
  /// What people are told of it.
  public var details: String
  /// What of that is numbers.
  public var facts: ProgressFacts

  /// A record of all its parts.
  public init(
    program: String, label: String, fraction: Double, seconds: Double, details: String,
    facts: ProgressFacts = ProgressFacts()
  ) {
    self.program = program
    self.label = label
    self.fraction = fraction
    self.seconds = seconds
    self.details = details
    self.facts = facts
  }

  /// Takes the record out of `json`; other keys are ignored.
  /// - Throws: `Failure(.data)` that names the missing or mistyped key.
  public init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, type: Self.type)
    program = try fields.string("program")
    label = try fields.string("label")
    fraction = try fields.number("fraction")
    seconds = try fields.number("seconds")
    details = try fields.string("details")
    facts = ProgressFacts(
      file: try fields.optionalString("file"), images: try fields.optionalInteger("images"),
      bytes: try fields.optionalInteger("bytes"), loss: try fields.optionalNumber("loss"),
      accuracy: try fields.optionalNumber("accuracy"), imagesPerSecond: try fields.optionalNumber("images_per_second"),
      secondsLeft: try fields.optionalNumber("seconds_left"))
  }

  /// Appends the record as one line; a fact that is no finite number is left out.
  public func write(into writer: inout RecordWriter) {
    writer.begin("progress")
    writer.write("program", program)
    writer.write("label", label)
    writer.write("fraction", fraction)
    writer.write("seconds", seconds)
    writer.write("details", details)
    if let file = facts.file { writer.write("file", file) }
    if let images = facts.images { writer.write("images", images) }
    if let bytes = facts.bytes { writer.write("bytes", bytes) }
    if let loss = facts.loss, loss.isFinite { writer.write("loss", loss) }
    if let accuracy = facts.accuracy, accuracy.isFinite { writer.write("accuracy", accuracy) }
    if let rate = facts.imagesPerSecond, rate.isFinite { writer.write("images_per_second", rate) }
    if let left = facts.secondsLeft, left.isFinite { writer.write("seconds_left", left) }
    writer.end()
  }
}

/// What a task has come to so far; nil for what it does not count.
public struct ProgressFacts: Equatable, Sendable {
  /// The file at work.
  public var file: String?
  /// How many images are done.
  public var images: Int?
  /// How many bytes have come.
  public var bytes: Int?
  /// The mean loss of the images so far, nats.
  public var loss: Double?
  /// The share of them, 0...1, that the model classified rightly.
  public var accuracy: Double?
  /// Images a second.
  public var imagesPerSecond: Double?
  /// For how many seconds it will go on at this pace.
  public var secondsLeft: Double?

  /// What is known of these.
  public init(
    file: String? = nil, images: Int? = nil, bytes: Int? = nil, loss: Double? = nil, accuracy: Double? = nil,
    imagesPerSecond: Double? = nil, secondsLeft: Double? = nil
  ) {
    self.file = file
    self.images = images
    self.bytes = bytes
    self.loss = loss
    self.accuracy = accuracy
    self.imagesPerSecond = imagesPerSecond
    self.secondsLeft = secondsLeft
  }
}
