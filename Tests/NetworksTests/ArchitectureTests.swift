import Networks
import Tensors
import TestSupport
import Testing

@Suite("Built-in architectures")
struct ArchitectureTests {
  @Test("have as many parameters as in PyTorch", arguments: Architecture.allCases)
  func parameterCount(architecture: Architecture) throws {
    let graph = try NetworkGraph(architecture.definition())
    let parameters = Parameters(initializing: graph, seed: 0)
    let expected = try LossNumbers.read().parameterCounts[architecture.rawValue]
    #expect(parameters.trainableCount == expected)
  }

  @Test("have PyTorch's parameter names and shapes", arguments: ReferenceNumbers.architectures)
  func parameterShapes(name: String) throws {
    let reference = try ReferenceNumbers(named: name)
    let architecture = try #require(Architecture(rawValue: name))
    let graph = try NetworkGraph(architecture.definition(classCount: reference.classes))
    #expect(graph.imageShape.sizes == Array(reference.input.dropFirst()))
    let specs = graph.parameters.filter { $0.role != .counter }
    #expect(
      Dictionary(uniqueKeysWithValues: specs.map { ($0.path.text, $0.shape.sizes) })
        == reference.parameters.mapValues(\.shape))
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
  }

  @Test("cost what the papers say, in multiply-adds an image")
  func multiplyAdds() throws {
    #expect(try NetworkGraph(Architecture.vgg16.definition()).multiplyAdds == 313_201_664)
    #expect(try NetworkGraph(Architecture.resnet18.definition()).multiplyAdds == 555_422_720)
  }

  @Test("take other images and classes", arguments: Architecture.allCases)
  func otherShape(architecture: Architecture) throws {
    let definition = architecture.definition(imageShape: [4, 40, 48], classCount: 7)
    #expect(try NetworkGraph(definition).vertices.last?.outputShape == [7])
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
