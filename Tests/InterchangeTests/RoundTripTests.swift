import Archives
import Checkpoints
import Files
import Foundation
import Interchange
import Networks
import Tensors
import TestSupport
import Testing

/// What goes into another format comes back as it was.
@Suite struct RoundTripTests {
  private static let formats = ModelFormat.allCases.filter(\.isSupported)
  private let derivation = Derivation(tool: "cusp-convert", version: "1", arguments: ["a", "b"])

  /// Converts the file at `path` into `format` beside it.
  private func convert(
    _ path: String, _ format: ModelFormat, _ request: ModelRequest = ModelRequest(), in folder: String
  ) throws -> String {
    let output = "\(folder)/\(UUID().uuidString).\(format.suffixes[0])"
    let tolerance = Conversion.Tolerance(allowsNonFinite: true)
    _ = try Conversion(TensorFile(path: path), request, tolerance: tolerance, by: derivation).write(format, to: output)
    return output
  }

  private func expectSame(_ left: Checkpoint, _ right: Checkpoint) {
    #expect(left.definition == right.definition)
    #expect(left.digest == right.digest)
    #expect(left.classNames == right.classNames)
    #expect(left.progress.epoch == right.progress.epoch)
    for (old, new) in zip(left.parameters.tensors, right.parameters.tensors) {
      #expect(old.shape == new.shape)
      #expect(old.values.map(\.bitPattern) == new.values.map(\.bitPattern))
    }
  }

  @Test("A checkpoint comes back bit for bit from every format, and from one after the other", arguments: formats)
  func tiny(format: ModelFormat) throws {
    try Fixture.withTemporaryFolder { folder in
      let path = Fixture.path("checkpoints/tiny.h5")
      let original = try Checkpoint(reading: path)
      let foreign = try convert(path, format, in: folder)
      #expect(try TensorFile(path: foreign).format == format)
      expectSame(original, try Checkpoint(reading: convert(foreign, .hdf5, in: folder)))
      for second in Self.formats {
        let further = try convert(foreign, second, in: folder)
        expectSame(original, try Checkpoint(reading: convert(further, .hdf5, in: folder)))
      }
    }
  }

  @Test(
    "Tensors that published code never uses come back in its file, with every bit",
    arguments: ["efficientnet-b0", "wrn-10-1"], [ModelFormat.pytorch, .safetensors])
  func unused(architecture: String, format: ModelFormat) throws {
    try Fixture.withTemporaryFolder { folder in
      let graph = try NetworkGraph(#require(Architecture(rawValue: architecture)).definition())
      var tensors = zip(graph.parameters, Parameters(initializing: graph, seed: 2).tensors).map { spec, tensor in
        // Numbers that no initial value is, and counters as PyTorch has them.
        let values = tensor.values.enumerated().map { spec.role == .counter ? 3 : $1 + Float($0 % 7) / 16 }
        return OutgoingTensor(
          name: spec.path.text, shape: spec.shape, values: values, as: spec.role == .counter ? .int64 : .float32)
      }
      if architecture == "wrn-10-1" {
        tensors.append(OutgoingTensor(name: "sub_block1.layer.0.conv1.weight", shape: [2, 1, 1, 1], values: [0.5, 7]))
      }
      let source = "\(folder)/published.\(format.suffixes[0])"
      try writeTensors(tensors, metadata: OutgoingTexts([:]), format: format, to: source)
      let own = try convert(source, .hdf5, in: folder)
      let (first, back) = (try TensorFile(path: source), try TensorFile(path: convert(own, format, in: folder)))
      let sorted = [first, back].map { $0.tensors.sorted { $0.name < $1.name } }
      #expect(sorted[0].map(\.name) == sorted[1].map(\.name) && sorted[0].count == tensors.count)
      for (old, new) in zip(sorted[0], sorted[1]) {
        #expect(old.element == new.element && old.shape == new.shape)
        #expect(try bits(first, old) == bits(back, new), "\(old.name)")
      }
    }
  }

  @Test("Numbers that are rare stay as they are", arguments: formats)
  func rareNumbers(format: ModelFormat) throws {
    try Fixture.withTemporaryFolder { folder in
      let graph = try NetworkGraph(Architecture.leNet.definition())
      var parameters = Parameters(initializing: graph, seed: 3)
      let rare: [Float] = [
        -0, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude, Float(bitPattern: 0x7FC0_0001),
      ]
      parameters["conv1.bias"] = Tensor([6], rare)
      let path = "\(folder)/rare.h5"
      try Checkpoint(definition: graph.definition, parameters: parameters).write(to: path)
      let back = try convert(convert(path, format, in: folder), .hdf5, in: folder)
      expectSame(try Checkpoint(reading: path), try Checkpoint(reading: back))
    }
  }

  @Test("Counters are integers in other formats, and the same floats again here")
  func counters() throws {
    try Fixture.withTemporaryFolder { folder in
      let graph = try NetworkGraph(Architecture.vgg11.definition(imageShape: [3, 32, 32]))
      var parameters = Parameters(of: graph) { Tensor($0.shape) }
      parameters["features.1.num_batches_tracked"] = Tensor([], [16_777_216])
      parameters["features.5.num_batches_tracked"] = Tensor([], [0.5])
      let path = "\(folder)/counters.h5"
      try Checkpoint(definition: graph.definition, parameters: parameters).write(to: path)
      let foreign = try TensorFile(path: convert(path, .pytorch, in: folder))
      let elements = Dictionary(uniqueKeysWithValues: foreign.tensors.map { ($0.name, $0.element) })
      #expect(elements["features.1.num_batches_tracked"] == .int64)
      #expect(elements["features.5.num_batches_tracked"] == .float32)
      #expect(elements["features.0.weight"] == .float32)
      #expect(foreign.tensors.map(\.name) == graph.parameters.map(\.path.text))
      let back = try Checkpoint(reading: convert(foreign.path, .hdf5, in: folder))
      #expect(back.parameters == parameters)
    }
  }

  @Test(
    "Every kind of element passes between foreign formats bit for bit", arguments: [ModelFormat.pytorch, .safetensors])
  func elements(format: ModelFormat) throws {
    try Fixture.withTemporaryFolder { folder in
      for source in ["elements.pt", "elements.safetensors"] {
        let path = try convert(Fixture.path("interchange/\(source)"), format, in: folder)
        let file = try TensorFile(path: path)
        try expectTensors(file.tensors, of: file, ExpectedTensor.tensors("elements"))
      }
    }
  }

  @Test("NumPy gets what it has no kind for as 32-bit floats, and that is said")
  func widened() throws {
    try Fixture.withTemporaryFolder { folder in
      let source = try open("elements.pt")
      let path = "\(folder)/x.npz"
      let result = try Conversion(source, by: derivation).write(.numpy, to: path)
      #expect(result.notes == ["NumPy has no bfloat16, so these tensors are widened to float32, exactly"])
      let file = try TensorFile(path: path)
      let kind = file.tensors.first { $0.name == "bfloat16" }?.element
      #expect(kind == .float32)
      for tensor in file.tensors {
        let old = try #require(source.tensors.first { $0.name == tensor.name })
        #expect(try bits(file, tensor) == bits(source, old))
      }
    }
  }

  @Test("Views are written as tensors of their own", arguments: ["views.pt", "views-deflated.pt"])
  func views(name: String) throws {
    try Fixture.withTemporaryFolder { folder in
      for format in [ModelFormat.pytorch, .safetensors, .numpy] {
        let file = try TensorFile(path: convert(Fixture.path("interchange/\(name)"), format, in: folder))
        try expectTensors(file.tensors, of: file, ExpectedTensor.tensors("views"))
      }
    }
  }

  @Test("Arrays of NumPy in other orders are written in the usual one, bit for bit")
  func otherOrders() throws {
    try Fixture.withTemporaryFolder { folder in
      for format in [ModelFormat.pytorch, .safetensors, .numpy] {
        let path = try convert(Fixture.path("interchange/state-big-endian-columns.npz"), format, in: folder)
        let file = try TensorFile(path: path)
        try expectTensors(file.tensors, of: file, ExpectedTensor.tensors("state"))
      }
    }
  }

  @Test("A large array column after column is put in rows, across all parts that it is handed out in")
  func largeColumns() throws {
    try Fixture.withTemporaryFolder { folder in
      let (rows, columns) = (700, 900)
      // What numpy.save writes of an array of big-endian floats whose element (r, c) is 1000 r + c, in Fortran order.
      var bytes = NumPyArray.fileHeader(.float32, shape: [rows, columns])
      bytes = Array(String(decoding: bytes[10...], as: UTF8.self).replacing("<f4", with: ">f4").utf8)
      bytes = Array(String(decoding: bytes, as: UTF8.self).replacing("False", with: "True ").utf8)
      bytes = [0x93] + "NUMPY".utf8 + [1, 0, UInt8(bytes.count & 0xFF), UInt8(bytes.count >> 8)] + bytes
      for column in 0..<columns {
        for row in 0..<rows {
          withUnsafeBytes(of: Float(1000 * row + column).bitPattern.bigEndian) { bytes += $0 }
        }
      }
      let path = "\(folder)/large.npz"
      try Data(zipStoring([(name: "a.npy", bytes: bytes)])).write(to: URL(fileURLWithPath: path))
      let file = try TensorFile(path: path)
      let expected = (0..<rows).flatMap { row in (0..<columns).map { Float(1000 * row + $0) } }
      #expect(try file.floats(of: file.tensors[0]) == expected)
      let copy = try TensorFile(path: convert(path, .safetensors, in: folder))
      #expect(try copy.floats(of: copy.tensors[0]) == expected)
    }
  }

  @Test("A safetensors file is written byte for byte as the reference writes it")
  func reference() throws {
    try Fixture.withTemporaryFolder { folder in
      for name in ["state.safetensors", "elements.safetensors"] {
        let file = try open(name)
        let path = "\(folder)/\(name)"
        let tensors = file.tensors.reversed().map { OutgoingTensor($0, of: file) }
        try writeTensors(tensors, metadata: OutgoingTexts(file.metadata), format: .safetensors, to: path)
        let written = try Data(contentsOf: URL(fileURLWithPath: path))
        // The reference has no order of more texts than one.
        if file.metadata.count == 1 { #expect(try written == Fixture.data("interchange/\(name)")) }
        #expect(try TensorFile(path: path).tensors.map(\.name) == file.tensors.map(\.name))
      }
    }
  }

  @Test("The same conversion makes the same bytes, aligned in archives", arguments: formats)
  func deterministic(format: ModelFormat) throws {
    try Fixture.withTemporaryFolder { folder in
      let source = Fixture.path("checkpoints/tiny.h5")
      let paths = try (0..<2).map { _ in try convert(source, format, in: folder) }
      let files = try paths.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
      #expect(files[0] == files[1])
      guard format == .pytorch || format == .numpy else { return }
      for entry in try ZipArchive(ByteSource(path: paths[0]), limit: 1 << 20).entries {
        #expect(entry.packed.lowerBound % 64 == 0, "\(entry.name)")
      }
    }
  }

  @Test("Provenance names the program, its arguments and the chain of files", arguments: formats)
  func provenance(format: ModelFormat) throws {
    try Fixture.withTemporaryFolder { folder in
      let source = Fixture.path("checkpoints/tiny.h5")
      let first = try convert(source, format, in: folder)
      let second = try TensorFile(path: convert(first, .safetensors, in: folder))
      let steps = try #require(Provenance(json: second.description().documents.provenance)).steps
      #expect(steps.map(\.tool) == ["cusp-convert", "cusp-convert"])
      #expect(steps.allSatisfy { $0.arguments == ["a", "b"] && $0.version == "1" })
      let digest = try Checkpoint.summary(path: source).digest
      #expect(steps[0].parent == .model(digest: digest))
      let parent = try format == .hdf5 ? .model(digest: digest) : Provenance.Parent(fileAt: first)
      #expect(steps[1].parent == parent)
    }
  }

  @Test("A storage whose bytes do not have their checksum is refused, and leaves no file", arguments: formats)
  func damagedStorage(format: ModelFormat) throws {
    try Fixture.withTemporaryFolder { folder in
      var bytes = try [UInt8](Fixture.data("interchange/half.pt"))
      let archive = try ZipArchive(bytes, limit: 1 << 20, name: "x")
      let storage = try #require(archive.entries.last { $0.name.contains("/data/") && $0.size > 8 })
      bytes[storage.packed.upperBound - 1] ^= 0x40
      let (path, output) = ("\(folder)/damaged.pt", "\(folder)/x.\(format.suffixes[0])")
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      let message = refusal { _ = try Conversion(TensorFile(path: path), by: derivation).write(format, to: output) }
      let words = "its size or CRC-32 is wrong; it is damaged, fetch it again"
      #expect(message == "\(path): \(storage.name): \(words)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["damaged.pt"])
    }
  }

  @Test("A checkpoint made of a checkpoint keeps its optimiser, and can get other preprocessing")
  func checkpoint() throws {
    try Fixture.withTemporaryFolder { folder in
      let source = Fixture.path("checkpoints/tiny.h5")
      let wanted = Preprocessing(mean: [0.25], standardDeviation: [0.5])
      let old = try Checkpoint(reading: source)
      let new = try Checkpoint(reading: convert(source, .hdf5, ModelRequest(preprocessing: wanted), in: folder))
      #expect(new.definition.preprocessing == wanted)
      #expect(new.digest != old.digest)
      #expect(new.optimizer == old.optimizer && new.parameters == old.parameters)
      #expect(new.documents.configuration == old.documents.configuration)
      #expect(new.progress == old.progress)
    }
  }

  @Test("What a format does not have is refused, and leaves no file")
  func refusals() throws {
    try Fixture.withTemporaryFolder { folder in
      for (format, path) in [(ModelFormat.numpy, "\(folder)/x.npz"), (.onnx, "\(folder)/x.onnx")] {
        #expect(refusal { _ = try Conversion(open("unreadable.pt"), by: derivation).write(format, to: path) } != nil)
      }
      let message = refusal { _ = try Conversion(open("state.pt"), by: derivation).write(.hdf5, to: "\(folder)/x.h5") }
      #expect(message?.contains("fit no architecture") == true)
      let left = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(left.isEmpty)
    }
  }
}
