import Archives
import Datasets
import Failures
import Files
import Foundation
import TestSupport
import Testing

@Suite("Damaged and doubled files")
struct DamageTests {
  private static let trainImages = "train-images-idx3-ubyte"
  private static let trainLabels = "train-labels-idx1-ubyte"

  /// Expects exactly this failure for bad data.
  private func expectMessage(
    _ message: String, _ kind: Failure.Kind = .data, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> LabeledImages
  ) {
    #expect(throws: Failure(kind, message), sourceLocation: sourceLocation) { _ = try body() }
  }

  @Test(
    "An IDX file that ends within its header or its elements says where",
    arguments: [
      (trainImages, 0, "ends within its header; it is truncated, fetch it again"),
      (trainImages, 4, "ends within its header; it is truncated, fetch it again"),
      (trainImages, 15, "ends within its header; it is truncated, fetch it again"),
      (trainImages, 16, "says 10x5x4 elements and has 0; it is truncated, fetch it again"),
      (trainImages, 36, "says 10x5x4 elements and has 20; it is truncated, fetch it again"),
      (trainImages, 215, "says 10x5x4 elements and has 199; it is truncated, fetch it again"),
      (trainLabels, 7, "ends within its header; it is truncated, fetch it again"),
      (trainLabels, 8, "says 10 elements and has 0; it is truncated, fetch it again"),
      (trainLabels, 17, "says 10 elements and has 9; it is truncated, fetch it again"),
    ])
  func boundariesOfIDX(name: String, count: Int, words: String) throws {
    try withCopy(of: "mnist") { folder in
      try edit("\(folder)/\(name)") { $0 = Array($0.prefix(count)) }
      expectMessage("\(folder)/\(name): \(words)") { try load("mnist:\(folder)") }
    }
  }

  @Test("Counts of 2^32 - 1 in a header reserve nothing and are refused", arguments: [0, 1, 2])
  func hugeCounts(axis: Int) throws {
    try withCopy(of: "mnist") { folder in
      try edit("\(folder)/\(Self.trainImages)") { $0.replaceSubrange(4 + 4 * axis..<8 + 4 * axis, with: huge) }
      let sizes = (0..<3).map { $0 == axis ? "4294967295" : ["10", "5", "4"][$0] }.joined(separator: "x")
      let words = "says \(sizes) elements and has 200; it is truncated, fetch it again"
      expectMessage("\(folder)/\(Self.trainImages): \(words)") { try load("mnist:\(folder)") }
    }
    try withCopy(of: "mnist") { folder in
      try edit("\(folder)/\(Self.trainLabels)") { $0.replaceSubrange(4..<8, with: huge) }
      let words = "says 4294967295 elements and has 10; it is truncated, fetch it again"
      expectMessage("\(folder)/\(Self.trainLabels): \(words)") { try load("mnist:\(folder)") }
    }
  }

  private let huge = [UInt8](repeating: 255, count: 4)

  @Test("No images of any size are no images", arguments: [[0, 0, 0, 0], [255, 255, 255, 255]])
  func noImages(size: [UInt8]) throws {
    try withCopy(of: "mnist") { folder in
      try write([0, 0, 8, 3, 0, 0, 0, 0] + size + size, to: "\(folder)/\(Self.trainImages)")
      try write([0, 0, 8, 1, 0, 0, 0, 0], to: "\(folder)/\(Self.trainLabels)")
      expectMessage("\(folder)/\(Self.trainLabels): holds no images") { try load("mnist:\(folder)") }
    }
  }

  @Test("A label of 255 is refused, wherever it stands", arguments: [0, 4, 9])
  func label(position: Int) throws {
    try withCopy(of: "mnist") { folder in
      try edit("\(folder)/\(Self.trainLabels)") { $0[8 + position] = 255 }
      let words = "image \(position): label 255, expected 0...9"
      expectMessage("\(folder)/\(Self.trainLabels): \(words)") { try load("mnist:\(folder)") }
    }
    try Fixture.withTemporaryFolder { folder in
      let record = [UInt8](repeating: 1, count: 3073)
      try write(
        (0..<10).flatMap { $0 == position ? [255] + record.dropFirst() : record }, to: "\(folder)/data_batch_4.bin")
      let words = "data_batch_4.bin: record \(position): label 255, expected 0...9"
      expectMessage("\(folder)/\(words)") { try load("cifar10:\(folder)") }
    }
  }

  @Test(
    "A CIFAR file that ends within a record is refused, at its label, its planes and between",
    arguments: [0, 1, 2, 1025, 1026, 2049, 2050, 3072, 3075, 5000])
  func boundariesOfCIFAR(count: Int) throws {
    try Fixture.withTemporaryFolder { folder in
      for (name, file, size) in [("cifar10", "test_batch.bin", 3073), ("cifar100", "test.bin", 3074)] {
        try write([UInt8](repeating: 1, count: count), to: "\(folder)/\(file)")
        let what = "\(count) bytes are no whole number of records of \(size)"
        let words = "\(what); it is truncated or not the binary version of \(name)"
        expectMessage("\(folder)/\(file): \(words)") { try load("\(name):\(folder)", .test) }
      }
    }
  }

  @Test("One damaged batch of training images spoils them, the test images not")
  func oneBatch() throws {
    try withCopy(of: "cifar10") { folder in
      try write([1, 2, 3], to: "\(folder)/data_batch_5.bin")
      expectFailure(.data, "\(folder)/data_batch_5.bin: 3 bytes are no whole number") {
        _ = try load("cifar10:\(folder)")
      }
      try load("cifar10:\(folder)", .test).expect(Expected.load().cifar10.test)
    }
  }

  @Test("A packed file cut short anywhere is refused", arguments: [trainImages, trainLabels])
  func truncatedPacked(name: String) throws {
    try withCopy(of: "mnist-packed") { folder in
      let path = "\(folder)/\(name).gz"
      let whole = try readBytes(path: path, limit: 1000)
      for count in whole.indices {
        try write(Array(whole[..<count]), to: path)
        expectFailure(.data, "\(path): ") { _ = try load("mnist:\(folder)") }
      }
    }
  }

  @Test("Where a file is there plain and packed, the plain one is read")
  func both() throws {
    try withCopy(of: "mnist") { folder in
      try write(Array("nothing packed".utf8), to: "\(folder)/\(Self.trainImages).gz")
      try load("mnist:\(folder)").expect(Expected.load().mnist.train)
      try FileManager.default.removeItem(atPath: "\(folder)/\(Self.trainImages)")
      expectMessage("\(folder)/\(Self.trainImages).gz: not a gzip file; unpack it or name another") {
        try load("mnist:\(folder)")
      }
    }
  }

  @Test("A folder under a file's name is no file")
  func folderAsFile() throws {
    try withCopy(of: "mnist") { folder in
      let path = "\(folder)/\(Self.trainImages)"
      try FileManager.default.removeItem(atPath: path)
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      expectMessage("\(path): no such file, nor \(Self.trainImages).gz; check the folder", .noInput) {
        try load("mnist:\(folder)")
      }
    }
  }

  @Test("The folder named goes before the one that the archive makes in it")
  func outerFolder() throws {
    try withCopy(of: "cifar100") { folder in
      try write([7, 42] + [UInt8](repeating: 0, count: 3072), to: "\(folder)/test.bin")
      #expect(try load("cifar100:\(folder)", .test).label(of: 0) == 42)
      try load("cifar100:\(folder)", .train).expect(Expected.load().cifar100.train)
    }
  }

  @Test("Class names may end in any newline; their number must be right")
  func names() throws {
    try withCopy(of: "cifar10") { folder in
      let names = (0..<10).map { "Klasse \($0) ü" }
      for separator in ["\n", "\r\n", "\n\n"] {
        try write(Array((names.joined(separator: separator) + separator).utf8), to: "\(folder)/batches.meta.txt")
        #expect(try load("cifar10:\(folder)").classNames == names)
      }
      try write(Array(names.joined(separator: " ").utf8), to: "\(folder)/batches.meta.txt")
      expectMessage("\(folder)/batches.meta.txt: names 1 classes, expected 10") { try load("cifar10:\(folder)") }
    }
    try withCopy(of: "cifar100/cifar-100-binary") { folder in
      #expect(try load("cifar100:\(folder)").classNames == (0..<100).map(String.init))
      let names = (0..<100).map { "fine_\($0)" }
      try write(Array(names.joined(separator: "\n").utf8), to: "\(folder)/fine_label_names.txt")
      #expect(try load("cifar100:\(folder)").classNames == names)
    }
  }
}
