/// The pixel values of one image, `[c, h, w]` row-major.
public typealias Pixels = UnsafeBufferPointer<Float>
/// The same, to be written.
public typealias MutablePixels = UnsafeMutableBufferPointer<Float>

/// Memory for one image that an attempt keeps beside its pixels.
final class PixelBuffer {
  let pixels: MutablePixels

  /// Room for as many numbers as `source` has, filled with them.
  init(_ source: Pixels) {
    pixels = .allocate(capacity: source.count)
    _ = pixels.initialize(fromContentsOf: source)
  }

  /// Room for `count` zeros.
  init(count: Int) {
    pixels = .allocate(capacity: count)
    pixels.initialize(repeating: 0)
  }

  deinit { pixels.deallocate() }

  /// What it holds.
  var contents: Pixels { Pixels(pixels) }

  /// Holds what `source` has from now on.
  func copy(_ source: Pixels) { pixels.copy(source) }
}

extension MutablePixels {
  /// Takes the numbers of `source`, as many as there are.
  func copy(_ source: Pixels) { _ = update(fromContentsOf: source) }
  func copy(_ source: PixelBuffer) { copy(source.contents) }
}

extension Pixels {
  /// Whether it holds the same bits as `other`, which has as many numbers.
  func hasBits(of other: Pixels) -> Bool {
    var difference: UInt32 = 0
    for i in indices { difference |= self[i].bitPattern ^ other[i].bitPattern }
    return difference == 0
  }
}
