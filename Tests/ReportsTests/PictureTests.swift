import Attacks
import Datasets
import Failures
import Files
import ImageFiles
import Pictures
import Records
import SavedSets
import Tensors
import TestSupport
import Testing

/// Images of saved sets as pictures: from both kinds of sets, and what is refused.
@Suite struct PictureTests {
  private func digits() throws -> LabeledImages { try DatasetReference.digits.load(split: .test).prefix(20) }

  private func pixels(_ images: LabeledImages, _ index: Int) -> [Float] {
    [Float](unsafeUninitializedCapacity: images.imageShape.count) { buffer, initialized in
      images.writePixels(of: index, into: UnsafeMutableBufferPointer(rebasing: buffer[..<images.imageShape.count]))
      initialized = images.imageShape.count
    }
  }

  /// The pictures of a set of `images`, each pixel changed by `change`.
  private func pictures(
    _ images: LabeledImages, format: SavedSetFile.Format, of requests: [SavedPictures.Request],
    _ norm: Norm = .linf, interpolation: String? = nil, change: (Float) -> Float
  ) throws -> [Int: SavedPicture] {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/set.\(format.rawValue)"
      try SavedSetFile(path: path, format: format, isQuantised: false).write(images) { append in
        for index in images.indices { try append(pixels(images, index).map(change)) }
      }
      let set =
        format == .png
        ? try SavedSet(folder: path, imageShape: images.imageShape)
        : try SavedSet(InputFile(onDisk: path), imageShape: images.imageShape)
      return try SavedPictures(set, around: images, norm, interpolation: interpolation).pictures(of: requests)
    }
  }

  @Test(
    "A level more is ten levels of the difference, in arrays and in image files",
    arguments: SavedSetFile.Format.allCases)
  func levels(format: SavedSetFile.Format) throws {
    let images = try digits()
    let found = try pictures(images, format: format, of: [.init(index: 3), .init(index: 17), .init(index: 99)]) {
      min(1, $0 + 1.0 / 255)
    }
    #expect(Set(found.keys) == [3, 17])
    for (index, picture) in found {
      let clean = pixels(images, index).map { UInt8(($0 * 255).rounded()) }
      #expect(picture.clean.pixels == clean && picture.clean.channels == 1)
      #expect(picture.perturbed.pixels == clean.map { (level: UInt8) in min(level, 254) + 1 })
      // 127.5 is grey, halves go up.
      let expected = clean.map { (level: UInt8) -> UInt8 in level < 255 ? 138 : 128 }
      #expect(picture.difference.pixels == expected)
      #expect(abs(picture.distance - 1.0 / 255) < 1e-6)
    }
  }

  @Test("Distances are of the norm that is asked for", arguments: [(Norm.linf, 0.25), (.l2, 2), (.l1, 16), (.l0, 64)])
  func distances(norm: Norm, expected: Double) throws {
    let found = try pictures(digits(), format: .npz, of: [.init(index: 5)], norm) { $0 < 0.5 ? $0 + 0.25 : $0 - 0.25 }
    #expect(abs((found[5]?.distance ?? 0) - expected) < 1e-5)
  }

  @Test("What lies outside of 0 to 1 is cut off in pictures, not in distances")
  func outside() throws {
    let found = try pictures(digits(), format: .npz, of: [.init(index: 0)]) { $0 + 2 }
    let picture = try #require(found[0])
    #expect(Set(picture.perturbed.pixels) == [255] && Set(picture.difference.pixels) == [255])
    #expect(abs(picture.distance - 2) < 1e-6)
  }

  @Test("Enlarged pixels are squares of whole numbers of pixels, as NumPy's repeat makes them")
  func enlarged() {
    // numpy.arange(12).reshape(2, 2, 3).repeat(2, 0).repeat(2, 1)
    let image = PixelImage(width: 2, height: 2, channels: 3, pixels: Array(0..<12))
    let expected: [UInt8] = [
      0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5, 0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5,
      6, 7, 8, 6, 7, 8, 9, 10, 11, 9, 10, 11, 6, 7, 8, 6, 7, 8, 9, 10, 11, 9, 10, 11,
    ]
    #expect(image.enlarged(toFit: 4) == PixelImage(width: 4, height: 4, channels: 3, pixels: expected))
    #expect(image.enlarged(toFit: 5) == image.enlarged(toFit: 4))
    for side in [0, 1, 2, 3] { #expect(image.enlarged(toFit: side) == image) }
    let tall = PixelImage(width: 1, height: 3, channels: 1, pixels: [7, 8, 9]).enlarged(toFit: 6)
    #expect(tall.width == 2 && tall.height == 6 && tall.pixels == [7, 7, 7, 7, 8, 8, 8, 8, 9, 9, 9, 9])
  }

  @Test("Poses beyond all bounds, pixels that are no numbers, and unknown interpolations are refused")
  func refusals() throws {
    let images = try digits()
    for pose in [
      PredictionRecord.Pose(degrees: 1e300), .init(degrees: .nan), .init(dx: 1e18), .init(dy: -.infinity),
    ] {
      let failure = #expect(throws: Failure.self) {
        try pictures(images, format: .npz, of: [.init(index: 2, pose: pose)]) { $0 }
      }
      #expect(failure?.kind == .data && failure?.message.hasPrefix("image 2: a pose of ") == true)
    }
    let failure = #expect(throws: Failure.self) {
      try pictures(images, format: .npz, of: [.init(index: 2)]) { _ in .nan }
    }
    #expect(failure?.message.hasSuffix("image 2: holds what is no finite number; cusp-verify tells more") == true)
    #expect(throws: Failure.self) { try pictures(images, format: .npz, of: [], interpolation: "cubic") { $0 } }
  }
}
