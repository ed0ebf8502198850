import Files
import Interchange
import Networks
import Tensors
import TestSupport
import Testing

/// The network that a file's tensors belong to is found by names and shapes.
@Suite struct MatchingTests {
  /// A safetensors file, of bytes so that it stays small, with the tensors `shapes`, all zero.
  private func file(_ shapes: [(name: String, shape: [Int])]) throws -> TensorFile {
    var offset = 0
    let entries = shapes.map { name, shape in
      defer { offset += shape.reduce(1, *) }
      return
        "\"\(name)\":{\"dtype\":\"U8\",\"shape\":\(shape),\"data_offsets\":[\(offset),\(offset + shape.reduce(1, *))]}"
    }
    let header = "{\(entries.joined(separator: ","))}"
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    return try TensorFile(
      ByteSource(length + header.utf8 + [UInt8](repeating: 0, count: offset), name: "net.safetensors"))
  }

  private func shapes(_ definition: NetworkDefinition, prefix: String = "") throws -> [(name: String, shape: [Int])] {
    try NetworkGraph(definition).parameters.map { (prefix + $0.path.text, $0.shape.sizes) }
  }

  @Test(
    "Every architecture is recognised, under any prefix, with its classes and channels",
    arguments: Architecture.allCases.filter { !Architecture.twins.values.contains($0.name) })
  func recognised(architecture: Architecture) throws {
    for (prefix, classes) in [("", 10), ("module.", 7), ("_orig_mod.module.", 100), ("backbone.", 2)] {
      let definition = architecture.definition(classCount: classes)
      let model = try file(shapes(definition, prefix: prefix)).model()
      let twin = Architecture.twins[architecture.name]
      #expect(model.graph.definition == definition, "\(prefix)")
      #expect(model.notes.first?.hasPrefix("recognised as \(architecture.rawValue), images ") == true)
      #expect(model.notes.count == (twin == nil ? 2 : 3) + (definition.unusedParameters.isEmpty ? 0 : 1))
      #expect(twin == nil || model.notes[1].contains("those of \(twin ?? "") as well"))
    }
  }

  @Test("Other image sizes are found by the shapes, and channels by the first weight")
  func images() throws {
    let small = Architecture.smallCNN.definition(imageShape: [3, 32, 32])
    #expect(try file(shapes(small)).model().graph.definition == small)
    let gray = Architecture.resnet18.definition(imageShape: [1, 28, 28])
    #expect(try file(shapes(gray)).model().graph.definition == gray)
    let large = Architecture.vgg11.definition(imageShape: [3, 64, 64])
    #expect(try file(shapes(large)).model().graph.definition == large)
    let asked = ModelRequest(imageShape: [1, 40, 40])
    #expect(try file(shapes(gray)).model(asked).graph.definition.imageShape == [1, 40, 40])
  }

  @Test("Wide ResNets of any depth and width are recognised, and the block that nobody uses is kept")
  func wideResNets() throws {
    for name in ["wrn-10-1", "wrn-16-2", "wrn-34-10"] {
      let definition = try #require(Architecture(rawValue: name)).definition(classCount: 10)
      let unused = [("sub_block1.layer.0.bn1.bias", [4]), ("sub_block1.layer.0.conv1.weight", [4, 4, 3, 3])]
      let tensors = try shapes(definition, prefix: "module.") + unused.reversed().map { ("module." + $0.0, $0.1) }
      let model = try file(tensors).model()
      var kept = definition
      kept.unusedParameters = unused.map { UnusedParameter(name: $0.0, shape: $0.1) }
      #expect(model.graph.definition == kept, "\(name)")
      #expect(model.tensors.suffix(2).map { $0?.name } == unused.map(\.0))
      #expect(model.notes.last == "keeps 2 tensors of sub_block1, which the published code makes and never uses")
      #expect(try file(shapes(definition)).model().graph.definition == definition)
    }
    let message = refusal {
      _ = try file(shapes(Architecture.vgg11.definition()) + [("sub_block1.weight", [1])]).model()
    }
    #expect(message?.contains("1 unexpected: sub_block1.weight") == true)
  }

  @Test("EfficientNet's first block has a convolution and a norm that nobody uses; a file may have them or not")
  func efficientNet() throws {
    let definition = try #require(Architecture(rawValue: "efficientnet-b0")).definition(classCount: 100)
    let tensors = try shapes(definition)
    let model = try file(tensors).model()
    #expect(model.graph.definition == definition && definition.unusedParameters.count == 6)
    #expect(
      model.notes.last
        == "keeps 6 tensors of layers.0.conv1 and layers.0.bn1, which the published code makes and never uses")
    let used = try file(tensors.filter { !$0.0.hasPrefix("layers.0.conv1.") && !$0.0.hasPrefix("layers.0.bn1.") })
    var lean = definition
    lean.unusedParameters = []
    #expect(try used.model().graph.definition == lean)
    // Whoever gives the network with them takes a file without them, too.
    #expect(try used.model(ModelRequest(definition: definition)).graph.definition == lean)
    let needed = try #require(
      refusal { _ = try file(tensors.filter { $0.0 != "layers.1.conv1.weight" }).model() })
    #expect(needed.contains("1 missing: layers.1.conv1.weight"), "\(needed)")
    #expect(!needed.contains("unexpected"))
  }

  @Test("Tensors that nobody uses may be of any shape and kind, counters that are none among them")
  func strangeUnused() throws {
    let definition = try #require(Architecture(rawValue: "wrn-10-1")).definition()
    let strange = [("sub_block1.num_batches_tracked", [3]), ("sub_block1.a", [])]
    let model = try file(shapes(definition) + strange).model()
    #expect(model.graph.definition.unusedParameters.map(\.shape) == [[], [3]])
    #expect(try model.parameters()["sub_block1.num_batches_tracked"] == Tensor([3]))
    #expect(refusal { _ = try file(shapes(definition) + [("sub_block1.a", [0])]).model() } != nil)
  }

  @Test(
    "Networks of one family are told apart by shapes or by names",
    arguments: [
      ("shufflenet-g2", "shufflenet-g3"), ("shufflenetv2-1", "shufflenetv2-1.5"), ("regnet-x-400mf", "regnet-y-400mf"),
      ("dpn26", "dpn92"), ("senet18", "preact-resnet18"),
    ])
  func siblings(one: String, other: String) throws {
    for name in [one, other] {
      let definition = try #require(Architecture(rawValue: name)).definition()
      #expect(try file(shapes(definition)).model().graph.definition == definition, "\(name)")
    }
  }

  @Test("A network over a group is not taken for the plain one, nor the other way round")
  func groups() throws {
    for (plain, group) in [(Architecture.resnet18, .p4mResNet18), (.z2CNN, .p4CNN)] as [(Architecture, Architecture)] {
      for architecture in [plain, group] {
        let definition = architecture.definition()
        let model = try file(shapes(definition)).model()
        #expect(model.graph.definition.architecture == architecture.name)
        let other = architecture == plain ? group : plain
        let message = refusal { _ = try file(shapes(definition)).model(ModelRequest(architecture: other)) }
        #expect(message?.hasPrefix("net.safetensors: parameters do not fit \(other.name): ") == true)
      }
    }
  }

  @Test("Every fact of an architecture can be given instead of found")
  func given() throws {
    for architecture in [Architecture.leNet, .netMNIST, .digitsCNN] {
      let definition = architecture.definition(classCount: 5)
      let request = ModelRequest(
        architecture: architecture, imageShape: architecture.imageShape, preprocessing: Preprocessing.none)
      let model = try file(shapes(definition)).model(request)
      #expect(model.graph.definition == definition)
      #expect(model.notes.count == 1)
      #expect(try model.parameters().tensors.allSatisfy { $0.values.allSatisfy { $0 == 0 } })
      let wrong = ModelRequest(architecture: architecture, imageShape: [2] + architecture.imageShape.dropFirst())
      #expect(refusal { _ = try file(shapes(definition)).model(wrong) }?.contains("of another shape") == true)
    }
  }

  @Test("One mean and deviation stand for all channels")
  func spread() throws {
    let one = Preprocessing(mean: [0.5], standardDeviation: [0.25])
    let model = try file(shapes(Architecture.leNet.definition())).model(ModelRequest(preprocessing: one))
    let three = Preprocessing(mean: [0.5, 0.5, 0.5], standardDeviation: [0.25, 0.25, 0.25])
    #expect(model.graph.definition.preprocessing == three)
  }

  @Test("Preprocessing that is asked for becomes part of the network")
  func preprocessing() throws {
    let wanted = Preprocessing(mean: [0.5], standardDeviation: [0.25])
    let model = try file(shapes(Architecture.netMNIST.definition())).model(ModelRequest(preprocessing: wanted))
    #expect(model.graph.definition.preprocessing == wanted)
    #expect(model.notes.count == 1)
    let three = Preprocessing(mean: [0, 0, 0], standardDeviation: [1, 1, 1])
    let message = refusal {
      _ = try file(shapes(Architecture.netMNIST.definition())).model(ModelRequest(preprocessing: three))
    }
    #expect(message != nil)
  }

  @Test("Counters of batches may be missing")
  func counters() throws {
    let all = try shapes(Architecture.vgg11.definition())
    let model = try file(all.filter { !$0.name.hasSuffix("num_batches_tracked") }).model()
    #expect(model.notes.last == "the file lacks 8 num_batches_tracked, which are set to 0")
    let parameters = try model.parameters()
    #expect(parameters["features.1.num_batches_tracked"] == Tensor([], [0]))
  }

  @Test("What does not fit is listed for the nearest architecture, at most ten of each kind")
  func mismatch() throws {
    var tensors = try shapes(Architecture.vgg16.definition())
    tensors.removeFirst(12)
    tensors = tensors.map { $0.name == "classifier.bias" ? ($0.name, [11]) : $0 }
    tensors.append(("sub_block1.weight", [2, 2]))
    let message = try #require(refusal { _ = try file(tensors).model() })
    #expect(
      message.hasPrefix(
        "net.safetensors: no architecture fits, the nearest is vgg16: parameters do not fit vgg16: "
          + "11 missing: features.0.weight, features.0.bias, features.1.weight, "), "\(message)")
    #expect(
      message.contains(", ...; 1 unexpected: sub_block1.weight; 1 of another shape: classifier.bias [11] for [10]"))
    let given = try #require(refusal { _ = try file(tensors).model(ModelRequest(architecture: .leNet)) })
    #expect(given.hasPrefix("net.safetensors: parameters do not fit lenet: "))
  }

  @Test("What is near no architecture is told by what was found, differences only where a network was asked for")
  func unknown() throws {
    let prefix = "net.safetensors: its "
    let advice = " fit no architecture; --arch takes a name or a file with a definition"
    let strange = [("encoder.conv1.weight", [8, 3, 3, 3]), ("encoder.fc.bias", [10])]
    #expect(
      refusal { _ = try file(strange).model() }
        == prefix + "2 tensors of 226 elements, encoder.conv1.weight to encoder.fc.bias,\(advice)")
    #expect(
      refusal { _ = try file([("x", [4])]).model() } == prefix + "1 tensor of 4 elements, x,\(advice)")
    // Names of a network, but only half of its elements.
    var half = try shapes(Architecture.vgg16.definition())
    half.removeFirst(half.count / 2)
    #expect(refusal { _ = try file(half).model() }?.hasSuffix(advice) == true)
    let message = try #require(refusal { _ = try file(half).model(ModelRequest(architecture: .vgg16)) })
    #expect(message.contains("parameters do not fit vgg16: 40 missing: features.0.weight, "), "\(message)")
    let wrong = ModelRequest(imageShape: [3, 8, 8])
    let vgg = try shapes(Architecture.vgg16.definition())
    #expect(
      refusal { _ = try file(vgg).model(wrong) } == "net.safetensors: no architecture has images like that")
  }

  @Test("The nearest is the one that shares most elements, not the one with the fewest tensors that differ")
  func nearest() throws {
    var tensors = try shapes(#require(Architecture(rawValue: "densenet121")).definition())
    tensors.removeAll { $0.name.hasSuffix("running_var") }
    let message = try #require(refusal { _ = try file(tensors).model() })
    #expect(
      message.hasPrefix("net.safetensors: no architecture fits, the nearest is densenet121: parameters do not fit "))
    #expect(message.contains("120 missing: "), "\(message)")
  }

  @Test("A definition in place of an architecture is what the tensors must be of")
  func definition() throws {
    var definition = Architecture.leNet.definition(classCount: 5)
    definition.architecture = "mine"
    let model = try file(shapes(definition)).model(ModelRequest(definition: definition))
    #expect(model.graph.definition == definition)
    #expect(model.notes.isEmpty)
    let message = refusal {
      _ = try file(shapes(Architecture.vgg11.definition())).model(ModelRequest(definition: definition))
    }
    #expect(message?.hasPrefix("net.safetensors: parameters do not fit mine: ") == true)
    let wanted = Preprocessing(mean: [0.5], standardDeviation: [0.25])
    let gray = Architecture.netMNIST.definition()
    let changed = try file(shapes(gray)).model(ModelRequest(definition: gray, preprocessing: wanted))
    #expect(changed.graph.definition.preprocessing == wanted)
  }

  @Test("ResNets for small images are recognised by torchvision's names, too", arguments: ["resnet18", "resnet50"])
  func theirNames(name: String) throws {
    let definition = try #require(Architecture(rawValue: name)).definition(classCount: 7)
    let tensors = try shapes(definition, prefix: "module.").map { name, shape in
      (name.replacing(".shortcut.", with: ".downsample.").replacing("linear.", with: "fc."), shape)
    }
    let model = try file(tensors).model()
    #expect(model.graph.definition == definition && model.notes.count == 2)
    let message = refusal { _ = try file(tensors.filter { !$0.0.contains("layer4.0.conv1") }).model() }
    #expect(message != nil)
  }

  @Test("What cannot be told by names and shapes is taken where it is asked for")
  func twins() throws {
    for (known, asked) in Architecture.twins {
      let definition = try #require(Architecture(rawValue: asked)).definition()
      let tensors = try shapes(definition)
      #expect(try file(tensors).model().graph.definition.architecture == known)
      let model = try file(tensors).model(ModelRequest(architecture: Architecture(rawValue: asked)))
      #expect(model.graph.definition == definition && model.notes.count == 2)
    }
  }

  @Test("Images of other sizes than the usual bring paddings with them, where these make the network fit")
  func paddings() throws {
    func padded(_ definition: NetworkDefinition, _ paddings: [String: Int], image: Int) -> NetworkDefinition {
      var definition = definition
      definition.imageShape = [1, image, image]
      for (index, node) in definition.nodes.enumerated() {
        guard case .convolution(var settings) = node.layer, let padding = paddings[node.name] else { continue }
        settings.padding = Margins(padding)
        definition.nodes[index].layer = .convolution(settings)
      }
      return definition
    }
    let first = padded(Architecture.leNet.definition(), ["conv1": 2], image: 28)
    let all = padded(Architecture.leNet.definition(), ["conv1": 2, "conv2": 2], image: 28)
    for (definition, change) in [(first, "conv1 padded by 2"), (all, "conv1, conv2 padded by half a kernel")] {
      let model = try file(shapes(definition)).model(ModelRequest(imageShape: [1, 28, 28]))
      #expect(model.graph.definition == definition)
      #expect(model.notes.last == "\(change), which follows from images of 1x28x28")
    }
    // A definition of one's own is fitted in the same way.
    var own = padded(Architecture.leNet.definition(), [:], image: 32)
    own.architecture = "mine"
    let request = ModelRequest(definition: own, imageShape: [1, 28, 28])
    #expect(try file(shapes(first)).model(request).graph.definition.nodes == first.nodes)
    #expect(refusal { _ = try file(shapes(first)).model(ModelRequest(imageShape: [1, 30, 28])) } != nil)
  }

  @Test("A file without tensors is no model")
  func empty() throws {
    #expect(refusal { _ = try file([]).model() } == "net.safetensors: holds no tensors; it is no model")
  }
}
