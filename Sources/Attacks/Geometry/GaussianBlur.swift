import Tensors

/// A blur of every channel by a Gaussian over a square of odd side, three standard deviations wide each way, with nothing
/// around the image; as translation-invariant attacks blur gradients.
final class GaussianBlur {
  private let weights: [Float]
  private let shape: Shape
  private let rows: PixelBuffer

  /// The blur for images of `shape`, `[c, h, w]`.
  init(side: Int, shape: Shape) {
    self.shape = shape
    rows = PixelBuffer(count: shape.count)
    let raw = (0..<side).map { place in
      let x = 3 * (2 * Double(place) / Double(side - 1) - 1)
      return exponential(-x * x / 2)
    }
    let sum = raw.reduce(0, +)
    weights = raw.map { Float($0 / sum) }
  }

  /// Blurs `image` in place, along rows and then along columns.
  func apply(_ image: MutablePixels) {
    spread(Pixels(image), into: rows.pixels, stride: 1, length: shape[2])
    spread(rows.contents, into: image, stride: shape[2], length: shape[1])
  }

  private func spread(_ source: Pixels, into result: MutablePixels, stride: Int, length: Int) {
    let half = weights.count / 2
    for i in source.indices {
      let place = i / stride % length
      var sum: Float = 0
      for offset in max(-half, -place)...min(half, length - 1 - place) {
        sum += weights[half + offset] * source[i + offset * stride]
      }
      result[i] = sum
    }
  }
}
