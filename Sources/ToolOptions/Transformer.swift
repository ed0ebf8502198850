import Spatial
import Tensors

/// Transforms images by any of a list of transformations; holds the room for it.
struct Transformer {
  private let transformations: [Transformation]
  private var resamplers: [Interpolation: Resampler] = [:]

  init(_ transformations: [Transformation], imageShape: Shape) {
    self.transformations = transformations
    for kind in Set(transformations.map(\.interpolation)) {
      resamplers[kind] = Resampler(imageShape: imageShape, interpolation: kind)
    }
  }

  /// `pixels`, `[n, c, h, w]`, of the `images` of a split, by the transformation at `place`, and their poses.
  mutating func transform(_ pixels: Tensor, images: [Int], by place: Int) -> (pixels: Tensor, poses: [Pose]) {
    var result = pixels
    let poses = images.map(transformations[place].pose(of:))
    resamplers[transformations[place].interpolation]?.transform(&result, poses: poses)
    return (result, poses)
  }

  /// Transforms one image, `[c, h, w]`, where it lies.
  mutating func transform(_ pixels: UnsafeMutableBufferPointer<Float>, image: Int, by place: Int) {
    let transformation = transformations[place]
    resamplers[transformation.interpolation]?.transform(pixels, pose: transformation.pose(of: image))
  }
}
