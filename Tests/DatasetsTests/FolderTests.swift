import Datasets
import Failures
import Files
import Foundation
import TestSupport
import Testing

@Suite("MNIST and CIFAR files")
struct FolderTests {
  private static let trainImages = "train-images-idx3-ubyte"
  private static let trainLabels = "train-labels-idx1-ubyte"

  @Test(
    "MNIST's files are read plain and packed, and Fashion's likewise",
    arguments: ["mnist:", "fashion:"], ["mnist", "mnist-packed"])
  func mnist(prefix: String, folder: String) throws {
    for split in Split.allCases {
      let images = try load(prefix + datasetPath(folder), split)
      try images.expect(Expected.load().mnist[split])
      #expect("\(images.name):" == prefix)
      #expect(images.split == split)
      #expect(images.classNames.count == 10)
      #expect(images.classNames[9] == (prefix == "mnist:" ? "9" : "Ankle boot"))
    }
  }

  @Test(
    "Files lie where torchvision puts them, too",
    arguments: [
      ("mnist", "MNIST/raw", ""), ("mnist", "MNIST/raw", "/MNIST"), ("fashion", "FashionMNIST/raw", ""),
      ("fashion", "FashionMNIST/raw", "/FashionMNIST/raw"),
    ])
  func torchvision(family: String, place: String, given: String) throws {
    try Fixture.withTemporaryFolder { folder in
      let parent = URL(fileURLWithPath: "\(folder)/\(place)").deletingLastPathComponent()
      try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: datasetPath("mnist"), toPath: "\(folder)/\(place)")
      for split in Split.allCases {
        try load("\(family):\(folder)\(given)", split).expect(Expected.load().mnist[split])
      }
    }
  }

  @Test("Of CIFAR's Python version it is said that the binary one is read", arguments: ["", "/cifar-10-batches-py"])
  func pythonVersion(given: String) throws {
    try Fixture.withTemporaryFolder { folder in
      try FileManager.default.createDirectory(
        atPath: "\(folder)/cifar-10-batches-py", withIntermediateDirectories: false)
      try write([128, 4], to: "\(folder)/cifar-10-batches-py/data_batch_1")
      expectFailure(
        .noInput, "cifar-10-batches-py: the Python version of cifar10, of pickles; the binary version is read"
      ) {
        _ = try load("cifar10:\(folder)\(given)", .test)
      }
    }
  }

  @Test("The home folder may be written ~", arguments: ["mnist:~/x", "canvas:40:mnist:~/x", "folder:224:~/x"])
  func home(text: String) throws {
    // Without a home folder it stays as it is.
    let home = ProcessInfo.processInfo.environment["HOME"] ?? "~"
    #expect(try DatasetReference(text) == DatasetReference(text.replacingOccurrences(of: "~", with: home)))
    #expect(try DatasetReference("mnist:a~/x").description == "mnist:a~/x")
  }

  @Test("A plain file under a packed one's name is what it is not: damaged")
  func misnamed() throws {
    try withCopy(of: "mnist") { folder in
      try FileManager.default.moveItem(
        atPath: "\(folder)/\(Self.trainImages)", toPath: "\(folder)/\(Self.trainImages).gz")
      expectFailure(.data, "\(Self.trainImages).gz: not a gzip file") { _ = try load("mnist:\(folder)") }
    }
  }

  @Test("A packed file under a plain one's name is unpacked")
  func packed() throws {
    try withCopy(of: "mnist-packed") { folder in
      try FileManager.default.moveItem(
        atPath: "\(folder)/\(Self.trainImages).gz", toPath: "\(folder)/\(Self.trainImages)")
      try load("mnist:\(folder)").expect(Expected.load().mnist.train)
    }
  }

  @Test("Images and labels that are swapped say so")
  func swapped() throws {
    try withCopy(of: "mnist") { folder in
      let (images, labels) = ("\(folder)/\(Self.trainImages)", "\(folder)/\(Self.trainLabels)")
      try FileManager.default.moveItem(atPath: images, toPath: "\(folder)/other")
      try FileManager.default.moveItem(atPath: labels, toPath: images)
      try FileManager.default.moveItem(atPath: "\(folder)/other", toPath: labels)
      expectFailure(.data, "\(images): this is a label file (2049), expected images (2051)") {
        _ = try load("mnist:\(folder)")
      }
    }
    try withCopy(of: "mnist") { folder in
      try edit("\(folder)/\(Self.trainLabels)") { $0[3] = 3 }
      expectFailure(.data, "this is an image file (2051), expected labels (2049)") {
        _ = try load("mnist:\(folder)")
      }
    }
  }

  @Test("An IDX file cut short anywhere is refused", arguments: [trainImages, trainLabels])
  func truncatedIDX(name: String) throws {
    try withCopy(of: "mnist") { folder in
      let whole = try readBytes(path: "\(folder)/\(name)", limit: 1000)
      for count in whole.indices {
        try write(Array(whole[..<count]), to: "\(folder)/\(name)")
        expectFailure(.data, "\(name): ") { _ = try load("mnist:\(folder)") }
      }
    }
  }

  @Test(
    "Damaged IDX files say what is wrong",
    arguments: [
      (trainImages, 0, [1], "no file of labels or images (16779267)"),
      (trainImages, 7, [11], "says 11x5x4 elements and has 200; it is truncated"),
      (trainImages, 7, [9], "says 9x5x4 elements and has 200; something follows"),
      (trainImages, 4, [255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255], "it is truncated"),
      (trainImages, 7, [0], "says 0x5x4 elements and has 200"),
      (trainLabels, 12, [10], "image 4: label 10, expected 0...9"),
    ])
  func damagedIDX(name: String, position: Int, values: [UInt8], part: String) throws {
    try withCopy(of: "mnist") { folder in
      try edit("\(folder)/\(name)") { $0.replaceSubrange(position..<position + values.count, with: values) }
      expectFailure(.data, part) { _ = try load("mnist:\(folder)") }
    }
  }

  @Test("Counts that do not match and files without images are refused")
  func counts() throws {
    try withCopy(of: "mnist") { folder in
      try edit("\(folder)/\(Self.trainLabels)") {
        $0 = Array($0.dropLast()); $0[7] = 9
      }
      expectFailure(.data, "9 labels for 10 images") { _ = try load("mnist:\(folder)") }
      try edit("\(folder)/\(Self.trainLabels)") {
        $0 = Array($0[..<8]); $0[7] = 0
      }
      try edit("\(folder)/\(Self.trainImages)") {
        $0 = Array($0[..<16]); $0[7] = 0
      }
      expectFailure(.data, "holds no images") { _ = try load("mnist:\(folder)") }
    }
  }

  @Test("CIFAR-10's batches that are there are read in order, with the names beside them")
  func cifar10() throws {
    for split in Split.allCases {
      let images = try load("cifar10:\(datasetPath("cifar10"))", split)
      try images.expect(Expected.load().cifar10[split])
      #expect(images.classNames == (0..<10).map { "class \($0)" })
    }
  }

  @Test("CIFAR-100's fine labels are read, from the folder that the archive makes and from its parent")
  func cifar100() throws {
    for folder in ["cifar100", "cifar100/cifar-100-binary"] {
      for split in Split.allCases {
        let images = try load("cifar100:\(datasetPath(folder))", split)
        try images.expect(Expected.load().cifar100[split])
        #expect(images.classNames.count == 100)
      }
    }
  }

  @Test("CIFAR-10's parent folder is accepted, and without names the known ones are used")
  func parent() throws {
    try Fixture.withTemporaryFolder { folder in
      try FileManager.default.copyItem(
        atPath: datasetPath("cifar10"), toPath: "\(folder)/cifar-10-batches-bin")
      try FileManager.default.removeItem(atPath: "\(folder)/cifar-10-batches-bin/batches.meta.txt")
      let images = try load("cifar10:\(folder)", .test)
      try images.expect(Expected.load().cifar10.test)
      #expect(images.classNames[3] == "cat")
    }
  }

  @Test("Damaged CIFAR files say what is wrong")
  func damagedCIFAR() throws {
    let record = [UInt8](repeating: 7, count: 3073)
    let cases: [(bytes: [UInt8], part: String)] = [
      ([], "0 bytes are no whole number of records of 3073"),
      (Array(record.dropLast()), "3072 bytes are no whole number"), (record + [1], "3074 bytes are no whole number"),
      (record + [10] + record.dropFirst(), "record 1: label 10, expected 0...9"),
    ]
    try Fixture.withTemporaryFolder { folder in
      for (bytes, part) in cases {
        try write(bytes, to: "\(folder)/test_batch.bin")
        expectFailure(.data, "\(folder)/test_batch.bin: \(part)") { _ = try load("cifar10:\(folder)", .test) }
      }
      try write(record, to: "\(folder)/test_batch.bin")
      try write(Array("cat\ndog\n".utf8), to: "\(folder)/batches.meta.txt")
      expectFailure(.data, "batches.meta.txt: names 2 classes, expected 10") {
        _ = try load("cifar10:\(folder)", .test)
      }
      for (coarse, fine, part) in [(20, 0, "label 20, expected 0...19"), (0, 100, "label 100, expected 0...99")] {
        let record = [UInt8(coarse), UInt8(fine)] + record.dropFirst()
        try write(record, to: "\(folder)/train.bin")
        expectFailure(.data, part) { _ = try load("cifar100:\(folder)") }
      }
    }
  }

  @Test(
    "A missing file is named with the place where it was looked for",
    arguments: [
      ("mnist", Split.train, "train-images-idx3-ubyte"), ("fashion", .test, "t10k-images-idx3-ubyte"),
      ("cifar10", .train, "data_batch_1.bin"), ("cifar10", .test, "test_batch.bin"), ("cifar100", .test, "test.bin"),
    ])
  func missing(kind: String, split: Split, file: String) throws {
    try Fixture.withTemporaryFolder { folder in
      expectFailure(.noInput, "\(folder)/\(file): no such file, nor \(file).gz") {
        _ = try load("\(kind):\(folder)", split)
      }
    }
  }

  @Test("Real MNIST is read as NumPy reads it", .enabled(if: Fixture.realImages != nil), arguments: Split.allCases)
  func realMNIST(split: Split) throws { try expectReal("mnist", split) }

  @Test("Real CIFAR-10 is read as NumPy reads it", .enabled(if: Fixture.realImages != nil), arguments: Split.allCases)
  func realCIFAR(split: Split) throws { try expectReal("cifar10", split) }

  private func expectReal(_ name: String, _ split: Split) throws {
    let expected = try JSONDecoder().decode([String: Expected.Both].self, from: Fixture.data("datasets/real.json"))
    let folder = try #require(Fixture.realImages)
    try load("\(name):\(folder)/\(name)", split).expect(#require(expected[name])[split])
  }
}
