import Networks
import Optimizers
import Programs
import Tensors
import TestSupport
import Testing

#if CUSP_ONEDNN
  import OneDNNBackend
#endif

/// Networks of the deep families, trained as PyTorch trains them: `fixtures/make/steps.py`.
@Suite("Two steps of training go where PyTorch's go")
struct TrainingStepsTests {
  /// Networks that the portable engine would take seconds for.
  private static let costly = ["w32-10"]

  private let rule = OptimizerStep(.sgd(momentum: 0.9), learningRate: 0.002, weightDecay: 5e-4)

  @Test("there is a network of every family whose training has no other reference")
  func families() throws {
    let trained = ReferenceNumbers.architectures(where: { $0.training != nil }) + ReferenceSteps.names
    #expect(trained.contains("wrn-10-2"))
    let untrained = ArchitectureFamily.allCases.filter { family in
      family.name != "wide ResNet" && !family.members.contains { trained.contains($0.name) }
    }
    #expect(untrained.map(\.name) == [])
  }

  @Test("losses, momentum and running statistics are PyTorch's", arguments: ReferenceSteps.names, TestBackends.all)
  func steps(name: String, backend: TestBackend) throws {
    if backend.name == "portable", Self.costly.contains(name) { return }
    let reference = try ReferenceSteps(named: name)
    let definition = try #require(Architecture(rawValue: name)).definition(
      imageShape: Array(reference.input.dropFirst()))
    let graph = try NetworkGraph(definition)
    let initial = leaning(graph)
    let program = try TrainingProgram(
      graph, parameters: initial, batchSize: reference.input[0], on: backend.direct(2))
    let pixels = Tensor(
      Shape(reference.input), FormulaWeights.pixels(shape: reference.input, path: reference.pixels))
    let loss = CrossEntropy(labels: FormulaWeights.labels(count: reference.input[0], classes: 10))
    let masks = masks(graph, program)
    var logits = Tensor([reference.input[0], 10])
    for (step, expected) in reference.losses.enumerated() {
      if step == 2 {
        try check(program, reference, from: initial, within: limit(name, backend) ?? reference.limit ?? 5e-4)
      }
      try program.forward(pixels, masks: masks, into: &logits)
      let found = (0..<reference.input[0]).reduce(0) { $0 + Double(loss.value(row: $1, logits: logits)) }
      #expect(abs(found / Double(reference.input[0]) - expected) < 1e-4 * expected, "before step \(step + 1)")
      try program.backward(loss, logits: logits)
      try program.update(rule)
    }
  }

  /// Without AVX-512 the library rounds so that these decide a ReLU on the edge otherwise.
  private func limit(_ name: String, _ backend: TestBackend) -> Double? {
    #if CUSP_ONEDNN
      let isWide = backend.name == "portable" || OneDNNBackend.instructionSet == "avx512"
      if !isWide, ["googlenet", "mobilenet"].contains(name) { return 2e-2 }
    #endif
    return nil
  }

  private func check(
    _ program: TrainingProgram, _ reference: ReferenceSteps, from initial: Parameters, within limit: Double
  ) throws {
    let (parameters, momentum) = (try program.parameters(), try program.momentum())
    var seen: [String: Int] = [:]
    for spec in parameters.specs where [.trainable, .statistic].contains(spec.role) {
      let module = spec.path.text.split(separator: ".").dropLast().joined(separator: ".")
      let place = seen[module, default: 0]
      seen[module] = place + 1
      let tensor = spec.role == .trainable ? momentum[spec.path] : parameters[spec.path]
      let expected = try #require(
        reference.tensors[module].flatMap { place < $0.count ? $0[place] : nil }, "\(spec.path)")
      let difference = expected.difference(try #require(tensor).values)
      #expect(difference < limit, "\(spec.path)")
    }
    // PyTorch leaves alone what has no gradient.
    for spec in parameters.specs where spec.role == .unused {
      #expect(parameters[spec.path] == initial[spec.path], "\(spec.path)")
    }
    #expect(seen == reference.tensors.mapValues(\.count))
    #expect(Set(momentum.keys) == Set(parameters.specs.filter { $0.role == .trainable }.map(\.path)))
  }

  /// Parameters by formula, norms those that open or close most ReLUs of a channel.
  private func leaning(_ graph: NetworkGraph) -> Parameters {
    let norms = Set(
      graph.vertices.map(\.node).filter { if case .batchNormalization = $0.layer { true } else { false } }.map(\.name))
    return Parameters(of: graph) { spec in
      let parts = spec.path.text.split(separator: ".")
      let isNorm = norms.contains(parts.dropLast().joined(separator: "."))
      let kind: FormulaWeights.Kind? =
        switch parts.last {
        case "weight": isNorm ? .leaningNormWeight : .weight
        case "bias": isNorm ? .leaningNormBias : .bias
        case "running_mean": .runningMean
        case "running_var": .runningVariance
        default: nil
        }
      guard let kind else { return Tensor(spec.shape) }
      return Tensor(spec.shape, FormulaWeights.values(path: spec.path.text, shape: spec.shape.sizes, kind: kind))
    }
  }

  private func masks(_ graph: NetworkGraph, _ program: TrainingProgram) -> [Tensor] {
    let nodes = graph.vertices.map(\.node).filter { if case .dropout = $0.layer { true } else { false } }
    return zip(nodes, program.dropouts).map { node, dropout in
      Tensor(
        dropout.shape,
        FormulaWeights.mask(node: node.name, count: dropout.shape.count, rate: Double(dropout.settings.rate)))
    }
  }
}
