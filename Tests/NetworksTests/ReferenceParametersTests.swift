import Networks
import Tensors
import TestSupport
import Testing

@Suite("Parameters of networks")
struct ReferenceParametersTests {
  @Test("an architecture has PyTorch's parameter names and shapes", arguments: ReferenceNumbers.architectures)
  func architectures(name: String) throws {
    let architecture = try #require(Architecture(rawValue: name))
    let reference = try ReferenceNumbers(named: name)
    try expectSameParameters(architecture.definition(imageShape: Array(reference.input.dropFirst())), reference)
  }

  @Test("a layer's network has PyTorch's parameter names and shapes", arguments: ReferenceNumbers.layers)
  func layers(name: String) throws {
    let definition = try ReferenceNumbers.definition(NetworkDefinition.self, named: name)
    try expectSameParameters(definition, ReferenceNumbers(named: name))
  }

  private func expectSameParameters(_ definition: NetworkDefinition, _ reference: ReferenceNumbers) throws {
    let graph = try NetworkGraph(definition)
    #expect(graph.imageShape.sizes == Array(reference.input.dropFirst()))
    #expect(graph.classCount == reference.classes)
    let isStatistic = { (parameter: ReferenceNumbers.Parameter) in
      [.runningMean, .runningVariance].contains(parameter.kind)
    }
    let expected = reference.parameters
    #expect(shapes(of: graph, .trainable) == expected.filter { !isStatistic($0.value) }.mapValues(\.shape))
    #expect(shapes(of: graph, .statistic) == expected.filter { isStatistic($0.value) }.mapValues(\.shape))
  }

  private func shapes(of graph: NetworkGraph, _ role: ParameterSpec.Role) -> [String: [Int]] {
    let pairs = graph.parameters.filter { $0.role == role }.map { ($0.path.text, $0.shape.sizes) }
    return Dictionary(uniqueKeysWithValues: pairs)
  }
}
