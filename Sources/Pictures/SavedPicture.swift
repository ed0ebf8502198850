public import Attacks
public import Datasets
internal import Failures
public import ImageFiles
public import Records
public import SavedSets
internal import Spatial
internal import Tensors

/// One image of a saved set beside its clean one, as pictures of 8 bits.
public struct SavedPicture: Equatable, Sendable {
  /// The image as the data set has it.
  public let clean: PixelImage
  /// The image of the set.
  public let perturbed: PixelImage
  /// Ten times what perturbation added to the image in its pose: grey where nothing changed.
  public let difference: PixelImage
  /// The norm of the perturbation beyond the pose, in pixel units.
  public let distance: Double

  /// How many times differences are enlarged.
  public static let gain: Float = 10
}

/// Images of a saved set, looked up by their positions in the original split.
public struct SavedPictures {
  /// An image that is asked for.
  public struct Request: Hashable, Sendable {
    /// Its position in the original split.
    public var index: Int
    /// How it was turned and moved before it was attacked.
    public var pose: PredictionRecord.Pose

    /// The image at `index`, in `pose`.
    public init(index: Int, pose: PredictionRecord.Pose = .init()) { (self.index, self.pose) = (index, pose) }
  }

  private let saved: SavedSet
  private let images: LabeledImages
  private let norm: Norm
  private let interpolation: Interpolation

  /// The images of `set`, whose clean ones are among `images`.
  ///
  /// - Parameters:
  ///   - norm: how distance is measured.
  ///   - interpolation: how pixels of turned images were made, as records say it; nil for the nearest ones.
  /// - Throws: `Failure` (`data`) where images are neither grey nor coloured, or the interpolation is none known here.
  public init(
    _ set: SavedSet, around images: LabeledImages, _ norm: Norm, interpolation: String? = nil
  ) throws {
    guard [1, 3].contains(images.imageShape[0]) else {
      throw Failure(.data, "\(images.name): images of \(images.imageShape[0]) channels; pictures have 1 or 3")
    }
    guard let kind = Interpolation(rawValue: interpolation ?? Interpolation.nearest.rawValue) else {
      throw Failure(.data, "\(interpolation ?? ""): is no interpolation known here; give nearest or bilinear")
    }
    (saved, self.images, self.norm, self.interpolation) = (set, images, norm, kind)
  }

  /// The positions in the original split of the set's images, in its order; the first ones where the set does not say.
  public var indices: [Int] { saved.indices ?? Array(images.indices.prefix(saved.count)) }

  /// The pictures of `requests` by their positions; those that the set does not have are left out.
  ///
  /// - Throws: `Failure` (`data`) where the set is damaged, has an image of no clean one, or a pixel that is no number.
  public func pictures(of requests: [Request]) throws -> [Int: SavedPicture] {
    let wanted = Dictionary(requests.map { ($0.index, $0.pose) }) { first, _ in first }
    let indices = indices
    var resampler = Resampler(imageShape: images.imageShape, interpolation: interpolation)
    let distance = PixelDistance(norm, epsilon: .infinity)
    var pictures: [Int: SavedPicture] = [:]
    try saved.forEachImage { place, pixels in
      guard place < indices.count, let pose = wanted[indices[place]] else { return }
      guard images.indices.contains(indices[place]) else {
        throw Failure(
          .data, "\(saved.path): image \(place): \(images.name) has no clean image \(indices[place]) for it")
      }
      guard abs(pose.degrees) <= TransformationLimits.degrees, abs(pose.dx) <= TransformationLimits.pixels,
        abs(pose.dy) <= TransformationLimits.pixels
      else {
        throw Failure(.data, "image \(indices[place]): a pose of \(pose.degrees) degrees, \(pose.dx), \(pose.dy)")
      }
      guard pixels.allSatisfy(\.isFinite) else {
        throw Failure(.data, "\(saved.path): image \(place): holds what is no finite number; cusp-verify tells more")
      }
      var clean = [Float](repeating: 0, count: pixels.count)
      clean.withUnsafeMutableBufferPointer { images.writePixels(of: indices[place], into: $0) }
      var posed = clean
      posed.withUnsafeMutableBufferPointer { buffer in
        resampler.transform(buffer, pose: Pose(degrees: pose.degrees, dx: pose.dx, dy: pose.dy))
      }
      pictures[indices[place]] = SavedPicture(
        clean: picture(clean), perturbed: picture(pixels),
        difference: picture(zip(pixels, posed).map { 0.5 + SavedPicture.gain * ($0 - $1) }),
        distance: distance(pixels, from: posed))
    }
    return pictures
  }

  /// `pixels` `[c, h, w]` of 0...1, rounded to 8 bits; what lies outside is cut off.
  private func picture(_ pixels: [Float]) -> PixelImage {
    let shape = images.imageShape
    return PixelImage(
      planes: pixels.map { UInt8((min(max($0, 0), 1) * 255).rounded()) }, width: shape[2], height: shape[1],
      channels: shape[0])
  }
}
