/// An image kept as an inverse hyperbolic tangent, where every change stays in 0...1 (Carlini and Wagner 2017), and the
/// descent of Adam on it.
final class TangentSpace {
  /// The clean image, and what is added to it.
  private let origin, change: PixelBuffer
  private let gradient: PixelBuffer
  private let adam: Adam

  /// The space around `clean`, with nothing added.
  init(_ clean: Pixels) {
    let count = clean.count
    (origin, change, gradient) = (PixelBuffer(count: count), PixelBuffer(count: count), PixelBuffer(count: count))
    adam = Adam(count: count)
    for i in clean.indices { origin.pixels[i] = inverseHyperbolicTangent((clean[i] * 2 - 1) * (1 - 1e-6)) }
  }

  /// Takes back all changes.
  func clear() { change.pixels.update(repeating: 0) }

  /// Forgets all gradients.
  func forgetGradients() { adam.reset() }

  /// Writes the image.
  func write(_ pixels: MutablePixels) {
    for i in pixels.indices { pixels[i] = (hyperbolicTangent(origin.pixels[i] + change.pixels[i]) + 1) / 2 }
  }

  /// Takes a step down from the image `pixels`, at which the slope of pixel i is `slope(i)`, and writes where it leads.
  @inline(__always)
  func descend(_ pixels: MutablePixels, learningRate: Float, slope: (Int) -> Float) {
    for i in pixels.indices {
      let tangent = 2 * pixels[i] - 1
      gradient.pixels[i] = slope(i) * (1 - tangent * tangent) / 2
    }
    adam.take(gradient.contents)
    for i in pixels.indices { change.pixels[i] -= learningRate * adam.direction(i) }
    write(pixels)
  }
}
