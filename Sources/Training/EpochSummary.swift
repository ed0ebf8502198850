/// What one epoch of training came to, or has come to so far; facts for a record and a progress line.
public struct EpochSummary: Sendable {
  /// The epoch, counted from 1.
  public var epoch: Int
  /// Of how many.
  public var epochs: Int
  /// The steps taken in it.
  public var step: Int
  /// The learning rate of the last step.
  public var learningRate: Float
  /// The budget of rotations in degrees.
  public var rotation: Double
  /// The budget of translations in pixels.
  public var translation: Double
  /// The attack's radius in pixel units; 0 without one.
  public var epsilon: Float
  /// What the batches came to before their steps.
  public var sums: TrainingState.Sums
  /// Wall-clock time of the steps since the epoch was begun or resumed, in seconds.
  public var seconds: Double
  /// Images trained on so far.
  public var images: Int
  /// Those of them from before the epoch was resumed.
  public var earlierImages: Int
  /// Images of the whole epoch.
  public var imagesPerEpoch: Int
  /// What was measured on the images held out after the epoch, in 0...1; nil before that and where none are.
  public var validation: Double?
  /// The best epoch so far, counted from 1; nil likewise.
  public var kept: Int?

  /// The mean loss of the images trained on, before their steps.
  public var loss: Double { images > 0 ? sums.loss / Double(images) : 0 }
  /// The share of images classified rightly in those forward passes, in 0...1.
  public var accuracy: Double { images > 0 ? Double(sums.correct) / Double(images) : 0 }
  /// Images a second.
  public var imagesPerSecond: Double { seconds > 0 ? Double(images - earlierImages) / seconds : 0 }
}
