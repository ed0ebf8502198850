import Networks
import Tensors
import TestSupport
import Testing

@Suite("Built-in architectures")
struct ArchitectureTests {
  @Test("have as many parameters as in PyTorch, those included that nothing uses", arguments: Architecture.allCases)
  func parameterCount(architecture: Architecture) throws {
    let parameters = try NetworkGraph(architecture.definition()).parameters.filter { spec in
      spec.role == .trainable || spec.role == .unused && !spec.path.text.contains("running_")
    }
    let expected = try LossNumbers.read().parameterCounts[architecture.rawValue]
    #expect(parameters.reduce(0) { $0 + $1.shape.count } == expected)
  }

  @Test("have the published sizes before the last layer")
  func shapes() throws {
    func before(_ architecture: Architecture, _ node: String) throws -> Shape? {
      try NetworkGraph(architecture.definition()).vertices.first { $0.node.name == node }?.inputShapes[0]
    }
    #expect(try before(.netMNIST, "fc1") == [320])
    #expect(try before(.leNet, "fc1") == [400])
    #expect(try before(.vgg16, "flatten") == [512, 1, 1])
    #expect(try before(.resnet18, "pool") == [512, 4, 4])
    #expect(try before(.resnet50, "linear") == [2048])
    #expect(try before(.p4mResNet18, "layer4.0.conv2") == [181 * 8, 4, 4])
    #expect(try before(.p4mResNet18, "linear") == [181 * 8])
    #expect(try before(.p4mResNet50, "linear") == [4 * 181 * 8])
    #expect(try before(.p4CNN, "top") == [40, 4, 4])
    #expect(try before(.z2CNN, "top") == [20, 4, 4])
    #expect(try before(.wideResNet34, "fc") == [640])
  }

  @Test("come in families, each in one")
  func families() {
    #expect(ArchitectureFamily.allCases.flatMap(\.members) == Architecture.allCases)
    #expect(Set(ArchitectureFamily.allCases.map(\.name)).count == ArchitectureFamily.allCases.count)
    #expect(ArchitectureFamily.allCases.allSatisfy { !$0.members.isEmpty && !$0.name.isEmpty })
  }

  @Test("have as many channels and pixels as published where blocks join")
  func joins() throws {
    func output(_ name: String, _ node: String) throws -> Shape? {
      let architecture = try #require(Architecture(rawValue: name))
      return try NetworkGraph(architecture.definition()).vertices.first { $0.node.name == node }?.outputShape
    }
    #expect(try output("googlenet", "a3.concatenation") == [256, 32, 32])
    #expect(try output("googlenet", "maxpool3") == [480, 16, 16])
    #expect(try output("googlenet", "b5.concatenation") == [1024, 8, 8])
    #expect(try output("densenet121", "dense1.5.concatenation") == [256, 32, 32])
    #expect(try output("densenet161", "trans3.pool") == [1056, 4, 4])
    #expect(try output("densenet201", "relu") == [1920, 4, 4])
    #expect(try output("mobilenet", "layers.12.relu2") == [1024, 2, 2])
    #expect(try output("mobilenetv2", "relu2") == [1280, 4, 4])
    #expect(try output("pnasnet-b", "layer5.5.concatenation") == [256, 8, 8])
    #expect(try output("resnext29-32x4d", "layer3.2.relu") == [1024, 8, 8])
    #expect(try output("regnet-x-400mf", "layer4.11.relu") == [384, 8, 8])
    #expect(try output("regnet-y-400mf", "layer4.11.squeeze") == [384, 1, 1])
    #expect(try output("dpn26", "layer4.1.relu") == [2432, 4, 4])
    #expect(try output("dpn92", "layer3.19.relu") == [1528, 8, 8])
    #expect(try output("shufflenet-g2", "layer3.3.relu") == [800, 4, 4])
    #expect(try output("shufflenet-g3", "layer1.0.conv3") == [216, 16, 16])
    #expect(try output("shufflenetv2-1.5", "layer2.7.shuffle") == [352, 8, 8])
    #expect(try output("shufflenetv2-2", "relu2") == [2048, 4, 4])
    #expect(try output("senet18", "layer4.1.fc1") == [32, 1, 1])
    #expect(try output("efficientnet-b0", "layers.15.bn3") == [320, 2, 2])
    #expect(try output("resnet18-224", "maxpool") == [64, 56, 56])
    #expect(try output("vgg16-bn-224", "flatten") == [25_088])
  }

  @Test("cost as many multiply-adds an image as PyTorch counts", arguments: Architecture.allCases)
  func multiplyAdds(architecture: Architecture) throws {
    let expected = try #require(LossNumbers.read().multiplyAdds[architecture.rawValue])
    #expect(try NetworkGraph(architecture.definition()).multiplyAdds == expected)
  }

  @Test("of EfficientNet drop features before the last layer, and no blocks, as the published one")
  func droppedFeatures() throws {
    let nodes = try #require(Architecture(rawValue: "efficientnet-b0")).definition().nodes
    let dropouts = nodes.compactMap { node in
      if case .dropout(let settings) = node.layer { (node.name, settings) } else { nil }
    }
    #expect(dropouts.map(\.0) == ["drop"] && dropouts.map(\.1) == [Dropout(rate: 0.2)])
    #expect(nodes.last?.inputs == ["drop"])
  }

  @Test("take other images and classes", arguments: Architecture.allCases)
  func otherShape(architecture: Architecture) throws {
    let definition = architecture.definition(imageShape: [4, 40, 48], classCount: 7)
    #expect(try NetworkGraph(definition).vertices.last?.outputShape == [7])
  }

  @Test("are found by name, wide ResNets of any depth and width besides")
  func names() {
    #expect(Set(Architecture.allCases.map(\.name)).count == Architecture.allCases.count)
    for architecture in Architecture.allCases {
      #expect(Architecture(rawValue: architecture.name) == architecture && !architecture.source.isEmpty)
    }
    #expect(Architecture(rawValue: "wrn-28-10")?.name == "wrn-28-10")
    for name in ["wrn", "wrn-34", "wrn-33-10", "wrn-34-0", "wrn-034-10", "wrn-34-10-1", "wrn-4-1", "wrn-1006-1", "vgg"]
    {
      #expect(Architecture(rawValue: name) == nil, "\(name)")
    }
  }

  @Test("over p4m have as many parameters as the plain ones, and eight times the maps")
  func budgets() throws {
    func graph(_ architecture: Architecture) throws -> NetworkGraph { try NetworkGraph(architecture.definition()) }
    for (plain, group): (Architecture, Architecture) in [
      (.resnet18, .p4mResNet18), (.resnet18, .p4ResNet18), (.resnet34, .p4mResNet34), (.resnet50, .p4mResNet50),
    ] {
      let counts = try [plain, group].map { Parameters(initializing: try graph($0), seed: 0).trainableCount }
      #expect(abs(Double(counts[1]) / Double(counts[0]) - 1) < 0.005)
    }
    #expect(try graph(.p4mResNet18).multiplyAdds > 8 * graph(.resnet18).multiplyAdds)
    #expect(try graph(.p4ResNet18).multiplyAdds < 5 * graph(.resnet18).multiplyAdds)
  }

  @Test("group convolutions begin uniform within 1 / sqrt(in k k), wide ResNets normal with variance 2 / (out k k)")
  func groupInitialization() throws {
    let lifted = Parameters(initializing: try NetworkGraph(Architecture.p4CNN.definition()), seed: 1)
    let weights = lifted["l2.conv.weight"]
    #expect(weights.shape == [10, 10, 4, 3, 3])
    let bound = 1 / Float(90).squareRoot()
    #expect(weights.values.allSatisfy { abs($0) <= bound } && weights.values.contains { abs($0) > 0.98 * bound })
    let wide = Parameters(
      initializing: try NetworkGraph(#require(Architecture(rawValue: "wrn-10-2")).definition()), seed: 1)
    let values = wide["block2.layer.0.conv1.weight"].values
    #expect(values.count == 64 * 32 * 9)
    let variance = values.reduce(0) { $0 + Double($1) * Double($1) } / Double(values.count)
    #expect(abs(variance / (2 / Double(64 * 9)) - 1) < 0.05)
  }

  @Test("begin at the same weights for the same seed")
  func initialization() throws {
    let graph = try NetworkGraph(Architecture.smallCNN.definition())
    let one = Parameters(initializing: graph, seed: 1)
    #expect(one == Parameters(initializing: graph, seed: 1))
    #expect(one != Parameters(initializing: graph, seed: 2))
    #expect(one["classifier.fc3.weight"].values.allSatisfy { $0 == 0 })
    let weight = one["feature_extractor.conv2.weight"].values
    let variance = weight.reduce(0) { $0 + Double($1) * Double($1) } / Double(weight.count)
    #expect(abs(variance / (2 / 288) - 1) < 0.05)
    let bound = 1 / Float(1024).squareRoot()
    #expect(one["classifier.fc1.weight"].values.allSatisfy { abs($0) <= bound })
  }
}
