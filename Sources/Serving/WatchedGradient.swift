import Networks
import Tensors

/// A gradient that looks up before every evaluation, and so between any two steps of an attack.
final class WatchedGradient: LossGradient {
  private let gradient: any LossGradient
  private let lookUp: () throws(Interruption) -> Void

  /// `gradient`, which calls `lookUp` first.
  init(_ gradient: any LossGradient, lookUp: @escaping () throws(Interruption) -> Void) {
    (self.gradient, self.lookUp) = (gradient, lookUp)
  }

  var batchSize: Int { gradient.batchSize }
  var imageShape: Shape { gradient.imageShape }
  var classCount: Int { gradient.classCount }

  func evaluate(_ pixels: Tensor, loss: Loss, into gradient: inout Tensor, logits: inout Tensor) throws {
    try lookUp()
    try self.gradient.evaluate(pixels, loss: loss, into: &gradient, logits: &logits)
  }
}

/// Why a computation ends before there is an answer.
enum Interruption: Error {
  /// Nobody wants the answer any more.
  case unwanted
  /// The service itself cannot go on.
  case failed(any Error)
}
