import Foundation
import Spatial
import Tensors
import TestSupport
import Testing

/// What `fixtures/make/spatial.py` writes, and the images and distributions that it and the tests make by one formula.
struct Reference: Decodable {
  /// CRC-32 of the 8-bit image by the nearest neighbours, one a case.
  let nearest: [UInt32]
  let poses: [Drawn]
  let bilinear: [Blended]
  let floats: [Sampled]
  /// Images that move by parts of pixels.
  let parts: [Moved]
  /// Several poses of the image 17, cropped, mirrored, turned by up to 30 degrees and moved by up to 3 pixels.
  let several: [Drawn]
  let grids: [Grid]

  static let seed: UInt64 = 5
  static let epoch = 3
  static let shapes: [Shape] = [[1, 28, 28], [3, 32, 32], [1, 8, 8], [1, 7, 7], [1, 9, 14], [3, 33, 20]]

  static let distributions: [PoseDistribution] = {
    let angles: [Double] = [
      0, 90, -90, 180, -180, 270, 360, 450, 15, 30, -30, 45, -45, 60, 75, 120, 135, -150,
    ]
    let random = [
      PoseDistribution(rotation: 180), PoseDistribution(rotation: 30), PoseDistribution(translation: 4),
      PoseDistribution(rotation: 120, cropPadding: 4, isFlipping: true),
      PoseDistribution(rotation: 10, translation: 2.5), PoseDistribution(rotation: 180, translation: 8),
      PoseDistribution(cropPadding: 2), PoseDistribution(isFlipping: true),
    ]
    return random + angles.map { PoseDistribution(rotation: $0, isRotationExact: true) }
      + angles.map { PoseDistribution(rotation: $0, isRotationExact: true, translation: 3) }
  }()

  static func load() throws -> Reference {
    try JSONDecoder().decode(Reference.self, from: Fixture.data("spatial.json"))
  }

  static func shape(_ index: Int) -> Shape { shapes[index % shapes.count] }

  static func pose(_ index: Int) -> Pose {
    distributions[index % distributions.count].draw(seed: seed, epoch: epoch, image: index)
  }

  /// The 8-bit pixels of a case.
  static func levels(_ index: Int) -> [UInt8] {
    FormulaWeights.pixels(shape: shape(index).sizes, path: "image \(index)").map { UInt8($0 * 255.99) }
  }
}

/// A case's pose as the independent implementation draws it.
struct Drawn: Decodable {
  let index: Int
  let pose: Pose

  init(from decoder: any Decoder) throws {
    var list = try decoder.unkeyedContainer()
    index = try list.decode(Int.self)
    pose = try list.pose(isWhole: true)
  }
}

/// A case's 8-bit image as Pillow blends it.
struct Blended: Decodable {
  let index: Int
  let levels: Data

  init(from decoder: any Decoder) throws {
    var list = try decoder.unkeyedContainer()
    index = try list.decode(Int.self)
    levels = try #require(Data(base64Encoded: try list.decode(String.self)))
  }
}

/// An image of floats as PyTorch samples it.
struct Sampled: Decodable {
  let pose: Pose
  let pixels: [Float]
  /// How a weighted sum of the pixels grows with degrees, dx and dy.
  let slope: PoseSlope

  init(from decoder: any Decoder) throws {
    var list = try decoder.unkeyedContainer()
    pose = try list.pose()
    pixels = try list.decode([Float].self)
    let slope = try list.decode([Double].self)
    self.slope = PoseSlope(degrees: slope[0], dx: slope[1], dy: slope[2])
  }
}

/// A case's 8-bit image, moved by parts of pixels.
struct Moved: Decodable {
  let index: Int
  let pose: Pose
  /// CRC-32 of the image by the nearest neighbours.
  let nearest: UInt32
  /// The image as Pillow blends it; empty for large ones.
  let bilinear: Data

  init(from decoder: any Decoder) throws {
    var list = try decoder.unkeyedContainer()
    index = try list.decode(Int.self)
    pose = try list.pose()
    nearest = try list.decode(UInt32.self)
    bilinear = try #require(Data(base64Encoded: try list.decode(String.self)))
  }
}

/// A grid within budgets, with its poses `[dx, dy, degrees]` by NumPy to 12 decimals.
struct Grid: Decodable {
  let size: String
  let rotation: Double
  let translation: Double
  let poses: [[Double]]
}

extension UnkeyedDecodingContainer {
  /// Degrees, dx and dy and, in a `isWhole` pose, how the image is mirrored and cropped.
  fileprivate mutating func pose(isWhole: Bool = false) throws -> Pose {
    var pose = Pose(degrees: try decode(Double.self), dx: try decode(Double.self), dy: try decode(Double.self))
    guard isWhole else { return pose }
    pose.isFlipped = try decode(Bool.self)
    (pose.cropX, pose.cropY) = (try decode(Int.self), try decode(Int.self))
    return pose
  }
}

/// The image of 8-bit levels, transformed, in levels.
func transformed(
  _ levels: [UInt8], _ shape: Shape, _ pose: Pose, _ interpolation: Interpolation = .nearest
) -> [Float] {
  transformed(levels.map { Float($0) / 255 }, shape, pose, interpolation).map { $0 * 255 }
}

/// The image, transformed.
func transformed(
  _ pixels: [Float], _ shape: Shape, _ pose: Pose, _ interpolation: Interpolation = .nearest
) -> [Float] {
  var resampler = Resampler(imageShape: shape, interpolation: interpolation)
  var images = Tensor(Shape([1] + shape.sizes), pixels)
  resampler.transform(&images, poses: [pose])
  return images.values
}
