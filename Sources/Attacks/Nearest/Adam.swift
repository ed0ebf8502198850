/// The moments of Adam (Kingma and Ba 2015) over the numbers of one image, with the customary decays of 0.9 and 0.999.
final class Adam {
  private let mean, square: PixelBuffer
  private var steps = 0
  private var meanCorrection: Float = 1
  private var squareCorrection: Float = 1

  /// Moments of `count` numbers.
  init(count: Int) { (mean, square) = (PixelBuffer(count: count), PixelBuffer(count: count)) }

  /// Forgets all gradients.
  func reset() {
    mean.pixels.update(repeating: 0)
    square.pixels.update(repeating: 0)
    steps = 0
  }

  /// Takes in the gradient of another step.
  func take(_ gradient: Pixels) {
    steps += 1
    meanCorrection = Float(1 - power(0.9, Double(steps)))
    squareCorrection = Float((1 - power(0.999, Double(steps))).squareRoot())
    for i in gradient.indices {
      mean.pixels[i] = 0.9 * mean.pixels[i] + 0.1 * gradient[i]
      square.pixels[i] = 0.999 * square.pixels[i] + 0.001 * gradient[i] * gradient[i]
    }
  }

  /// How far the number at `place` moves for a learning rate of 1.
  @inline(__always)
  func direction(_ place: Int) -> Float { mean.pixels[place] / meanCorrection / scale(place) }

  /// What the number's step is divided by.
  @inline(__always)
  func scale(_ place: Int) -> Float { square.pixels[place].squareRoot() / squareCorrection + 1e-8 }
}
