import Archives
import Failures
import Files
import Foundation
import Interchange
import Networks
import PortableBackend
import Programs
import Records
import Tensors
import TestSupport
import Testing

/// Networks that other programs wrote.
@Suite("ONNX files of other programs")
struct ONNXImportTests {
  static let names: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: Fixture.path("onnx"))) ?? [])
    .filter { $0.hasSuffix(".onnx") }.map { String($0.dropLast(5)) }.sorted()

  private func pixels(_ shape: [Int]) -> Tensor { Tensor(Shape(shape), FormulaWeights.pixels(shape: shape)) }

  /// What ONNX Runtime makes of the images.
  private func expected(_ name: String) throws -> [Double] {
    let json = try JSON(parsing: [UInt8](Fixture.data("onnx/expected.json")))
    return try #require(json[name]?.array).flatMap { $0.array ?? [] }.compactMap(\.number)
  }

  private func model(_ name: String) throws -> MatchedModel {
    try TensorFile(path: Fixture.path("onnx/\(name).onnx")).model()
  }

  private func kinds(_ model: MatchedModel) -> [String] { model.graph.vertices.map(\.node.layer.name) }

  @Test("ONNX Runtime gives the same logits", arguments: names)
  func logitsAgree(name: String) throws {
    let model = try model(name)
    var expected = try expected(name)
    var found = try logits(model, pixels([3, 2, 8, 8])).map(Double.init)
    if model.notes.contains(where: { $0.contains("is taken off") }) {
      // Probabilities say logits up to a number for each image.
      let classes = model.graph.classCount
      for start in stride(from: 0, to: found.count, by: classes) {
        let sum = log(found[start..<start + classes].reduce(0) { $0 + exp($1) })
        for place in start..<start + classes { found[place] -= sum }
      }
      if !name.hasPrefix("log") { expected = expected.map { log($0) } }
    }
    let scale = expected.map(abs).max() ?? 0
    let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
    #expect(found.count == expected.count && worst <= 1e-5 * scale, "\(worst) of \(scale)")
  }

  @Test("Both exporters' files give the layers that were meant", arguments: ["script", "dynamo"])
  func layers(exporter: String) throws {
    let plain = try kinds(model("plain-\(exporter)"))
    #expect(
      plain == [
        "convolution", "relu", "max-pooling", "convolution", "relu6", "average-pooling", "flatten", "dense",
      ])
    #expect(try kinds(model("plain-fixed-\(exporter)")) == plain)
    let shuffled = try kinds(model("shuffled-\(exporter)"))
    #expect(shuffled.filter { $0 == "channel-shuffle" }.count == 1)
    #expect(shuffled.contains("channel-padding") && shuffled.filter { $0 == "channel-slice" }.count >= 4)
    let excited = try kinds(model("excited-\(exporter)"))
    #expect(excited.filter { $0 == "convolution" }.count == 4 && excited.filter { $0 == "dense" }.count == 1)
    let bent = Set(try kinds(model("bent-\(exporter)")))
    #expect(bent.isSuperset(of: ["leaky-relu", "elu", "gelu", "silu", "sigmoid", "tanh", "softplus", "relu6"]))
    #expect(
      try kinds(model("group")) == [
        "convolution", "group-batch-normalization", "relu", "group-max-pooling", "average-pooling", "flatten", "dense",
      ])
    let normed = try kinds(model("normed-\(exporter)"))
    #expect(normed.contains("group-normalization") && normed.contains("layer-normalization"))
    #expect(
      try kinds(model("standardised-\(exporter)")) == [
        "image-standardization", "convolution", "image-standardization", "relu", "average-pooling", "flatten", "dense",
      ])
  }

  @Test("Normalisation at the beginning becomes preprocessing, to the last bit", arguments: ["script", "dynamo"])
  func preprocessing(exporter: String) throws {
    let model = try model("normalised-\(exporter)")
    let wanted = Preprocessing(mean: [0.25, 0.5], standardDeviation: [0.5, 0.125])
    #expect(model.graph.definition.preprocessing == wanted)
    #expect(kinds(model).first == "convolution")
    #expect(model.notes.contains { $0.hasPrefix("it begins with the preprocessing [0.25, 0.5]") })
    let file = try TensorFile(path: Fixture.path("onnx/normalised-\(exporter).onnx"))
    let other = try file.model(ModelRequest(preprocessing: Preprocessing(mean: [0.5], standardDeviation: [0.5])))
    #expect(other.graph.definition.preprocessing.mean == [0.5, 0.5])
  }

  @Test("Layers are called by the names of their weights, where exporters kept them")
  func layerNames() throws {
    let names = try model("excited-dynamo").graph.parameters.map(\.path.text)
    #expect(names.contains("conv.weight") && names.contains("head.bias"), "\(names)")
    #expect(Set(names).count == names.count)
  }

  @Test("Tensors beside the file are read from there alone")
  func outside() throws {
    let file = try TensorFile(path: Fixture.path("onnx/outside.onnx"))
    #expect(!file.tensors.isEmpty)
    let bytes = [UInt8](try Fixture.data("onnx/outside.onnx"))
    #expect(refusal { _ = try TensorFile(ByteSource(bytes, name: "x")) }?.contains("name the model's file") == true)
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/outside.onnx"
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      #expect(refusal { _ = try TensorFile(path: path) }?.contains("lies in another file: ") == true)
      try Data([1, 2, 3]).write(to: URL(fileURLWithPath: "\(folder)/outside.data"))
      #expect(refusal { _ = try TensorFile(path: path) }?.contains("does not lie within outside.data") == true)
      for name in ["../outside.d", "/tmp/outsi.d", "a\\outside.da"] {
        var changed = bytes
        while let found = Data(changed).range(of: Data("outside.data".utf8)) {
          changed.replaceSubrange(found, with: Array(name.utf8))
        }
        try Data(changed).write(to: URL(fileURLWithPath: path))
        let message = refusal { _ = try TensorFile(path: path) }
        #expect(message?.contains("only files beside the model are read") == true, "\(name): \(message ?? "")")
      }
    }
  }

  @Test("What graphs compute of constants is what the reference evaluator makes of them")
  func constants() throws {
    let archive = try ZipArchive(ByteSource(path: Fixture.path("onnx/constants.zip")), limit: 1 << 24)
    let entries = Dictionary(uniqueKeysWithValues: archive.entries.map { ($0.name, $0) })
    var count = 0
    for entry in archive.entries where entry.name.hasSuffix(".onnx") {
      let name = String(entry.name.dropLast(5))
      let expected = try archive.contents(of: try #require(entries["\(name).y"])).withUnsafeBytes {
        Array($0.bindMemory(to: Float.self))
      }
      let model = try TensorFile(ByteSource(try archive.contents(of: entry), name: name)).model()
      let found = try logits(model, Tensor(Shape([1] + model.graph.imageShape.sizes)))
      #expect(found == expected, "\(name)")
      count += 1
    }
    #expect(count > 60)
  }

  @Test("Tensors of every kind are read, raw and from lists, and those of other kinds named")
  func elements() throws {
    let file = try TensorFile(path: Fixture.path("onnx/elements.model"))
    let json = try JSON(parsing: [UInt8](Fixture.data("onnx/elements.json")))
    let members = try #require(json.members)
    let found = Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0) })
    #expect(found.count + file.unread.count == members.count && file.unread.count == 3)
    for member in members {
      guard let tensor = found[member.key] else {
        let number = try #require(member.value.integer)
        let reason = file.unread.first { $0.name == member.key }?.reason
        #expect(reason == "elements of kind \(number) of ONNX are not read")
        continue
      }
      #expect(tensor.element.rawValue == member.value["element"]?.string, "\(member.key)")
      #expect(tensor.shape.sizes == member.value["shape"]?.array?.compactMap(\.integer), "\(member.key)")
      let expected = try #require(member.value["bits"]?.array).compactMap(\.integer).map { UInt32($0) }
      #expect(try bits(file, tensor) == expected, "\(member.key)")
    }
    #expect(try file.model().graph.vertices.map(\.node.layer.name) == ["flatten"])
  }

  // MARK: - Vectors of single operators

  /// How many vectors of each archive are taken at least.
  static let archives = [("a-f", 24), ("g-m", 26), ("n-r", 13), ("s-z", 18)]

  @Test("Vectors of single operators come out right, or the operator is refused by name", arguments: archives)
  func vectors(archive name: String, least: Int) throws {
    let archive = try ZipArchive(ByteSource(path: Fixture.path("onnx/nodes-\(name).zip")), limit: 1 << 24)
    let entries = Dictionary(uniqueKeysWithValues: archive.entries.map { ($0.name, $0) })
    var (right, refused) = (0, 0)
    for entry in archive.entries where entry.name.hasSuffix(".onnx") {
      let name = String(entry.name.dropLast(5))
      func floats(_ ending: String) throws -> [Float] {
        try archive.contents(of: try #require(entries["\(name).\(ending)"])).withUnsafeBytes {
          Array($0.bindMemory(to: Float.self))
        }
      }
      let (x, y) = (try floats("x"), try floats("y"))
      let source = ByteSource(try archive.contents(of: entry), name: "x")
      do {
        let model = try TensorFile(source).model()
        let count = x.count / model.graph.imageShape.count
        let found = try logits(model, Tensor(Shape([count] + model.graph.imageShape.sizes), x))
        let scale = max(y.map(abs).max() ?? 0, 1e-3)
        let worst = zip(found, y).map { $0.isNaN ? .infinity : abs($0 - $1) }.max() ?? .infinity
        let isEnd = model.notes.contains { $0.contains("is taken off") }
        // Some vectors are typed with four digits.
        #expect(found.count == y.count && (isEnd || worst <= 2e-4 * scale), "\(name): \(worst) of \(scale)")
        right += 1
      } catch let failure as Failure {
        let isOfNode = failure.message.hasPrefix("x: node ") || failure.message.contains("not images [n, c, h, w]")
        #expect(failure.kind == .data && isOfNode, "\(name): \(failure)")
        refused += 1
      }
    }
    #expect(right >= least, "\(right) right, \(refused) refused")
  }
}
