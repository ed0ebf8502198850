import Archives
import Datasets
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Parts and batches of random sizes")
struct PropertyTests {
  /// Up to 60 images `[1, 2, 2]` of random bytes and labels, and both.
  private struct Sample {
    let images: LabeledImages
    let bytes: [UInt8]
    let labels: [Int]

    init(_ generator: inout Generator) throws {
      let count = 1 + generator.integer(below: 60)
      bytes = (0..<count * 4).map { _ in UInt8(generator.integer(below: 256)) }
      labels = (0..<count).map { _ in generator.integer(below: 5) }
      images = try LabeledImages(
        name: "random", split: .train, imageShape: [1, 2, 2], pixels: .bytes(bytes), labels: labels,
        classNames: ["a", "b", "c", "d", "e"], place: "random")
    }

    /// Expects that every image of `part` is that of the same index.
    func expectSame(_ part: LabeledImages) {
      for index in part.indices {
        #expect(part.label(of: index) == labels[index])
        #expect(part.pixelValues(of: index) == bytes[index * 4..<index * 4 + 4].map { Float($0) / 255 })
      }
    }
  }

  private func generator(_ seed: Int) -> Generator { Generator(seed: UInt64(seed), purpose: .sample) }

  @Test("Shards are the whole one after the other, of sizes that differ by one at most", arguments: 0..<40)
  func shards(seed: Int) throws {
    var generator = generator(seed)
    let sample = try Sample(&generator)
    let whole = sample.images.prefix(generator.integer(below: 70))
    let count = 1 + generator.integer(below: 80)
    let shards = (1...count).map { whole.shard($0, of: count) }
    #expect(shards.flatMap { Array($0.indices) } == Array(whole.indices))
    let sizes = shards.map(\.count)
    #expect(try #require(sizes.max()) <= #require(sizes.min()) + 1)
    for shard in shards { sample.expectSame(shard) }
  }

  @Test("A part of a part of a part keeps original indices, labels and pixels", arguments: 0..<40)
  func nested(seed: Int) throws {
    var generator = generator(seed)
    let sample = try Sample(&generator)
    var (part, expected) = (sample.images, Array(sample.images.indices))
    for _ in 0..<3 {
      let limit = generator.integer(below: 60)
      (part, expected) = (part.prefix(limit), Array(expected.prefix(limit)))
      let count = 1 + generator.integer(below: 3)
      let number = 1 + generator.integer(below: count)
      let (size, longer) = (expected.count / count, expected.count % count)
      let start = (number - 1) * size + min(number - 1, longer)
      part = part.shard(number, of: count)
      expected = Array(expected[start..<start + size + (number <= longer ? 1 : 0)])
      #expect(Array(part.indices) == expected)
    }
    sample.expectSame(part)
  }

  @Test("Batches in order are the images one after the other, all but the last full", arguments: 0..<40)
  func inOrder(seed: Int) throws {
    var generator = generator(seed)
    let sample = try Sample(&generator)
    let part = sample.images.shard(2, of: 3)
    let size = 1 + generator.integer(below: 25)
    let batches = Batches(of: part, size: size)
    let indices = (0..<batches.count).map(batches.indices)
    #expect(indices.flatMap { $0 } == Array(part.indices))
    #expect(indices.dropLast().allSatisfy { $0.count == size })
    #expect(indices.allSatisfy { (1...size).contains($0.count) })
    #expect(batches.shape == Shape([size, 1, 2, 2]))
  }

  @Test("Shuffled batches have every image once, where the permutation says", arguments: 0..<40)
  func shuffled(seed: Int) throws {
    var generator = generator(seed)
    let sample = try Sample(&generator)
    let part = sample.images.shard(2, of: 2)
    let permutation = generator.permutation(count: part.count)
    let batches = Batches(of: part, size: 1 + generator.integer(below: 25), order: .shuffled(permutation))
    let indices = (0..<batches.count).flatMap(batches.indices)
    #expect(indices == permutation.map { part.indices.lowerBound + $0 })
    #expect(indices.sorted() == Array(part.indices))
  }

  @Test("A batch in memory has its images in the order asked for, and the last in what is left", arguments: 0..<20)
  func tensors(seed: Int) throws {
    var generator = generator(seed)
    let sample = try Sample(&generator)
    let size = 1 + generator.integer(below: 8)
    let indices = (0...generator.integer(below: size)).map { _ in generator.integer(below: sample.images.count) }
    var tensor = Tensor(Shape([size, 1, 2, 2]), filledWith: -1)
    sample.images.writePixels(of: indices, into: &tensor)
    let filled = indices + [Int](repeating: indices[indices.count - 1], count: size - indices.count)
    #expect(tensor.values == filled.flatMap { sample.images.pixelValues(of: $0) })
  }
}

@Suite("Pixels from files to the last bit")
struct ExactPixelTests {
  /// Each byte once, in an image of 16x16.
  private let bytes = [UInt8](0...255)

  private func expectQuotients(_ images: LabeledImages, _ sourceLocation: SourceLocation = #_sourceLocation) {
    let bits = images.pixelValues(of: 0).map(\.bitPattern)
    #expect(Array(bits.prefix(256)) == (0...255).map { (Float($0) / 255).bitPattern }, sourceLocation: sourceLocation)
  }

  @Test("Every byte of an IDX file is its quotient by 255")
  func idx() throws {
    try Fixture.withTemporaryFolder { folder in
      let header: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 16, 0, 0, 0, 16]
      try write(header + bytes, to: "\(folder)/train-images-idx3-ubyte")
      try write([0, 0, 8, 1, 0, 0, 0, 1, 9], to: "\(folder)/train-labels-idx1-ubyte")
      expectQuotients(try load("mnist:\(folder)"))
    }
  }

  @Test("Every byte of CIFAR files is its quotient by 255, red, green and blue in turn")
  func cifar() throws {
    try Fixture.withTemporaryFolder { folder in
      let planes = (0..<3).flatMap { plane in (0..<4).flatMap { _ in bytes.map { $0 &+ UInt8(plane) } } }
      try write([3] + planes, to: "\(folder)/data_batch_2.bin")
      try write([4, 27] + planes, to: "\(folder)/train.bin")
      for (name, label) in [("cifar10", 3), ("cifar100", 27)] {
        let images = try load("\(name):\(folder)")
        expectQuotients(images)
        #expect((images.imageShape, images.count, images.label(of: 0)) == ([3, 32, 32], 1, label))
        #expect(images.pixelValues(of: 0)[1024] == Float(1) / 255)
        #expect(images.pixelValues(of: 0)[2048] == Float(2) / 255)
      }
    }
  }

  @Test("Every byte of an npz file is its quotient by 255; floats are kept, doubles rounded once")
  func npz() throws {
    try Fixture.withTemporaryFolder { folder in
      let floats = (0...255).map { Float($0) / 255 }
      // A thousandth of a unit in the last place above each float: rounding takes it away again.
      let doubles = floats.dropLast().map { Double($0) * (1 + 0x1p-34) } + [1]
      let doubleBytes = doubles.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init) }
      let labels = NumPyArray([0] as [Int64])
      for array in [
        NumPyArray(.uint8, shape: [1, 16, 16], bytes: bytes), NumPyArray(floats, shape: [1, 16, 16]),
        NumPyArray(.float64, shape: [1, 16, 16], bytes: doubleBytes),
      ] {
        try write(NumPyArchive.fileBytes(of: [("x", array), ("y", labels)]), to: "\(folder)/a.npz")
        expectQuotients(try load("\(folder)/a.npz"))
      }
    }
  }
}
