import Spatial
import Tensors

/// Transforms images by any of a list of transformations; holds the room for it.
struct Transformer {
  private let transformations: [Transformation]
  private let imageShape: Shape
  private var resamplers: [Interpolation: Resampler] = [:]

  init(_ transformations: [Transformation], imageShape: Shape) {
    (self.transformations, self.imageShape) = (transformations, imageShape)
    for kind in Set(transformations.map(\.interpolation)) {
      resamplers[kind] = Resampler(imageShape: imageShape, interpolation: kind)
    }
  }

  /// Transforms one image, `[c, h, w]`, where it lies.
  ///
  /// - Throws: `Failure` where it is to be corrupted, and a file cannot be read.
  mutating func transform(_ pixels: UnsafeMutableBufferPointer<Float>, image: Int, by place: Int) throws {
    try transformations[place].corruption?.apply(to: pixels, shape: imageShape, index: image)
    transform(pixels, to: transformations[place].pose(of: image), by: place)
  }

  /// Puts one image, `[c, h, w]`, into `pose`, where it lies.
  mutating func transform(_ pixels: UnsafeMutableBufferPointer<Float>, to pose: Pose, by place: Int) {
    resamplers[transformations[place].interpolation]?.transform(pixels, pose: pose)
  }

  /// How a number grows with the pose of `image`, `[c, h, w]`, given its `gradient` with respect to the turned image.
  func slope(
    of image: UnsafeBufferPointer<Float>, at pose: Pose, by place: Int, along gradient: UnsafeBufferPointer<Float>
  ) -> PoseSlope {
    resamplers[transformations[place].interpolation]?.slope(of: image, at: pose, along: gradient) ?? PoseSlope()
  }
}
