public import ImageFiles

/// Pictures in a terminal: a character for two pixels, one above the other.
///
/// The upper pixel is the colour of the half block, the lower one that behind it. Where colours are not wanted, a character
/// for two pixels is as dark as both.
public struct HalfBlocks {
  /// Whether colours are wanted.
  private let isColoured: Bool

  /// Characters from dark to bright.
  private static let shades = Array(" .:-=+*#%@")

  /// Pictures with or without colours.
  public init(isColoured: Bool) { self.isColoured = isColoured }

  /// How many columns an image of so many pixels across takes, made `factor` times smaller.
  public static func columns(of width: Int, factor: Int) -> Int { max(1, width / max(1, factor)) }

  /// `images` side by side with a column between, each `factor` times smaller; blank below those that are less high.
  public func lines(of images: [PixelImage], factor: Int) -> [String] {
    let small = images.map { SmallImage($0, factor: max(1, factor)) }
    let height = small.map(\.height).max() ?? 0
    return stride(from: 0, to: height, by: 2).map { y in
      small.map { image -> String in
        guard y < image.height else { return String(repeating: " ", count: image.width) }
        return (0..<image.width).map { cell(image[$0, y], y + 1 < image.height ? image[$0, y + 1] : nil) }.joined()
          + (isColoured ? "\u{1B}[0m" : "")
      }.joined(separator: " ")
    }
  }

  private func cell(_ upper: [UInt8], _ lower: [UInt8]?) -> String {
    func colour(_ pixel: [UInt8]) -> String {
      (0..<3).map { String(pixel[pixel.count == 3 ? $0 : 0]) }.joined(separator: ";")
    }
    guard isColoured else {
      let all = upper + (lower ?? upper)
      let level = all.reduce(0) { $0 + Int($1) } * (Self.shades.count - 1) / (255 * all.count)
      return String(Self.shades[level])
    }
    let behind = lower.map { "\u{1B}[48;2;\(colour($0))m" } ?? "\u{1B}[49m"
    return "\u{1B}[38;2;\(colour(upper))m\(behind)▀"
  }
}

/// An image whose pixels are means of squares of another's.
private struct SmallImage {
  let width, height: Int
  private let image: PixelImage
  private let factor: Int

  init(_ image: PixelImage, factor: Int) {
    (self.image, self.factor) = (image, factor)
    width = HalfBlocks.columns(of: image.width, factor: factor)
    height = max(1, image.height / factor)
  }

  /// The channels of a pixel; one or three of them.
  subscript(x: Int, y: Int) -> [UInt8] {
    (0..<image.channels).map { channel in
      var (sum, count) = (0, 0)
      for row in y * factor..<min((y + 1) * factor, image.height) {
        for column in x * factor..<min((x + 1) * factor, image.width) {
          sum += Int(image.pixels[(row * image.width + column) * image.channels + channel])
          count += 1
        }
      }
      return UInt8(sum / max(1, count))
    }
  }
}
