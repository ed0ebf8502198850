import Failures
import Foundation
import Inspection
import Interchange
import Networks
import Tensors
import TestSupport
import Testing

@Suite("Files opened for a look")
struct OpenedModelTests {
  /// What opening the file at `path` ends with.
  private func complaint(_ path: String) throws -> String? {
    do {
      _ = try OpenedModel(path: path)
      return nil
    } catch let failure as Failure {
      #expect(failure.kind == .data)
      #expect(failure.message.hasPrefix("\(path): "))
      return String(failure.message.dropFirst("\(path): ".count))
    }
  }

  @Test(
    "what is no model says what it is in one phrase",
    arguments: [
      ("datasets/mnist/train-images-idx3-ubyte", "a data set in IDX, as MNIST comes in: 10 images of 5x4"),
      ("datasets/mnist/train-labels-idx1-ubyte", "a data set in IDX, as MNIST comes in: 10 labels"),
      ("datasets/gray-nhw.npz", "a data set of 10 images of 5x6 (x, y)"),
      ("datasets/gray-nhw.h5", "a data set of 10 images of 5x6 (x, y)"),
      ("datasets/both-splits.npz", "a data set of 6 images of 3x5x6 (x_test, x_train, y_test, y_train)"),
      ("archives/float32.npy", "a NumPy array (.npy)"), ("archives/named.gz", "gzip data"),
      ("generator.json", "JSON"), ("make/hdf5.py", "text"),
    ])
  func others(name: String, phrase: String) throws {
    #expect(try complaint(Fixture.path(name)) == "\(phrase), no model")
  }

  @Test(
    "CIFAR's binary version is known by whole records with labels within bounds",
    arguments: [(1, "1 image"), (3, "3 images")])
  func cifar(count: Int, images: String) throws {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/batch.bin"
      func write(_ labels: [UInt8], more: Int = 0) throws -> String? {
        // The first pixels look like the headers of IDX and ONNX.
        let record = labels + [0, 8, 3] + (0..<3069).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let bytes = (0..<count).flatMap { _ in record } + [UInt8](repeating: 0, count: more)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return try complaint(path)
      }
      let ten = "a data set, the binary version of CIFAR-10: \(images), no model"
      let hundred = "a data set, the binary version of CIFAR-100: \(images), no model"
      let known = [try write([9]), try write([0]), try write([19, 99])]
      #expect(known == [ten, ten, hundred])
      let unknown = [try write([9], more: 2), try write([10]), try write([20, 99])]
      #expect(unknown.allSatisfy { $0?.contains("CIFAR") == false })
    }
  }

  @Test("integers that no 32-bit float holds are summed up exactly, and verify")
  func integers() throws {
    let path = Fixture.path("archives/arrays.npz")
    let model = try OpenedModel(path: path)
    let tensor = try #require(model.tensors.first { $0.name == "i4" })
    let statistics = try model.statistics(of: tensor.stored)
    #expect(statistics.minimum == -2_147_483_648)
    #expect(statistics.maximum == 2_147_483_647)
  }

  @Test("an image is one")
  func png() throws {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/image.png"
      try Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0x0D]).write(to: URL(fileURLWithPath: path))
      #expect(try complaint(path) == "a PNG image, no model")
    }
  }

  @Test("a checkpoint has its tensors by name, its optimiser's apart, and its definition as stored")
  func checkpoint() throws {
    let model = try OpenedModel(path: Fixture.path("checkpoints/tiny.h5"))
    let graph = try #require(model.graph)
    #expect(model.tensors.map(\.name) == graph.parameters.map(\.path.text))
    #expect(model.tensors.map(\.stored.shape) == graph.parameters.map(\.shape))
    #expect(model.others.count == 1)
    #expect(try model.definitionText().hasPrefix(#"{"architecture":"tiny","classCount":3"#))
    #expect(model.provenance == nil)
  }

  @Test("a known network is recognised under longer names, another file keeps its names")
  func recognition() throws {
    try Fixture.withTemporaryFolder { folder in
      let models = try Models(in: folder)
      let model = try OpenedModel(path: models.safetensors("a.safetensors", prefix: "module."))
      #expect(model.graph?.definition.architecture == "digits-cnn")
      #expect(model.tensors.map(\.name) == models.graph.parameters.map(\.path.text))
      #expect(model.description.definition == nil)
      let path = "\(folder)/other.safetensors"
      try safetensors([("a", [2], [1, 2]), ("b", [], [3])]).write(to: URL(fileURLWithPath: path))
      let other = try OpenedModel(path: path)
      #expect(other.graph == nil)
      #expect(other.tensors.map(\.name) == ["a", "b"])
      #expect(throws: Failure.self) { try other.definitionText() }
    }
  }

  @Test("a sound file verifies with what it could be held against")
  func sound() throws {
    try Fixture.withTemporaryFolder { folder in
      let models = try Models(in: folder)
      let (ours, theirs) = (try models.checkpoint("a.h5", momentum: 1), try models.safetensors("a.safetensors"))
      let (tensors, numbers) = (
        models.graph.parameters.count, models.parameters.tensors.reduce(0) { $0 + $1.values.count }
      )
      let model = try OpenedModel(path: ours)
      let digest = try #require(model.description.digest)
      #expect(
        try model.verify()
          == .init(isSound: true, line: "\(ours): ok: \(tensors + 1) tensors, \(numbers + 2) numbers, digest \(digest)")
      )
      #expect(
        try OpenedModel(path: theirs).verify()
          == .init(
            isSound: true,
            line: "\(theirs): ok: \(tensors) tensors, \(numbers) numbers, the parameters of digits-cnn"))
    }
  }

  @Test("a number that is not finite is found in every format, with its place", arguments: [Float.nan, -.infinity])
  func infinite(number: Float) throws {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/a.safetensors"
      // Behind the first part of those that are read.
      var values = [Float](repeating: 1, count: 1 << 19)
      values[300_000] = number
      try safetensors([("layer", [1 << 19], values)]).write(to: URL(fileURLWithPath: path))
      #expect(
        try OpenedModel(path: path).verify()
          == .init(isSound: false, line: "\(path): layer: element 300000 is \(number), not a finite number"))
    }
  }
}
