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
    let graph = try NetworkGraph(architecture.definition(imageShape: Array(reference.input.dropFirst())))
    try expectSameParameters(graph, reference)
  }

  @Test("a deep architecture has PyTorch's, too", arguments: ReferenceNumbers.parametersOnly)
  func deepArchitectures(name: String) throws {
    let architecture = try #require(Architecture(rawValue: name))
    expectSameParameters(try NetworkGraph(architecture.definition()), try ReferenceParameters(named: name).all)
  }

  @Test("every architecture is held against PyTorch")
  func complete() {
    let names = ReferenceNumbers.architectures + ReferenceNumbers.parametersOnly
    #expect(Set(names) == Set(Architecture.allCases.map(\.name) + ["wrn-10-2"]))
  }

  @Test("a layer's network has PyTorch's parameter names and shapes", arguments: ReferenceNumbers.layers)
  func layers(name: String) throws {
    let definition = try ReferenceNumbers.definition(NetworkDefinition.self, named: name)
    try expectSameParameters(NetworkGraph(definition), ReferenceNumbers(named: name))
  }

  private func expectSameParameters(_ graph: NetworkGraph, _ reference: ReferenceNumbers) throws {
    #expect(graph.imageShape.sizes == Array(reference.input.dropFirst()))
    #expect(graph.classCount == reference.classes)
    expectSameParameters(graph, reference.parameters)
  }

  private func expectSameParameters(_ graph: NetworkGraph, _ expected: [String: ReferenceNumbers.Parameter]) {
    let isStatistic = { (parameter: ReferenceNumbers.Parameter) in
      [.runningMean, .runningVariance].contains(parameter.kind)
    }
    let unused = shapes(of: graph, .unused)
    let isUsed = { (path: String) in unused[path] == nil }
    #expect(
      shapes(of: graph, .trainable) == expected.filter { !isStatistic($0.value) && isUsed($0.key) }.mapValues(\.shape))
    #expect(
      shapes(of: graph, .statistic) == expected.filter { isStatistic($0.value) && isUsed($0.key) }.mapValues(\.shape))
    #expect(unused.allSatisfy { expected[$0.key]?.shape == $0.value })
  }

  private func shapes(of graph: NetworkGraph, _ role: ParameterSpec.Role) -> [String: [Int]] {
    let pairs = graph.parameters.filter { $0.role == role }.map { ($0.path.text, $0.shape.sizes) }
    return Dictionary(uniqueKeysWithValues: pairs)
  }
}
