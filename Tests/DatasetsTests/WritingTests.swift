import Datasets
import Failures
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Data sets written into other files")
struct WritingTests {
  /// The images of `text` as (label, pixels), split by split.
  private func contents(_ text: String) throws -> [[(Int, [Float])]] {
    try DatasetReference(text).loadAll().map { part in
      part.indices.map { (part.label(of: $0), part.pixelValues(of: $0)) }
    }
  }

  private func expectSame(_ left: String, _ right: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let (left, right) = try (contents(left), contents(right))
    #expect(left.count == right.count, sourceLocation: sourceLocation)
    for (left, right) in zip(left, right) {
      #expect(left.map(\.0) == right.map(\.0), sourceLocation: sourceLocation)
      #expect(left.map(\.1) == right.map(\.1), sourceLocation: sourceLocation)
    }
  }

  /// Converts through `steps`, each a name below the folder, and compares every one with the first.
  private func convert(_ source: String, _ steps: [String]) throws {
    try Fixture.withTemporaryFolder { folder in
      var from = source
      for (number, step) in steps.enumerated() {
        var to = "\(folder)/\(number)\(step)"
        if step.hasSuffix(":") {
          to = "\(step)\(folder)/\(number)"
          try FileManager.default.createDirectory(atPath: "\(folder)/\(number)", withIntermediateDirectories: true)
        }
        try DatasetReference(to).write(DatasetReference(from).loadAll())
        try expectSame(source, to)
        from = to
      }
    }
  }

  @Test("MNIST passes through every format")
  func mnist() throws { try convert("mnist:\(datasetPath("mnist"))", [".npz", ".h5", "mnist:", "fashion:", ".npz"]) }

  @Test("CIFAR passes through every format")
  func cifar() throws {
    try convert("cifar10:\(datasetPath("cifar10"))", [".h5", "cifar10:", ".npz", "cifar100:", "cifar10:"])
    try convert("cifar100:\(datasetPath("cifar100"))", [".npz", "cifar100:", ".h5"])
  }

  @Test("The original files come back byte for byte")
  func bytes() throws {
    try Fixture.withTemporaryFolder { folder in
      try DatasetReference("mnist:\(folder)").write(DatasetReference("mnist:\(datasetPath("mnist"))").loadAll())
      for name in ["train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"] {
        let written = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
        #expect(try written == Fixture.data("datasets/mnist/\(name)"))
      }
    }
  }

  @Test("A file without splits stays one, floats stay floats", arguments: ["gray-nhw-doubles.npz", "colour-nhwc.h5"])
  func unsplit(name: String) throws { try convert(datasetPath(name), [".npz", ".h5", ".npz"]) }

  @Test("The digits are written, not overwritten")
  func digits() throws {
    try convert("digits", [".npz", "mnist:"])
    expectFailure(.usage, "digits: are built in") { try DatasetReference("digits").write([]) }
  }

  @Test("Images and labels that a format does not hold are refused")
  func refusals() throws {
    try Fixture.withTemporaryFolder { folder in
      func write(_ source: String, to family: String) throws {
        try DatasetReference("\(family):\(folder)").write(DatasetReference(datasetPath(source)).loadAll())
      }
      expectFailure(.data, "its pixels are floats, and IDX holds bytes") {
        try write("gray-nhw-doubles.npz", to: "mnist")
      }
      expectFailure(.data, "images of 3 channels") { try write("colour-nchw.npz", to: "mnist") }
      expectFailure(.data, "and cifar10 holds 3x32x32") { try write("colour-nchw.npz", to: "cifar10") }
      expectFailure(.noInput, "no such file") { _ = try DatasetReference("mnist:\(folder)").loadAll() }
    }
  }

  /// `count` images of 3x32x32 whose labels are their indices modulo `classes`.
  private func images(_ count: Int, classes: Int, names: [String]) throws -> LabeledImages {
    let pixels = (0..<count * 3072).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    return try LabeledImages(
      name: "made", split: .train, imageShape: [3, 32, 32], pixels: .bytes(pixels),
      labels: (0..<count).map { $0 % classes }, classNames: names, place: "made")
  }

  @Test("Training images of CIFAR-10 fill five files in order, with the names of their classes", arguments: [1, 5, 13])
  func batches(count: Int) throws {
    try Fixture.withTemporaryFolder { folder in
      let names = (0..<10).map { "class \($0)" }
      let made = try images(count, classes: 10, names: names)
      try DatasetReference("cifar10:\(folder)").write([made])
      let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("data_batch_") }
      #expect(files.count == min(count, 5))
      let read = try load("cifar10:\(folder)")
      #expect(read.classNames == names)
      #expect(read.indices.map(read.label) == made.indices.map(made.label))
      #expect(read.indices.map(read.pixelValues) == made.indices.map(made.pixelValues))
    }
  }

  @Test("A label beyond the classes of a data set is refused, and no file is left")
  func labels() throws {
    try Fixture.withTemporaryFolder { folder in
      let made = try images(12, classes: 12, names: (0..<12).map(String.init))
      for family in ["cifar10", "mnist"] {
        expectFailure(
          .data, family == "mnist" ? "images of 3 channels" : "image 10: label 10, and cifar10 has 10 classes"
        ) {
          try DatasetReference("\(family):\(folder)").write([made])
        }
      }
      try DatasetReference("cifar100:\(folder)").write([made])
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["train.bin"])
      let read = try load("cifar100:\(folder)")
      #expect(read.indices.map(read.label) == Array(0..<12))
    }
  }
}
