import Tensors

/// How fast a number grows with the pose of the image that it is of.
public struct PoseSlope: Equatable, Sendable {
  /// By degree of rotation.
  public var degrees = 0.0
  /// By pixel to the right.
  public var dx = 0.0
  /// By pixel down.
  public var dy = 0.0

  /// A slope; level unless told otherwise.
  public init(degrees: Double = 0, dx: Double = 0, dy: Double = 0) {
    (self.degrees, self.dx, self.dy) = (degrees, dx, dy)
  }
}

extension Resampler {
  /// How a number grows with the pose in which it sees `image`, given its `gradient` with respect to the pixels of the
  /// turned and moved image.
  ///
  /// Pixels are those of bilinear interpolation, whatever the resampler's own. Crops and mirrors have no slope, and what
  /// comes from outside the image has none either.
  ///
  /// - Parameters:
  ///   - image: The image before the pose, `[c, h, w]`; neither cropped nor mirrored.
  ///   - gradient: `[c, h, w]`.
  public func slope(
    of image: UnsafeBufferPointer<Float>, at pose: Pose, along gradient: UnsafeBufferPointer<Float>
  ) -> PoseSlope {
    let (height, width) = (imageShape[1], imageShape[2])
    let map = AffineMap(pose, width: width, height: height)
    var (alongX, alongY, turned) = (0.0, 0.0, 0.0)
    for y in 0..<height {
      for x in 0..<width {
        let place = map.place(x, y)
        guard let tap = Tap(place, width: width, height: height) else { continue }
        var (byX, byY) = (0.0, 0.0)
        for channel in 0..<imageShape[0] {
          let plane = channel * height * width
          let rise = tap.rise(image, plane)
          let weight = Double(gradient[plane + y * width + x])
          (byX, byY) = (byX + weight * rise.x, byY + weight * rise.y)
        }
        (alongX, alongY) = (alongX + byX, alongY + byY)
        // A turn moves a place at right angles to the way from the centre.
        turned += byX * (place.y - Double(height) / 2) - byY * (place.x - Double(width) / 2)
      }
    }
    return PoseSlope(
      degrees: -turned * Double.pi / 180, dx: -(map.a * alongX + map.d * alongY),
      dy: -(map.b * alongX + map.e * alongY))
  }
}

/// The four pixels round a place in an image, and where between them it lies.
private struct Tap {
  let upper, lower, left, right: Int
  let shareX, shareY: Double

  /// Nil outside the image.
  init?(_ place: (x: Double, y: Double), width: Int, height: Int) {
    guard place.x >= 0, place.x < Double(width), place.y >= 0, place.y < Double(height) else { return nil }
    let (x, y) = (place.x - 0.5, place.y - 0.5)
    let (column, row) = (x.rounded(.down), y.rounded(.down))
    (shareX, shareY) = (x - column, y - row)
    (left, right) = (max(Int(column), 0), min(Int(column) + 1, width - 1))
    (upper, lower) = (max(Int(row), 0) * width, min(Int(row) + 1, height - 1) * width)
  }

  /// How fast the blended pixel grows to the right and down, in the channel that begins at `plane`.
  func rise(_ image: UnsafeBufferPointer<Float>, _ plane: Int) -> (x: Double, y: Double) {
    func pixel(_ row: Int, _ column: Int) -> Double { Double(image[plane + row + column]) }
    let (above, below) = (pixel(upper, right) - pixel(upper, left), pixel(lower, right) - pixel(lower, left))
    let (before, after) = (pixel(lower, left) - pixel(upper, left), pixel(lower, right) - pixel(upper, right))
    return (above + (below - above) * shareY, before + (after - before) * shareX)
  }
}
