public import Networks
public import Tensors

/// The windows of a pooling, in pixels.
public struct PoolingWindow: Hashable, Sendable {
  /// The sides of one.
  public let height, width: Int
  /// The step between two, along each axis.
  public let stride: Int
  /// What is around the image on every side.
  public let padding: Int

  /// The windows of `settings` on one image's `input` `[c, h, w]`.
  public init(_ settings: Pooling, on input: Shape) {
    (height, width) = settings.window(on: input.sizes)
    (stride, padding) = (settings.stride, settings.padding)
  }

  /// Windows that reach from top to bottom, one pixel wide.
  public init(columnsOf height: Int) { (self.height, width, stride, padding) = (height, 1, 1, 0) }
}
