import Archives
import Checkpoints
import Failures
import Files
import Foundation
import HDF5
import Interchange
import Networks
import Records
import Tensors
import TestSupport
import Testing

extension ReferenceNetwork {
  /// The archive without what this package says of its network, which has to be found in the model then.
  fileprivate var foreign: [UInt8] {
    get throws { try changedMember("metadata.json", bytes) { $0.replacing("cusp.definition", with: "other") } }
  }
}

@Suite("Networks as Keras files")
struct KerasExportTests {
  /// Layers that no layer of Keras is, by what their refusal says.
  private static let notWritten = [
    "image-standardization": "is no layer of Keras, so Keras files cannot hold it",
    "local-response": "is no layer of Keras, so Keras files cannot hold it",
  ]

  /// Layers that are written as several of Keras, which are not taken back as one.
  private static let notTaken = ["channel", "shuffle", "group-", "gelu-tanh", "transposed", "permut"]

  private static let names = ReferenceNumbers.layers + ["digits-cnn", "lenet", "net-mnist"]

  @Test("A file that nobody changed gives the very network back", arguments: [ModelFormat.keras, .kerasLegacy])
  func same(format: ModelFormat) throws {
    var written = 0
    for name in Self.names {
      try Fixture.withTemporaryFolder { folder in
        let message = refusal {
          let network = try ReferenceNetwork(name, as: format, in: folder)
          let file = try TensorFile(path: network.path)
          #expect(file.format == format)
          let model = try file.model()
          written += 1
          let checkpoint = try TensorFile(path: network.checkpoint).model()
          #expect(model.graph.definition == network.graph.definition, "\(name)")
          #expect(try model.parameters() == checkpoint.parameters(), "\(name)")
          #expect(model.notes.isEmpty)
        }
        if let message { #expect(message.hasSuffix("so Keras files cannot hold it"), "\(name): \(message)") }
      }
    }
    #expect(written > Self.names.count * 3 / 4, "\(written) of \(Self.names.count)")
  }

  @Test("A file computes what PyTorch computes, run by the layers' definition", arguments: names)
  func computed(name: String) throws {
    try Fixture.withTemporaryFolder { folder in
      var network: ReferenceNetwork?
      let message = refusal { network = try ReferenceNetwork(name, as: .keras, in: folder) }
      guard let network else {
        #expect(message?.hasSuffix("so Keras files cannot hold it") == true, "\(message ?? "")")
        return
      }
      let images = KerasReference.Array(channelsFirst: network.pixels)
      let result = try KerasReference(path: network.path).run(images)
      #expect(result.shape == [network.reference.input[0], network.reference.classes])
      let found = result.values.map { Float($0) }
      let mismatch = network.reference.evaluation.logits.mismatch(found, within: 2e-6)
      #expect(mismatch == nil, "\(mismatch ?? "")")
    }
  }

  @Test("The model alone gives the network back", arguments: names)
  func importedAgain(name: String) throws {
    if Self.notTaken.contains(where: { name.contains($0) }) { return }
    try Fixture.withTemporaryFolder { folder in
      var network: ReferenceNetwork?
      let message = refusal { network = try ReferenceNetwork(name, as: .keras, in: folder) }
      guard let network else {
        #expect(message?.hasSuffix("so Keras files cannot hold it") == true, "\(message ?? "")")
        return
      }
      let model = try TensorFile(ByteSource(network.foreign, name: "x")).model()
      #expect(model.graph.definition.architecture == "keras")
      #expect(model.graph.definition.preprocessing == network.graph.definition.preprocessing)
      let mismatch = network.reference.evaluation.logits.mismatch(try logits(model, network.pixels), within: 1e-5)
      #expect(mismatch == nil, "\(mismatch ?? "")")
    }
  }

  @Test("What Keras has not is refused by node and layer")
  func refusals() throws {
    for (word, words) in Self.notWritten {
      let name = try #require(Self.names.first { $0.contains(word) }, "\(word)")
      try Fixture.withTemporaryFolder { folder in
        let message = refusal { _ = try ReferenceNetwork(name, as: .keras, in: folder) }
        #expect(message?.hasSuffix(words) == true && message?.contains(": node ") == true, "\(message ?? "written")")
      }
    }
  }

  @Test("An archive holds what Keras looks for: settings, tensors with rows and columns first, names without dots")
  func contents() throws {
    try Fixture.withTemporaryFolder { folder in
      let graph = try NetworkGraph(
        NetworkDefinition(
          architecture: "mine", imageShape: [2, 6, 6], classCount: 3,
          preprocessing: Preprocessing(mean: [0.5, 0.25], standardDeviation: [0.5, 0.1]),
          nodes: [
            Node(
              name: "a.conv", inputs: ["input"],
              layer: .convolution(Convolution(outputChannels: 4, kernelSize: 3, stride: 2, padding: 1))),
            Node(name: "a.relu", inputs: ["a.conv"], layer: .relu),
            Node(name: "flat", inputs: ["a.relu"], layer: .flatten),
            Node(name: "fc", inputs: ["flat"], layer: .dense(Dense(outputs: 3))),
          ]))
      let parameters = Parameters(initializing: graph, seed: 5)
      try Checkpoint(definition: graph.definition, parameters: parameters).write(to: "\(folder)/m.h5")
      let derivation = Derivation(tool: "cusp-convert", version: "1", arguments: [])
      _ = try Conversion(TensorFile(path: "\(folder)/m.h5"), by: derivation).write(.keras, to: "\(folder)/m.keras")
      let archive = try ZipArchive(ByteSource(path: "\(folder)/m.keras"), limit: 1 << 20)
      #expect(archive.entries.map(\.name) == ["config.json", "model.weights.h5", "metadata.json"])
      let config = try JSON(parsing: archive.contents(of: archive.entries[0]))["config"]
      let layers = try #require(config?["layers"]?.array)
      #expect(
        layers.compactMap { $0["class_name"]?.string } == [
          "InputLayer", "Normalization", "ZeroPadding2D", "Conv2D", "Activation", "Flatten", "Dense",
        ])
      #expect(
        layers.compactMap { $0["name"]?.string } == [
          "input", "preprocessing", "a_conv_padding", "a_conv", "a_relu", "flat", "fc",
        ])
      #expect(layers[0]["config"]?["batch_shape"]?.array?.map(\.integer) == [nil, 6, 6, 2])
      let file = try TensorFile(path: "\(folder)/m.keras")
      let kernel = try #require(file.tensors.first { $0.name == "layers.conv2d.vars.0" })
      let own = parameters["a.conv.weight"]
      #expect(kernel.shape == [3, 3, 2, 4])
      let kernels = try file.floats(of: kernel)
      for (row, column, inner, outer) in [(1, 2, 1, 3), (0, 0, 0, 0), (2, 1, 0, 2)] {
        let (there, here) = (((row * 3 + column) * 2 + inner) * 4 + outer, ((outer * 2 + inner) * 3 + row) * 3 + column)
        #expect(kernels[there] == own.values[here])
      }
      let dense = try #require(file.tensors.first { $0.name == "layers.dense.vars.0" })
      let weight = parameters["fc.weight"]
      let rows = try file.floats(of: dense)
      // Behind an image of 3x3 pixels and four channels.
      for (row, column, channel, output) in [(2, 1, 3, 1), (0, 0, 1, 0), (1, 2, 0, 2)] {
        let (there, here) = (((row * 3 + column) * 4 + channel) * 3 + output, (channel * 3 + row) * 3 + column)
        #expect(rows[there] == weight.values[output * 36 + here])
      }
    }
  }
}

/// The architectures that are small enough to be written and read in a test.
@Suite("Architectures as Keras files")
struct KerasArchitectureTests {
  @Test(
    "An architecture comes back as it was", arguments: ONNXArchitectureTests.small, [ModelFormat.keras, .kerasLegacy])
  func there(name: String, format: ModelFormat) throws {
    let graph = try NetworkGraph(#require(Architecture(rawValue: name)).definition())
    let kinds = graph.vertices.map(\.node.layer.name)
    guard !kinds.contains("image-standardization") else { return }
    try Fixture.withTemporaryFolder { folder in
      let (checkpoint, path, back) = ("\(folder)/net.h5", "\(folder)/net.\(format.suffixes[0])", "\(folder)/back.h5")
      try Checkpoint(definition: graph.definition, parameters: Parameters(initializing: graph, seed: 11))
        .write(to: checkpoint)
      let derivation = Derivation(tool: "cusp-convert", version: "1", arguments: [])
      _ = try Conversion(TensorFile(path: checkpoint), by: derivation).write(format, to: path)
      _ = try Conversion(TensorFile(path: path), by: derivation).write(.hdf5, to: back)
      let isWhole = graph.definition.unusedParameters.isEmpty
      #expect(try !isWhole || Checkpoint.summary(path: back).digest == Checkpoint.summary(path: checkpoint).digest)
    }
  }
}
