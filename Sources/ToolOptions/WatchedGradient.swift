public import Networks
public import Tensors

/// A gradient that looks up before every evaluation, and so between any two steps of an attack.
public final class WatchedGradient: LossGradient {
  private let gradient: any LossGradient
  private let lookUp: () throws -> Void

  /// `gradient`, which calls `lookUp` first; what that throws ends the attack.
  public init(_ gradient: any LossGradient, lookUp: @escaping () throws -> Void) {
    (self.gradient, self.lookUp) = (gradient, lookUp)
  }

  /// As the gradient's.
  public var batchSize: Int { gradient.batchSize }
  /// As the gradient's.
  public var imageShape: Shape { gradient.imageShape }
  /// As the gradient's.
  public var classCount: Int { gradient.classCount }

  /// Looks up, then evaluates.
  public func evaluate(_ pixels: Tensor, loss: Loss, into gradient: inout Tensor, logits: inout Tensor) throws {
    try lookUp()
    try self.gradient.evaluate(pixels, loss: loss, into: &gradient, logits: &logits)
  }
}
