import Tensors

/// How the numbers of an image lie in a file.
enum ImageLayout {
  /// `[c, h, w]`, as in PyTorch; also images of one channel without the axis, or as one row.
  case channelsFirst
  /// `[h, w, c]`, as in TensorFlow.
  case channelsLast

  /// The layout of images `sizes` that are `shape` `[c, h, w]`; nil where they are others. What could be both has the
  /// channels first.
  init?(_ sizes: [Int], of shape: Shape) {
    let (channels, height, width) = (shape[0], shape[1], shape[2])
    let isGray = channels == 1 && (sizes == [height, width] || sizes == [height * width])
    if sizes == shape.sizes || isGray {
      self = .channelsFirst
    } else if sizes == [height, width, channels] {
      self = .channelsLast
    } else {
      return nil
    }
  }

  /// Writes the image `stored`, divided by `scale`, to `image` `[c, h, w]` of `shape`.
  func copy(_ stored: ArraySlice<Float>, dividedBy scale: Float, to image: inout [Float], shape: Shape) {
    let (channels, area) = (shape[0], shape[1] * shape[2])
    let start = stored.startIndex
    for place in image.indices {
      let source = self == .channelsFirst ? place : place % area * channels + place / area
      image[place] = stored[start + source] / scale
    }
  }
}
