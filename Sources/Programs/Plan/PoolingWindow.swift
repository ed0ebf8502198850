public import Networks
public import Tensors

/// The windows of a pooling, in pixels.
public struct PoolingWindow: Hashable, Sendable {
  /// The sides of one.
  public let size: Extent
  /// The step between two.
  public let stride: Extent
  /// What is around the image.
  public let padding: Margins
  /// Whether a mean counts the zeros of the padding.
  public let countsPadding: Bool

  /// The windows of `settings` on one image's `input` `[c, h, w]`.
  public init(_ settings: Pooling, on input: Shape) {
    size = settings.window(on: input.sizes)
    (stride, padding, countsPadding) = (settings.stride, settings.padding, settings.countsPadding)
  }

  /// Windows side by side that divide `input` `[c, h, w]` into `count`; nil if they are not alike.
  public init?(dividing input: Shape, into count: Extent) {
    guard input[1].isMultiple(of: count.height), input[2].isMultiple(of: count.width) else { return nil }
    size = Extent(height: input[1] / count.height, width: input[2] / count.width)
    (stride, padding, countsPadding) = (size, Margins(0), true)
  }

  /// Windows that reach from top to bottom, one pixel wide.
  public init(columnsOf height: Int) {
    (size, stride) = (Extent(height: height, width: 1), Extent(1))
    (padding, countsPadding) = (Margins(0), true)
  }
}
