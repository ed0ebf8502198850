import Failures
import Tensors

/// The canvas of a data set's images: black, so that nothing of an image is cut off when it is turned or moved on it
/// (Engstrom et al. 2019).
extension LabeledImages {
  /// How many times as wide as its image a canvas is at most, so that no name asks for more memory than there is.
  private static let largestFactor = 4

  /// These images, each in the middle of a black one of `side` by `side` pixels; where the margins cannot be even, half a
  /// pixel up and to the left.
  ///
  /// - Throws: `.usage` where the canvas is smaller than an image or more than four times as wide.
  func onCanvas(_ side: Int) throws -> LabeledImages {
    let (channels, height, width) = (imageShape[0], imageShape[1], imageShape[2])
    let (least, most) = (max(height, width), Self.largestFactor * max(height, width))
    guard (least...most).contains(side) else {
      throw Failure(.usage, "\(name): images are [\(imageShape)]; give a canvas of \(least) to \(most)")
    }
    let (top, left, planes) = ((side - height) / 2, (side - width) / 2, labels.count * channels)
    func padded<Element: ExpressibleByIntegerLiteral>(_ elements: [Element]) -> [Element] {
      var canvas = [Element](repeating: 0, count: planes * side * side)
      for plane in 0..<planes {
        for y in 0..<height {
          let (from, to) = ((plane * height + y) * width, (plane * side + top + y) * side + left)
          for x in 0..<width { canvas[to + x] = elements[from + x] }
        }
      }
      return canvas
    }
    let canvas: Pixels =
      switch pixels {
      case .bytes(let bytes): .bytes(padded(bytes))
      case .floats(let floats): .floats(padded(floats))
      }
    return try LabeledImages(
      name: name, split: split, imageShape: [channels, side, side], pixels: canvas, labels: labels,
      classNames: classNames, place: name)
  }
}
