import Datasets
import Tensors
import ToolSupport

/// Images in a terminal: a character for two pixels, one above the other.
///
/// The upper pixel is the colour of the half block, the lower one that behind it. Where colours are not wanted, a character
/// for two pixels is as dark as both.
struct HalfBlocks {
  /// How many columns the terminal has.
  let columns: Int
  /// Whether colours are wanted.
  var isColoured = Terminal.showsColours

  /// Characters from dark to bright.
  private static let shades = Array(" .:-=+*#%@")

  /// As many of the first images as fit in one row, made smaller until four do.
  func strip(of images: LabeledImages) -> String {
    let width = images.imageShape[2]
    let factor = max(1, (4 * (width + 1) + columns - 1) / max(1, columns))
    let count = max(1, columns / (width / factor + 1))
    return row(images.prefix(count), factor: factor)
  }

  /// All images, as many in a row as fit.
  func rows(of images: LabeledImages) -> String {
    let width = images.imageShape[2]
    let factor = max(1, (width + columns - 1) / max(1, columns))
    let count = max(1, columns / (width / factor + 1))
    return stride(from: images.indices.lowerBound, to: images.indices.upperBound, by: count).map { start in
      row(images[start..<min(start + count, images.indices.upperBound)], factor: factor)
    }.joined(separator: "\n")
  }

  /// Images side by side with a column between, each `factor` times smaller.
  private func row(_ images: LabeledImages, factor: Int) -> String {
    let small = images.indices.map { SmallImage(images.bytes(of: $0), images.imageShape.sizes, factor: factor) }
    let height = small.first?.height ?? 0
    let lines = stride(from: 0, to: height, by: 2).map { y in
      small.map { image in
        (0..<image.width).map { cell(image[$0, y], y + 1 < height ? image[$0, y + 1] : nil) }.joined()
          + (isColoured ? "\u{1B}[0m" : "")
      }.joined(separator: " ")
    }
    let labels = images.indices.map { images.classNames[images.label(of: $0)] }
    let width = small.first?.width ?? 0
    let names = labels.map { name in
      let short = name.prefix(width)
      return short + String(repeating: " ", count: width - short.count)
    }.joined(separator: " ")
    return (lines + [names]).map { $0 + "\n" }.joined()
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
  private let planes: [UInt8]
  private let sizes: [Int]
  private let factor: Int

  init(_ planes: [UInt8], _ sizes: [Int], factor: Int) {
    (self.planes, self.sizes, self.factor) = (planes, sizes, factor)
    (width, height) = (max(1, sizes[2] / factor), max(1, sizes[1] / factor))
  }

  /// The channels of a pixel; one or three of them.
  subscript(x: Int, y: Int) -> [UInt8] {
    (0..<(sizes[0] >= 3 ? 3 : 1)).map { channel in
      var (sum, count) = (0, 0)
      for row in y * factor..<min((y + 1) * factor, sizes[1]) {
        for column in x * factor..<min((x + 1) * factor, sizes[2]) {
          sum += Int(planes[(channel * sizes[1] + row) * sizes[2] + column])
          count += 1
        }
      }
      return UInt8(sum / max(1, count))
    }
  }
}
