import Attacks
import Datasets
import Evaluation
import Failures
import Files
import Foundation
import ImageFiles
import Networks
import Records
import SavedSets
import Tensors
import TestSupport
import Testing

/// Sets of perturbed images that are folders of image files.
@Suite("Saved sets of image files")
struct ImageSetTests {
  private func verify(_ folder: String, epsilon: Double) throws -> VerificationRecord {
    let model = try network()
    let set = try SavedSet(folder: folder, imageShape: model.graph.imageShape)
    return try Verification(of: set, .init(norm: .linf, epsilon: epsilon), around: digits(), by: model).record()
  }

  private func pixels(_ images: LabeledImages, _ index: Int) -> [Float] {
    [Float](unsafeUninitializedCapacity: images.imageShape.count) { buffer, initialized in
      images.writePixels(of: index, into: UnsafeMutableBufferPointer(rebasing: buffer[..<images.imageShape.count]))
      initialized = images.imageShape.count
    }
  }

  /// Writes `images`, brightened by a level where that is possible, as image files to `path`.
  private func write(_ images: LabeledImages, to path: String) throws {
    try SavedSetFile(path: path, format: .png, isQuantised: false).write(images) { append in
      for index in images.indices { try append(pixels(images, index).map { min(1, $0 + 1.0 / 255) }) }
    }
  }

  @Test("What is written holds, in the order of the data, with labels and indices; other names have none")
  func written() throws {
    try Fixture.withTemporaryFolder { folder in
      let images = try digits().images[95..<120]
      try write(images, to: "\(folder)/set")
      let set = try SavedSet(folder: "\(folder)/set", imageShape: [1, 8, 8])
      #expect(set.count == 25 && set.range == 255 && set.indices == Array(95..<120))
      #expect(set.labels == images.indices.map(images.label(of:)))
      try set.forEachImage { place, image in
        let expected = pixels(images, 95 + place).map { min(255, ($0 * 255).rounded() + 1) / 255 }
        #expect(image == expected)
      }
      let record = try verify("\(folder)/set", epsilon: 1.0 / 255)
      #expect(record.holds && record.tally.count == 25 && record.breaches.order == 0 && record.breaches.label == 0)
      #expect(try !verify("\(folder)/set", epsilon: 0.5 / 255).holds)
      try FileManager.default.moveItem(
        atPath: "\(folder)/set/\(images.label(of: 99))/099.png", toPath: "\(folder)/set/\(images.label(of: 99))/x.png")
      #expect(try SavedSet(folder: "\(folder)/set", imageShape: [1, 8, 8]).indices == nil)
    }
  }

  @Test("A folder that is written is a data set of the same labels, class by class, in the same bytes each time")
  func again() throws {
    try Fixture.withTemporaryFolder { folder in
      let images = try digits().images[20..<60]
      for name in ["one", "two"] { try write(images, to: "\(folder)/\(name)") }
      let names = try FileManager.default.subpathsOfDirectory(atPath: "\(folder)/one").sorted()
      #expect(names.count == 50 && names.contains("\(images.label(of: 20))/020.png"))
      for name in names where name.hasSuffix(".png") {
        let files = try ["one", "two"].map { try readBytes(path: "\(folder)/\($0)/\(name)", limit: 1 << 16) }
        #expect(files[0] == files[1])
      }
      let read = try DatasetReference("folder:\(folder)/one").load(split: .test)
      let order = images.indices.sorted { (images.label(of: $0), $0) < (images.label(of: $1), $1) }
      #expect(read.imageShape == [1, 8, 8] && read.classNames.count == 10 && read.haveEightBits)
      #expect(read.indices.map(read.label(of:)) == order.map(images.label(of:)))
      for (place, index) in order.enumerated() {
        #expect(pixels(read, place) == pixels(images, index).map { min(255, ($0 * 255).rounded() + 1) / 255 })
      }
    }
  }

  /// Two images of each of the classes `names`, of `channels`.
  private func images(_ names: [String], channels: Int = 3) throws -> LabeledImages {
    let labels = names.indices.flatMap { [$0, $0] }
    return try LabeledImages(
      name: "made", split: .test, imageShape: [channels, 2, 3],
      pixels: .bytes((0..<labels.count * channels * 6).map { UInt8($0 * 7 % 256) }), labels: labels, classNames: names,
      place: "made")
  }

  @Test(
    "Classes keep names that are in order and can be folders; else they are named by their labels",
    arguments: [
      (["cat", "dog", "ox"], ["cat", "dog", "ox"]), (["A b", "a", "é"], ["A b", "a", "é"]),
      (["dog", "cat"], ["0", "1"]), (["T-shirt/top", "Zebra"], ["0", "1"]), (["", "a"], ["0", "1"]),
      (["..", "a"], ["0", "1"]), (["a", "a"], ["0", "1"]),
      ((0..<11).map(String.init), ["00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10"]),
    ])
  func names(names: [String], folders: [String]) throws {
    try Fixture.withTemporaryFolder { folder in
      let images = try images(names)
      try SavedSetFile(path: "\(folder)/set", format: .png, isQuantised: true).write(images) { append in
        for index in images.indices { try append(pixels(images, index)) }
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/set").sorted() == folders.sorted())
      let read = try DatasetReference("folder:\(folder)/set").load(split: .test)
      #expect(read.classNames == folders && read.indices.map(read.label(of:)) == images.indices.map(images.label(of:)))
      for index in images.indices { #expect(pixels(read, index) == pixels(images, index)) }
    }
  }

  @Test("A folder that is not finished is not there; one that is full, and channels that PNG has not, are refused")
  func refusals() throws {
    struct Stop: Error {}
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/set"
      let file = SavedSetFile(path: path, format: .png, isQuantised: false)
      #expect(file.isQuantised && !SavedSetFile(path: path, isQuantised: false).isQuantised)
      let images = try images(["a"])
      #expect(throws: Stop.self) {
        try file.write(images) { append in
          try append(pixels(images, 0))
          throw Stop()
        }
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
      let four = try self.images(["a"], channels: 4)
      let failure = #expect(throws: Failure.self) { try file.write(four) { _ in } }
      #expect(failure?.message == "made: images of 4 channels, and PNG holds 1 or 3 of them")
      try FileManager.default.createDirectory(atPath: "\(path)/kept", withIntermediateDirectories: true)
      #expect(throws: Failure.self) { try file.write(images) { _ in } }
      #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["kept"])
    }
  }

  @Test("Image files of another size than the model's, and damaged ones, are named")
  func trouble() throws {
    try Fixture.withTemporaryFolder { folder in
      try FileManager.default.createDirectory(atPath: "\(folder)/0", withIntermediateDirectories: false)
      for (name, part) in [
        ("grey-8.png", "0/0.png: has the shape 1x9x13; the model takes images [1x8x8]"),
        ("damaged/checksum.png", "0/0.png: damaged PNG: "), ("damaged/text.jpg", "0/0.png: is no PNG or JPEG image"),
      ] {
        let shape: Shape = name == "grey-8.png" ? [1, 8, 8] : [1, 9, 13]
        try Fixture.data("images/\(name)").write(to: URL(fileURLWithPath: "\(folder)/0/0.png"))
        let failure = #expect(throws: Failure.self) {
          try SavedSet(folder: folder, imageShape: shape).forEachImage { _, _ in }
        }
        #expect(failure?.kind == .data && failure?.message.contains(part) == true, "\(failure?.message ?? "")")
      }
    }
  }
}
