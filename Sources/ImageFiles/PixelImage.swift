/// An image of bytes, `[height, width, channels]`.
public struct PixelImage: Equatable, Sendable {
  /// Its size in pixels.
  public let width, height: Int
  /// 1 for grey, 3 for red, green and blue.
  public let channels: Int
  /// The bytes, row-major, a pixel's channels side by side.
  public let pixels: [UInt8]

  /// An image of its parts.
  ///
  /// - Precondition: there are height x width x channels bytes.
  public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
    precondition(pixels.count == width * height * channels, "\(pixels.count) bytes")
    (self.width, self.height, self.channels, self.pixels) = (width, height, channels, pixels)
  }

  /// The image `[channels, height, width]` of bytes, as networks take it.
  ///
  /// - Precondition: there are channels x height x width bytes.
  public init(planes: some RandomAccessCollection<UInt8>, width: Int, height: Int, channels: Int) {
    let area = width * height
    precondition(planes.count == channels * area, "\(planes.count) bytes")
    var pixels = [UInt8](repeating: 0, count: planes.count)
    for (place, byte) in planes.enumerated() { pixels[place % area * channels + place / area] = byte }
    self.init(width: width, height: height, channels: channels, pixels: pixels)
  }

  /// The bytes as networks take them, `[channels, height, width]`.
  public var planes: [UInt8] {
    let area = width * height
    return (0..<pixels.count).map { pixels[$0 % area * channels + $0 / area] }
  }

  /// The image with 1 or 3 channels: grey repeated, or colours weighed by their brightness (ITU-R 601-2) as Pillow's
  /// `convert("L")`.
  ///
  /// - Precondition: `count` is 1 or 3.
  public func converted(toChannels count: Int) -> PixelImage {
    precondition(count == 1 || count == 3, "\(count) channels")
    guard count != channels else { return self }
    let converted: [UInt8] =
      count == 3
      ? pixels.flatMap { [$0, $0, $0] }
      : stride(from: 0, to: pixels.count, by: 3).map { start in
        let weighed = 19595 * Int(pixels[start]) + 38470 * Int(pixels[start + 1]) + 7471 * Int(pixels[start + 2])
        return UInt8((weighed + 0x8000) >> 16)
      }
    return PixelImage(width: width, height: height, channels: count, pixels: converted)
  }
}
