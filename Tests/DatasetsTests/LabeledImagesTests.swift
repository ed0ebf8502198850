import Datasets
import Failures
import Tensors
import TestSupport
import Testing

@Suite("Labelled images and batches")
struct LabeledImagesTests {
  /// `count` images `[2, 1, 3]` whose bytes count up from 0, with the labels 0, 1, 2, 0, ...
  private func images(_ count: Int) throws -> LabeledImages {
    try LabeledImages(
      name: "test", split: .test, imageShape: [2, 1, 3],
      pixels: .bytes((0..<count * 6).map { UInt8(truncatingIfNeeded: $0) }), labels: (0..<count).map { $0 % 3 },
      classNames: ["a", "b", "c"], place: "test")
  }

  @Test("Every byte becomes its quotient by 255")
  func scale() throws {
    let images = try LabeledImages(
      name: "test", split: .test, imageShape: [1, 16, 16], pixels: .bytes(Array(0...255)), labels: [0],
      classNames: ["a"], place: "test")
    let values = images.pixelValues(of: 0)
    #expect(values == (0...255).map { Float($0) / 255 })
    #expect(values[0] == 0 && values[255] == 1)
    // numpy.float32(77) / numpy.float32(255)
    #expect(values[77].bitPattern == 0x3E9A_9A9B)
  }

  @Test("Parts keep the original indices, labels and pixels")
  func parts() throws {
    let all = try images(10)
    let part = all[4..<9].prefix(3)
    #expect(part.indices == 4..<7)
    #expect(part.count == 3)
    #expect(part.indices.map(part.label) == [1, 2, 0])
    #expect(part.pixelValues(of: 5) == all.pixelValues(of: 5))
    #expect(part.pixelValues(of: 5) == (30..<36).map { Float($0) / 255 })
    #expect(all.prefix(100).indices == 0..<10)
    #expect(all.prefix(0).indices.isEmpty)
  }

  @Test("Shards are contiguous, together the whole, and of sizes that differ by one at most", arguments: 1...12)
  func shards(count: Int) throws {
    let part = try images(12)[2..<12]
    let shards = (1...count).map { part.shard($0, of: count) }
    #expect(shards.flatMap(\.indices) == Array(2..<12))
    let sizes = shards.map(\.count)
    #expect(try #require(sizes.max()) - #require(sizes.min()) <= 1)
  }

  @Test("A short batch is filled with its last image")
  func padding() throws {
    let part = try images(10)[3..<10]
    let batches = Batches(of: part, size: 4)
    #expect(batches.count == 2)
    #expect(batches.shape == [4, 2, 1, 3])
    #expect(batches.indices(ofBatch: 0) == [3, 4, 5, 6])
    #expect(batches.indices(ofBatch: 1) == [7, 8, 9])
    var pixels = Tensor(batches.shape, filledWith: -1)
    part.writePixels(of: batches.indices(ofBatch: 1), into: &pixels)
    #expect(pixels.values == [7, 8, 9, 9].flatMap { part.pixelValues(of: $0) })
    part.writePixels(of: [4], into: &pixels)
    #expect(pixels.values == [4, 4, 4, 4].flatMap { part.pixelValues(of: $0) })
  }

  @Test("A permutation orders the images of a part", arguments: [1, 2, 3, 5, 7])
  func shuffled(size: Int) throws {
    let part = try images(10)[4..<9]
    let batches = Batches(of: part, size: size, order: .shuffled([3, 0, 4, 1, 2]))
    #expect((0..<batches.count).flatMap(batches.indices) == [7, 4, 8, 5, 6])
    #expect((0..<batches.count).dropLast().allSatisfy { batches.indices(ofBatch: $0).count == size })
  }

  @Test("No images make no batches")
  func none() throws { #expect(try Batches(of: images(3).prefix(0), size: 2).count == 0) }

  @Test("Pixels and labels that do not fit are refused")
  func mismatch() {
    let cases: [(pixels: LabeledImages.Pixels, labels: [Int], part: String)] = [
      (.bytes([1, 2]), [0], "p: 2 images but 1 labels"), (.bytes([]), [], "p: holds no images"),
      (.bytes([1, 2]), [0, 2], "p: image 1: label 2, expected 0...1"),
      (.floats([0, 2]), [0, 1], "p: image 1: a pixel is 2.0"),
    ]
    for (pixels, labels, part) in cases {
      expectFailure(.data, part) {
        _ = try LabeledImages(
          name: "n", split: .train, imageShape: [1, 1, 1], pixels: pixels, labels: labels, classNames: ["a", "b"],
          place: "p")
      }
    }
  }
}
