public import Networks
public import Tensors

/// A network that looks up before every forward pass, and so between any two steps of an attack.
public final class WatchedNetwork: DifferentiableClassifier {
  private let network: any DifferentiableClassifier
  private let lookUp: () throws -> Void

  /// `network`, which calls `lookUp` first; what that throws ends the attack.
  public init(_ network: any DifferentiableClassifier, lookUp: @escaping () throws -> Void) {
    (self.network, self.lookUp) = (network, lookUp)
  }

  /// As the network's.
  public var batchSize: Int { network.batchSize }
  /// As the network's.
  public var imageShape: Shape { network.imageShape }
  /// As the network's.
  public var classCount: Int { network.classCount }

  /// Looks up, then passes images forward.
  public func forward(_ pixels: Tensor, rows: Int, into logits: inout Tensor) throws {
    try lookUp()
    try network.forward(pixels, rows: rows, into: &logits)
  }

  /// On the network's threads.
  public func spread(_ count: Int, _ body: (Int) -> Void) { network.spread(count, body) }

  /// Goes back.
  public func backward(_ logitGradient: Tensor, into pixelGradient: inout Tensor) throws {
    try network.backward(logitGradient, into: &pixelGradient)
  }
}
