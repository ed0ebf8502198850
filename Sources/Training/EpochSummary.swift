/// What one epoch of training came to; facts for a record and a progress line.
public struct EpochSummary: Sendable {
  /// The epoch, counted from 1.
  public var epoch: Int
  /// Of how many.
  public var epochs: Int
  /// The learning rate it was trained with.
  public var learningRate: Float
  /// The attack's radius in pixel units; 0 without one.
  public var epsilon: Float
  /// The mean loss of the batches trained on, before their steps.
  public var loss: Double
  /// The share of images classified rightly in those forward passes, in 0...1.
  public var accuracy: Double
  /// Wall-clock time so far, in seconds.
  public var seconds: Double
  /// Images trained on so far.
  public var images: Int
  /// Images of the whole epoch.
  public var imagesPerEpoch: Int

  /// Images a second.
  public var imagesPerSecond: Double { seconds > 0 ? Double(images) / seconds : 0 }
}
