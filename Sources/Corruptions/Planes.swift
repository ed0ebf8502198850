import Tensors

/// An image at work: planes of numbers, 0...1 where nothing went beyond.
struct Planes {
  /// How many of what.
  let channels, height, width: Int
  /// The numbers, `[c, h, w]`.
  var values: [Double]

  init(_ pixels: UnsafeMutableBufferPointer<Float>, shape: Shape) {
    (channels, height, width) = (shape[0], shape[1], shape[2])
    values = pixels.map(Double.init)
  }

  /// How many numbers a plane has.
  var area: Int { height * width }

  /// Writes whole levels of 8 bits to `pixels`, what lies between cut off.
  func writeLevels(to pixels: UnsafeMutableBufferPointer<Float>) {
    for (place, value) in values.enumerated() { pixels[place] = Float(Self.level(value)) / 255 }
  }

  /// The level below a number, or the one that it is but for rounding.
  static func level(_ value: Double) -> UInt8 { UInt8(min(max(value, 0), 1) * 255 + 1e-4) }

  /// Replaces each plane by what `body` makes of it.
  mutating func replacePlanes(_ body: (ArraySlice<Double>) -> [Double]) {
    for channel in 0..<channels {
      let range = channel * area..<(channel + 1) * area
      values.replaceSubrange(range, with: body(values[range]))
    }
  }
}
