import Archives
import Corruptions
import Failures
import Foundation
import Tensors
import TestSupport
import Testing

/// Corruptions against those of NumPy, SciPy and Pillow (fixtures/make/corruptions.py), with the same random numbers.
@Suite("Common corruptions")
struct CorruptionTests {
  private static let (seed, image): (UInt64, Int) = (7, 123)
  private let archive: NumPyArchive

  init() throws {
    archive = try NumPyArchive(parsing: Array(Fixture.data("corruptions.npz")), limit: 1 << 24, name: "corruptions.npz")
  }

  private func array(_ name: String) throws -> NumPyArray { try #require(try archive.array(name), "\(name)") }

  /// The image called `name` as networks take it.
  private func pixels(_ name: String) throws -> (shape: Shape, pixels: [Float]) {
    let array = try array(name)
    return (Shape(array.shape), array.bytes.map { Float($0) / 255 })
  }

  private func corrupted(
    _ image: (shape: Shape, pixels: [Float]), _ kind: Corruption.Kind, _ severity: Int, seed: UInt64 = Self.seed,
    index: Int = Self.image
  ) throws -> [UInt8] {
    var pixels = image.pixels
    try pixels.withUnsafeMutableBufferPointer {
      try Corruption(kind, severity: severity).apply(to: $0, shape: image.shape, seed: seed, image: index)
    }
    #expect(pixels.allSatisfy { (0...1).contains($0) && ($0 * 255).rounded() / 255 == $0 }, "\(kind)")
    return pixels.map { UInt8(($0 * 255).rounded()) }
  }

  /// How many levels of 8 bits two decoders of JPEG may differ by.
  private static let jpegLevels = 3

  @Test("Every kind and severity makes the expected image", arguments: Corruption.Kind.allCases, ["colour", "grey"])
  func expected(kind: Corruption.Kind, name: String) throws {
    guard kind != .saturate || name == "colour" else { return }
    let image = try pixels(name)
    let expected = try array("\(name)_\(kind.rawValue)")
    let count = expected.shape[1]
    for severity in Corruption.severities {
      let all = try corrupted(image, kind, severity)
      let sampled = stride(from: 0, to: all.count, by: 5).map { Int(all[$0]) }
      let wanted = expected.bytes[(severity - 1) * count..<severity * count].map(Int.init)
      let differences = zip(sampled, wanted).map { abs($0 - $1) }
      let most = kind == .jpegCompression ? Self.jpegLevels : 1
      // Sums in another order may fall to the other side of a level.
      #expect(differences.allSatisfy { $0 <= most }, "\(kind) \(severity): \(differences.max() ?? 0)")
      let changed = differences.count { $0 > 0 }
      #expect(changed * (kind == .jpegCompression ? 5 : 50) <= count, "\(kind) \(severity): \(changed) of \(count)")
    }
  }

  @Test(
    "The same seed and image make the same, others another, where something is drawn",
    arguments: Corruption.Kind.allCases)
  func draws(kind: Corruption.Kind) throws {
    let drawn: Set<Corruption.Kind> = [.gaussianNoise, .shotNoise, .impulseNoise, .speckleNoise, .glassBlur, .fog]
    let image = try pixels("colour")
    let first = try corrupted(image, kind, 3)
    #expect(try corrupted(image, kind, 3) == first)
    for (seed, index) in [(8 as UInt64, Self.image), (Self.seed, 124)] {
      let other = try corrupted(image, kind, 3, seed: seed, index: index)
      #expect((other == first) != drawn.contains(kind), "\(kind)")
    }
  }

  @Test(
    "The more severe, the farther from the image",
    arguments: [Corruption.Kind.gaussianNoise, .fog, .contrast, .gaussianBlur])
  func severities(kind: Corruption.Kind) throws {
    let image = try pixels("colour")
    let distances = try Corruption.severities.map { severity in
      zip(try corrupted(image, kind, severity), image.pixels).reduce(0) { $0 + abs(Float($1.0) / 255 - $1.1) }
    }
    #expect(zip(distances, distances.dropFirst()).allSatisfy { $0 < $1 }, "\(distances)")
  }

  @Test(
    "Images of any size and flat ones are corrupted, too",
    arguments: [[1, 1, 1], [3, 2, 3], [3, 5, 9], [1, 40, 33]])
  func sizes(sizes: [Int]) throws {
    for value: Float in [0, 0.5, 1] {
      let image = (Shape(sizes), [Float](repeating: value, count: Shape(sizes).count))
      for kind in Corruption.Kind.allCases where kind != .saturate || sizes[0] == 3 {
        for severity in Corruption.severities { _ = try corrupted(image, kind, severity) }
      }
    }
  }

  @Test("Grey images have no saturation, and two channels are no image")
  func refused() {
    for (shape, part) in [([2, 8, 8] as Shape, "images of 2 channels"), ([1, 8, 8], "grey images have no colours")] {
      let failure = #expect(throws: Failure.self) {
        try Corruption(.saturate, severity: 1).validate(imageShape: shape)
      }
      #expect(failure?.kind == .usage && failure?.message.contains(part) == true)
    }
    #expect(throws: Never.self) { try Corruption(.fog, severity: 5).validate(imageShape: [1, 8, 8]) }
  }

  @Test("Photons come as often as Poisson's distribution has it")
  func poisson() throws {
    // White: 500 photons on average, with a deviation of their root; what is beyond white is cut off, so half of it.
    let image = (Shape([1, 64, 64]), [Float](repeating: 0.5, count: 4096))
    let levels = try corrupted(image, .shotNoise, 1).map { Double($0) / 255 }
    let mean = levels.reduce(0, +) / 4096
    let deviation = (levels.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 4096).squareRoot()
    // Cutting off takes half a level away.
    #expect(abs(mean - (0.5 - 0.5 / 255)) < 0.002)
    #expect(abs(deviation - (0.5 / 500).squareRoot()) < 0.002)
  }
}
