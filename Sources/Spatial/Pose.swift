/// How one image is cropped, mirrored, turned and moved, in this order.
public struct Pose: Hashable, Sendable {
  /// The rotation about the image's centre in degrees, anticlockwise as people see the image.
  public var degrees: Double
  /// How far the turned image moves to the right, in pixels.
  public var dx: Double
  /// How far the turned image moves down, in pixels.
  public var dy: Double
  /// Whether left and right change places, before the rotation.
  public var isFlipped: Bool
  /// How far to the right the crop's window lies, in pixels, before all else: the image moves to the left.
  public var cropX: Int
  /// How far down the crop's window lies, in pixels, before all else: the image moves up.
  public var cropY: Int

  /// The image as it is.
  public static let identity = Pose()

  /// A pose; what is not given leaves the image as it is.
  public init(
    degrees: Double = 0, dx: Double = 0, dy: Double = 0, isFlipped: Bool = false, cropX: Int = 0, cropY: Int = 0
  ) {
    (self.degrees, self.dx, self.dy) = (degrees, dx, dy)
    (self.isFlipped, self.cropX, self.cropY) = (isFlipped, cropX, cropY)
  }

  /// Whether the image is turned or moved.
  var isTurnedOrMoved: Bool { degrees.truncatingRemainder(dividingBy: 360) != 0 || dx != 0 || dy != 0 }

  /// Whether the image is cropped or mirrored.
  var isCroppedOrFlipped: Bool { isFlipped || cropX != 0 || cropY != 0 }
}
