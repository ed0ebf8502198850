import Spatial
import Tensors
import TestSupport
import Testing

@Suite("Resampling")
struct ResamplerTests {
  @Test("1,000 random images and poses are, pixel for pixel, those of Pillow and torchvision")
  func nearest() throws {
    let expected = try Reference.load().nearest
    #expect(expected.count == 1000)
    for (index, checksum) in expected.enumerated() {
      let pixels = transformed(Reference.levels(index), Reference.shape(index), Reference.pose(index))
      let levels = pixels.map { UInt8($0.rounded()) }
      #expect(crc32(levels) == checksum, "image \(index), \(Reference.pose(index))")
    }
  }

  @Test("bilinear images are within one level of Pillow's")
  func bilinear() throws {
    let cases = try Reference.load().bilinear
    #expect(cases.count == 60)
    for blended in cases {
      let shape = Reference.shape(blended.index)
      let pixels = transformed(Reference.levels(blended.index), shape, Reference.pose(blended.index), .bilinear)
      for (pixel, level) in zip(pixels, blended.levels) {
        // Pillow cuts fractions off.
        #expect(pixel > Float(level) - 0.001 && pixel < Float(level) + 1.001, "image \(blended.index)")
      }
    }
  }

  @Test(
    "images that move by parts of pixels are those of Pillow and torchvision, and blended within a level of Pillow's")
  func parts() throws {
    let cases = try Reference.load().parts
    #expect(cases.count == 90 && cases.contains { !$0.bilinear.isEmpty })
    for moved in cases {
      let (levels, shape) = (Reference.levels(moved.index), Reference.shape(moved.index))
      let nearest = transformed(levels, shape, moved.pose).map { UInt8($0.rounded()) }
      #expect(crc32(nearest) == moved.nearest, "image \(moved.index), \(moved.pose)")
      for (pixel, level) in zip(transformed(levels, shape, moved.pose, .bilinear), moved.bilinear) {
        #expect(pixel > Float(level) - 0.001 && pixel < Float(level) + 1.001, "image \(moved.index), \(moved.pose)")
      }
    }
  }

  @Test("bilinear images of floats are those of grid_sample")
  func floats() throws {
    for (index, sampled) in try Reference.load().floats.enumerated() {
      let pixels = FormulaWeights.pixels(shape: [2, 6, 7], path: "floats \(index)")
      let found = transformed(pixels, [2, 6, 7], sampled.pose, .bilinear)
      for (pixel, expected) in zip(found, sampled.pixels) { #expect(abs(pixel - expected) < 2e-6) }
    }
  }

  @Test("a pixel sum's slope by pose is that of PyTorch's automatic differentiation")
  func slopes() throws {
    let resampler = Resampler(imageShape: [2, 6, 7])
    for (index, sampled) in try Reference.load().floats.enumerated() {
      let pixels = FormulaWeights.pixels(shape: [2, 6, 7], path: "floats \(index)")
      let weights = FormulaWeights.pixels(shape: [2, 6, 7], path: "weights \(index)").map { $0 - 0.5 }
      let found = pixels.withUnsafeBufferPointer { pixels in
        weights.withUnsafeBufferPointer { resampler.slope(of: pixels, at: sampled.pose, along: $0) }
      }
      for (own, expected) in zip(found.parts, sampled.slope.parts) { #expect(abs(own - expected) < 1e-6) }
      #expect(found.parts.allSatisfy { $0 != 0 })
    }
  }

  @Test("an image of one colour looks alike from everywhere, so its pose has no slope")
  func level() {
    let image = [Float](repeating: 0.5, count: 25)
    let slope = image.withUnsafeBufferPointer {
      Resampler(imageShape: [1, 5, 5]).slope(of: $0, at: Pose(degrees: 3), along: $0)
    }
    #expect(slope == PoseSlope())
  }

  @Test("positive degrees turn anticlockwise, dx moves right, dy moves down", arguments: Interpolation.allCases)
  func directions(_ interpolation: Interpolation) {
    let image: [Float] = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    func turned(_ pose: Pose) -> [Float] { transformed(image, [1, 3, 3], pose, interpolation) }
    #expect(turned(Pose(degrees: 90)) == [3, 6, 9, 2, 5, 8, 1, 4, 7])
    #expect(turned(Pose(degrees: -90)) == [7, 4, 1, 8, 5, 2, 9, 6, 3])
    #expect(turned(Pose(degrees: 180)) == [9, 8, 7, 6, 5, 4, 3, 2, 1])
    #expect(turned(Pose(dx: 1)) == [0, 1, 2, 0, 4, 5, 0, 7, 8])
    #expect(turned(Pose(dy: -1)) == [4, 5, 6, 7, 8, 9, 0, 0, 0])
    #expect(turned(Pose(isFlipped: true)) == [3, 2, 1, 6, 5, 4, 9, 8, 7])
    #expect(turned(Pose(cropX: 1, cropY: -1)) == [0, 0, 0, 2, 3, 0, 5, 6, 0])
  }

  @Test("crop, mirror, rotation and translation come in this order")
  func order() {
    let image: [Float] = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    let steps = [Pose(cropX: 1), Pose(isFlipped: true), Pose(degrees: 90), Pose(dx: 1)]
    let oneByOne = steps.reduce(image) { transformed($0, [1, 3, 3], $1) }
    #expect(transformed(image, [1, 3, 3], Pose(degrees: 90, dx: 1, isFlipped: true, cropX: 1)) == oneByOne)
  }

  @Test("a pose that changes nothing changes no bit", arguments: [0, 360, -720], Interpolation.allCases)
  func identity(_ degrees: Double, _ interpolation: Interpolation) {
    let pixels = FormulaWeights.pixels(shape: [2, 5, 6])
    #expect(transformed(pixels, [2, 5, 6], Pose(degrees: degrees), interpolation) == pixels)
  }

  @Test("far away all is black", arguments: Interpolation.allCases)
  func farAway(_ interpolation: Interpolation) {
    for pose in [Pose(dx: 0x1p40), Pose(degrees: 37, dx: 7, dy: -0x1p40), Pose(cropX: 1 << 40)] {
      #expect(transformed([Float](repeating: 1, count: 4), [1, 2, 2], pose, interpolation) == [0, 0, 0, 0])
    }
  }

  @Test("only as many images as there are poses change, each by its own")
  func batch() {
    var images = Tensor([3, 1, 1, 2], [1, 2, 3, 4, 5, 6])
    var resampler = Resampler(imageShape: [1, 1, 2])
    resampler.transform(&images, poses: [Pose(isFlipped: true), .identity])
    #expect(images.values == [2, 1, 3, 4, 5, 6])
  }

  @Test("transforming images allocates nothing", arguments: Interpolation.allCases)
  func allocations(_ interpolation: Interpolation) {
    var images = Tensor([4, 3, 32, 32], filledWith: 0.5)
    var resampler = Resampler(imageShape: [3, 32, 32], interpolation: interpolation)
    var poses = [Pose](repeating: .identity, count: 4)
    let distribution = PoseDistribution(rotation: 30, translation: 2, cropPadding: 4, isFlipping: true)
    let count = Allocations.count {
      for image in poses.indices { poses[image] = distribution.draw(seed: 1, image: image) }
      resampler.transform(&images, poses: poses)
    }
    #expect(count ?? 0 == 0)
  }

  private func crc32(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { register, byte in
      (0..<8).reduce(register ^ UInt32(byte)) { word, _ in word >> 1 ^ (word & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
  }
}

extension PoseSlope {
  fileprivate var parts: [Double] { [degrees, dx, dy] }
}
