import Tensors

/// Which poses an image may take; each is drawn by counter, so it depends on the image and on no other.
///
/// A pose is its budget times a number in -1 ..< 1 that no budget changes: a larger budget turns and moves every image
/// further the same way. Rotation and the two directions of translation have a number each.
public struct PoseDistribution: Hashable, Sendable {
  /// Rotations are uniform in `-rotation ..< rotation`, in degrees.
  public var rotation: Double
  /// Whether every image is turned by just `rotation`.
  public var isRotationExact: Bool
  /// Translations are uniform in `-translation ..< translation` along each axis, in pixels, then rounded to whole
  /// pixels as torchvision's `RandomAffine` rounds: -1, 0 and 1 with probabilities 1/4, 1/2 and 1/4 for 1.
  public var translation: Double
  /// So many black pixels are put around the image, and a window of the image's size is cut out at random.
  public var cropPadding: Int
  /// Whether every other image is mirrored.
  public var isFlipping: Bool

  /// A distribution; what is not given leaves images as they are.
  ///
  /// - Precondition: the numbers are finite and, except for an exact rotation, not negative.
  public init(
    rotation: Double = 0, isRotationExact: Bool = false, translation: Double = 0, cropPadding: Int = 0,
    isFlipping: Bool = false
  ) {
    precondition(rotation.isFinite && (isRotationExact || rotation >= 0), "a rotation budget is 0 or more degrees")
    precondition(translation.isFinite && translation >= 0, "a translation budget is 0 or more pixels")
    precondition(cropPadding >= 0, "padding is 0 or more pixels")
    (self.rotation, self.isRotationExact, self.translation) = (rotation, isRotationExact, translation)
    (self.cropPadding, self.isFlipping) = (cropPadding, isFlipping)
  }

  /// Whether every image stays as it is.
  public var isIdentity: Bool { rotation == 0 && translation == 0 && cropPadding == 0 && !isFlipping }

  /// The pose of an image.
  ///
  /// - Parameters:
  ///   - seed: The seed of the whole run.
  ///   - epoch: The epoch of training; 0 outside training.
  ///   - image: The image's 0-based position in its original split.
  ///   - attempt: Which of several poses of the image, from 0; the lower 24 bits count.
  ///   - isWhole: Whether translations are rounded to whole pixels.
  public func draw(seed: UInt64, epoch: Int = 0, image: Int, attempt: Int = 0, isWhole: Bool = true) -> Pose {
    var pose = Pose()
    if rotation != 0 || translation != 0 {
      var generator = Generator(seed: seed, purpose: .pose, epoch: epoch, image: image, restart: attempt)
      let turn = Self.signed(&generator)
      pose.degrees = isRotationExact ? rotation : rotation * turn
      (pose.dx, pose.dy) = (translation * Self.signed(&generator), translation * Self.signed(&generator))
      if isWhole { (pose.dx, pose.dy) = (Self.whole(pose.dx), Self.whole(pose.dy)) }
    }
    if cropPadding > 0 || isFlipping {
      var generator = Generator(
        seed: seed, purpose: .augmentation, epoch: epoch, image: image, restart: attempt)
      pose.isFlipped = generator.uniform() < 0.5 && isFlipping
      if cropPadding > 0 {
        pose.cropX = generator.integer(below: 2 * cropPadding + 1) - cropPadding
        pose.cropY = generator.integer(below: 2 * cropPadding + 1) - cropPadding
      }
    }
    return pose
  }

  /// The nearest whole number, 0 without a sign.
  private static func whole(_ value: Double) -> Double { value.rounded(.toNearestOrEven) + 0 }

  /// A number in -1 ..< 1, a multiple of 2^-23.
  private static func signed(_ generator: inout Generator) -> Double { 2 * Double(generator.uniform()) - 1 }
}
