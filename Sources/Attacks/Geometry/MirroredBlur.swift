import Tensors

/// A blur of every channel by a Gaussian of any width, cut at four standard deviations, of an image that goes on beyond its
/// edges as its mirror image, the pixels at the edge twice (SciPy's `gaussian_filter`).
final class MirroredBlur {
  private let shape: Shape
  private let columns: PixelBuffer
  private let longest: Int
  /// The Gaussian from its middle outwards.
  private var weights: [Double]
  /// What every pixel of a line gives to one of them.
  private var shares: [Double]

  /// The blur for images of `shape`, `[c, h, w]`.
  init(shape: Shape) {
    self.shape = shape
    columns = PixelBuffer(count: shape.count)
    longest = max(shape[1], shape[2])
    weights = [Double](repeating: 0, count: 4 * longest + 1)
    shares = [Double](repeating: 0, count: longest)
  }

  /// Writes `image` blurred into `result`, along columns first; the standard deviation is `share`, 1 at most, of the longer
  /// side.
  func write(_ image: Pixels, share: Double, into result: MutablePixels) {
    let deviation = share * Double(longest)
    let radius = Int(4 * deviation + 0.5)
    var sum = 0.0
    for place in 0...radius {
      weights[place] = exponential(-0.5 / (deviation * deviation) * Double(place * place))
      sum += (place == 0 ? 1 : 2) * weights[place]
    }
    for place in 0...radius { weights[place] /= sum }
    spread(image, radius, into: columns.pixels, stride: shape[2], length: shape[1])
    spread(columns.contents, radius, into: result, stride: 1, length: shape[2])
  }

  /// Blurs all lines of `length` pixels that lie `stride` apart.
  private func spread(_ source: Pixels, _ radius: Int, into result: MutablePixels, stride: Int, length: Int) {
    for place in 0..<length {
      for other in 0..<length { shares[other] = 0 }
      for offset in -radius...radius {
        let wrapped = ((place + offset) % (2 * length) + 2 * length) % (2 * length)
        shares[wrapped < length ? wrapped : 2 * length - 1 - wrapped] += weights[abs(offset)]
      }
      // A mirrored pixel lies no nearer to the place than the pixel itself.
      let near = max(place - radius, 0)...min(place + radius, length - 1)
      for line in 0..<source.count / length {
        let start = line / stride * stride * length + line % stride
        var sum = 0.0
        for other in near { sum += shares[other] * Double(source[start + other * stride]) }
        result[start + place * stride] = min(Float(sum), 1)
      }
    }
  }
}
