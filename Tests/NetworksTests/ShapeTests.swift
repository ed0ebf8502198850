import Failures
import Foundation
import Networks
import Tensors
import TestSupport
import Testing

/// `fixtures/shapes.json`: shapes, parameters and costs by PyTorch.
private struct ShapeNumbers: Decodable {
  struct Single: Decodable {
    let node: Node
    let image: [Int]
    /// Nothing where PyTorch refuses the layer.
    let output: [Int]?
  }

  struct Directed: Decodable {
    let definition: NetworkDefinition
    let shapes: [[Int]]
    let costs: [Int]
    let parameters: [String: [Int]]
  }

  let layers: [Single]
  let networks: [Directed]

  static func read() throws -> ShapeNumbers {
    try JSONDecoder().decode(ShapeNumbers.self, from: Fixture.data("shapes.json"))
  }
}

@Suite("Shapes, parameters and costs are PyTorch's")
struct ShapeTests {
  @Test("random convolutions and poolings give PyTorch's shape, or are refused as there")
  func layers() throws {
    let layers = try ShapeNumbers.read().layers
    #expect(layers.contains { $0.output == nil } && layers.contains { $0.output != nil })
    for layer in layers {
      let definition = NetworkDefinition(
        architecture: "one", imageShape: layer.image, classCount: 2,
        nodes: [
          layer.node, Node(name: "flatten", inputs: ["n0"], layer: .flatten),
          Node(name: "fc", inputs: ["flatten"], layer: .dense(Dense(outputs: 2))),
        ])
      let output: [Int]?
      do {
        output = try NetworkGraph(definition).vertices[0].outputShape.sizes
      } catch let failure as Failure {
        #expect(failure.kind == .data)
        #expect(failure.message.hasPrefix("network one, \(layer.node.layer.name) n0: "), "\(failure)")
        output = nil
      }
      #expect(output == layer.output, "\(layer.node) on \(layer.image)")
    }
  }

  @Test("random networks have PyTorch's shapes, parameters and costs at every node", arguments: 0..<20)
  func networks(index: Int) throws {
    let expected = try ShapeNumbers.read().networks[index]
    let graph = try NetworkGraph(expected.definition)
    #expect(graph.vertices.map(\.outputShape.sizes) == expected.shapes)
    #expect(graph.vertices.map(\.multiplyAdds) == expected.costs)
    #expect(graph.multiplyAdds == expected.costs.reduce(0, +))
    let shapes = graph.parameters.map { ($0.path.text, $0.shape.sizes) }
    #expect(Dictionary(uniqueKeysWithValues: shapes) == expected.parameters)
    for vertex in graph.vertices {
      #expect(vertex.inputs.map { $0.map { graph.vertices[$0].node.name } ?? "input" } == vertex.node.inputs)
      #expect(vertex.inputShapes == vertex.inputs.map { $0.map { graph.vertices[$0].outputShape } ?? graph.imageShape })
    }
  }

  @Test("a network's nodes may be named and, where their inputs allow it, ordered otherwise", arguments: 0..<20)
  func renamed(index: Int) throws {
    let expected = try ShapeNumbers.read().networks[index]
    var definition = expected.definition
    for position in definition.nodes.indices {
      definition.nodes[position].name = "layer.\(definition.nodes[position].name)"
      definition.nodes[position].inputs = definition.nodes[position].inputs.map { $0 == "input" ? $0 : "layer.\($0)" }
    }
    let graph = try NetworkGraph(definition)
    #expect(graph.vertices.map(\.outputShape.sizes) == expected.shapes)
    #expect(Set(graph.parameters.map(\.path.text)) == Set(expected.parameters.keys.map { "layer.\($0)" }))
  }

  @Test("a network in which a node comes before its input is refused", arguments: 0..<20)
  func disordered(index: Int) throws {
    var definition = try ShapeNumbers.read().networks[index].definition
    let last = definition.nodes.count - 1
    let (input, name) = (definition.nodes[last].inputs[0], definition.nodes[last].name)
    definition.nodes.swapAt(last, last - 1)
    let reason = "which does not stand before it: reorder, or break the cycle"
    #expect(throws: Failure(.data, "network random, dense \(name): reads \(input), \(reason)")) {
      try NetworkGraph(definition)
    }
  }

  @Test("parameters are as many as the shapes say, and initial values fit them", arguments: 0..<20)
  func counts(index: Int) throws {
    let expected = try ShapeNumbers.read().networks[index]
    let parameters = Parameters(initializing: try NetworkGraph(expected.definition), seed: 5)
    let trainable = expected.parameters.filter { name, _ in
      !name.hasSuffix(".running_mean") && !name.hasSuffix(".running_var") && !name.hasSuffix(".num_batches_tracked")
    }
    #expect(parameters.trainableCount == trainable.values.reduce(0) { $0 + $1.reduce(1, *) })
    for (spec, tensor) in zip(parameters.specs, parameters.tensors) {
      #expect(tensor.shape.sizes == expected.parameters[spec.path.text])
      #expect(tensor.values.count == tensor.shape.count && tensor.values.allSatisfy(\.isFinite))
    }
  }
}

@Suite("Costs of the published networks, by hand")
struct CostTests {
  /// The multiply-adds of a 3x3 convolution that keeps the side.
  private func three(_ inputs: Int, _ outputs: Int, side: Int) -> Int { 9 * inputs * outputs * side * side }

  @Test(
    "every convolution of a VGG costs 9 x inputs x outputs x side squared",
    arguments: [
      (Architecture.vgg11, [1, 1, 2, 2, 2]), (.vgg13, [2, 2, 2, 2, 2]), (.vgg16, [2, 2, 3, 3, 3]),
      (.vgg19, [2, 2, 4, 4, 4]),
    ])
  func vgg(architecture: Architecture, depths: [Int]) throws {
    var (expected, channels, side): ([Int], Int, Int) = ([], 3, 32)
    for (depth, width) in zip(depths, [64, 128, 256, 512, 512]) {
      for _ in 0..<depth {
        expected.append(three(channels, width, side: side))
        channels = width
      }
      side /= 2
    }
    let graph = try NetworkGraph(architecture.definition())
    let costs = graph.vertices.filter { $0.multiplyAdds > 0 }.map(\.multiplyAdds)
    #expect(costs == expected + [512 * 10])
  }

  @Test(
    "every layer of a ResNet of basic blocks",
    arguments: [(Architecture.resnet18, [2, 2, 2, 2]), (.resnet34, [3, 4, 6, 3])])
  func basic(architecture: Architecture, blocks: [Int]) throws {
    var (expected, channels) = ([three(3, 64, side: 32)], 64)
    for (stage, count) in blocks.enumerated() {
      let (width, side) = (64 << stage, 32 >> stage)
      for block in 0..<count {
        expected += [three(channels, width, side: side), three(width, width, side: side)]
        if block == 0 && stage > 0 { expected.append(channels * width * side * side) }
        channels = width
      }
    }
    let graph = try NetworkGraph(architecture.definition())
    #expect(graph.vertices.map(\.multiplyAdds).filter { $0 > 0 } == expected + [512 * 10])
  }

  @Test("every layer of a ResNet of bottlenecks")
  func bottleneck() throws {
    var (expected, channels) = ([three(3, 64, side: 32)], 64)
    for (stage, count) in [3, 4, 6, 3].enumerated() {
      let (width, side) = (64 << stage, 32 >> stage)
      for block in 0..<count {
        // The stride is that of the 3x3 convolution, so the first 1x1 still sees the larger image.
        let before = block == 0 && stage > 0 ? 2 * side : side
        expected += [
          channels * width * before * before, three(width, width, side: side), 4 * width * width * side * side,
        ]
        if block == 0 { expected.append(channels * 4 * width * side * side) }
        channels = 4 * width
      }
    }
    let graph = try NetworkGraph(Architecture.resnet50.definition())
    #expect(graph.vertices.map(\.multiplyAdds).filter { $0 > 0 } == expected + [2048 * 10])
  }

  @Test("groups divide a convolution's cost and weights, a bias costs nothing")
  func groups() throws {
    func vertex(groups: Int, bias: Bool) throws -> NetworkGraph.Vertex {
      let settings = Convolution(outputChannels: 12, kernelSize: 5, stride: 2, padding: 2, groups: groups, bias: bias)
      let graph = try NetworkGraph(
        NetworkDefinition(
          architecture: "groups", imageShape: [6, 9, 7], classCount: 2,
          nodes: [
            Node(name: "c", inputs: ["input"], layer: .convolution(settings)),
            Node(name: "f", inputs: ["c"], layer: .flatten),
            Node(name: "d", inputs: ["f"], layer: .dense(Dense(outputs: 2))),
          ]))
      return graph.vertices[0]
    }
    for groups in [1, 2, 3, 6] {
      let (plain, biased) = (try vertex(groups: groups, bias: false), try vertex(groups: groups, bias: true))
      #expect(plain.outputShape == [12, 5, 4])
      #expect(plain.multiplyAdds == 12 * 5 * 4 * 25 * 6 / groups && plain.multiplyAdds == biased.multiplyAdds)
      #expect(plain.parameters.map(\.shape) == [[12, 6 / groups, 5, 5]])
      #expect(biased.parameters.map(\.path) == ["c.weight", "c.bias"])
    }
  }
}
