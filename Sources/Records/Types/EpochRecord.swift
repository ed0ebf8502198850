public import Failures

/// How one epoch of training went.
public struct EpochRecord: Record {
  /// The value of `type`.
  public static let type = "epoch"

  /// The 1-based number of the epoch that ended.
  public var epoch: Int
  /// How many epochs the run has.
  public var epochs: Int
  /// The learning rate of the epoch's last step.
  public var learningRate: Double
  /// The rotation's budget, degrees.
  public var rotation: Double
  /// The translation's budget, pixels.
  public var translation: Double
  /// The attack's bound, in pixel units; 0 when training on natural images.
  public var epsilon: Double
  /// The mean of the objective over the epoch's images, nats.
  public var loss: Double
  /// The share, 0...1, of the epoch's training images that were classified rightly as the network saw them.
  public var accuracy: Double
  /// The metric on the images held out, 0...1; nil where none are.
  public var validation: Double?
  /// The epoch whose model the file holds, the best so far, counted from 1; nil where it is the last one.
  public var kept: Int?
  /// Images trained per second of the epoch.
  public var imagesPerSecond: Double
  /// How long its steps took.
  public var seconds: Double

  /// A record of all its parts.
  public init(
    epoch: Int, epochs: Int, learningRate: Double, rotation: Double, translation: Double, epsilon: Double, loss: Double,
    accuracy: Double, validation: Double? = nil, kept: Int? = nil, imagesPerSecond: Double, seconds: Double
  ) {
    self.epoch = epoch
    self.epochs = epochs
    self.learningRate = learningRate
    self.rotation = rotation
    self.translation = translation
    self.epsilon = epsilon
    self.loss = loss
    self.accuracy = accuracy
    self.validation = validation
    self.kept = kept
    self.imagesPerSecond = imagesPerSecond
    self.seconds = seconds
  }

  /// Takes the record out of `json`; other keys are ignored.
  /// - Throws: `Failure(.data)` that names the missing or mistyped key.
  public init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, type: Self.type)
    epoch = try fields.integer("epoch")
    epochs = try fields.integer("epochs")
    learningRate = try fields.number("learning_rate")
    rotation = try fields.number("rotation")
    translation = try fields.number("translation")
    epsilon = try fields.number("epsilon")
    loss = try fields.number("loss")
    accuracy = try fields.number("accuracy")
    validation = try fields.optionalNumber("validation")
    kept = try fields.optionalInteger("kept")
    imagesPerSecond = try fields.number("images_per_second")
    seconds = try fields.number("seconds")
  }

  /// Appends the record as one line.
  public func write(into writer: inout RecordWriter) {
    writer.begin("epoch")
    writer.write("epoch", epoch)
    writer.write("epochs", epochs)
    writer.write("learning_rate", learningRate)
    writer.write("rotation", rotation)
    writer.write("translation", translation)
    writer.write("epsilon", epsilon)
    writer.write("loss", loss)
    writer.write("accuracy", accuracy)
    if let validation { writer.write("validation", validation) }
    if let kept { writer.write("kept", kept) }
    writer.write("images_per_second", imagesPerSecond)
    writer.write("seconds", seconds)
    writer.end()
  }
}
