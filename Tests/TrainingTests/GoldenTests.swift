import Attacks
import Datasets
import Foundation
import Networks
import Optimizers
import PortableBackend
import Programs
import Ranks
import Spatial
import Tensors
import TestSupport
import Testing
import Training

#if CUSP_ONEDNN
  import OneDNNBackend
#endif

/// What PyTorch makes of the same start, the same masks and the same poses: `fixtures/make/training.py`.
struct TrainingReference: Decodable {
  struct Case: Decodable, CustomTestStringConvertible {
    let method, norm: String
    let mixture: String?
    let epsilon, stepSize: Float
    let steps: Int
    let beta, labelSmoothing: Float?
    let translation: Double
    let loss: Double
    let gradients, statistics: [String: [Float]]
    let tracked: Float

    var testDescription: String { "\(method) \(mixture ?? "") \(norm) translation \(translation)" }

    var configuration: TrainingConfiguration {
      let attack = ProjectedGradientDescent(
        norm: norm == "l2" ? .l2 : .linf, epsilon: epsilon, steps: steps, stepSize: stepSize)
      let method: Training.Method =
        switch self.method {
        case "pgd": .pgd(attack)
        case "trades": .trades(attack, beta: beta ?? 0)
        default: .transformedTrades(attack, beta: beta ?? 0)
        }
      // Without decay and an earlier direction, the momentum after a step is the gradient.
      var configuration = TrainingConfiguration(
        stages: [
          Stage(
            method: method, poses: PoseDistribution(translation: translation),
            mixture: mixture.flatMap(Mixture.init(rawValue:)) ?? .composed)
        ], epochs: 1, batchSize: 12, schedule: Schedule(initial: 1e-3, milestones: []), optimizer: .sgd(momentum: 0),
        weightDecay: 0, seed: 3)
      configuration.labelSmoothing = labelSmoothing ?? 0
      return configuration
    }
  }

  struct Run: Decodable {
    let epochs: Int
    let learningRate, momentum, weightDecay, labelSmoothing, longestGradient, averageDecay: Float
    let losses, gradientLengths: [Double]
    let parameters, averages: [String: [Float]]

    var configuration: TrainingConfiguration {
      var configuration = TrainingConfiguration(
        method: .natural, epochs: epochs, batchSize: 12, schedule: Schedule(initial: learningRate, milestones: []),
        optimizer: .sgd(momentum: momentum), weightDecay: weightDecay, seed: 3)
      configuration.labelSmoothing = labelSmoothing
      configuration.longestGradient = longestGradient
      configuration.averageDecay = averageDecay
      return configuration
    }
  }

  let cases: [Case]
  let run: Run
  let rates: [String: [Double]]

  static let shared = Result {
    try JSONDecoder().decode(TrainingReference.self, from: Fixture.data("training.json"))
  }
  /// Those of `fixtures/make/mixtures.py`, too.
  static let allCases: [Case] = {
    let mixed = try? JSONDecoder().decode([Case].self, from: Fixture.data("mixtures.json"))
    return ((try? shared.get().cases) ?? []) + (mixed ?? [])
  }()
}

@Suite("Training as PyTorch does it") struct GoldenTests {
  private static let backends: [TestBackend] = {
    var all = [TestBackend(testDescription: "portable") { PortableBackend(threads: 1) }]
    #if CUSP_ONEDNN
      all.append(TestBackend(testDescription: "onednn") { try OneDNNBackend(threads: 1, algorithms: .always(.direct)) })
    #endif
    return all
  }()

  private func graph() throws -> NetworkGraph {
    let layers: [Layer] = [
      .convolution(Convolution(outputChannels: 4, kernelSize: 3, padding: 1)),
      .batchNormalization(BatchNormalization()), .relu, .dropout(Dropout(rate: 0.25, channelwise: true)), .flatten,
      .dense(Dense(outputs: 8)), .relu, .dropout(Dropout(rate: 0.5)), .dense(Dense(outputs: 3)),
    ]
    let nodes = layers.enumerated().map { index, layer in
      Node(name: "node\(index)", inputs: [index == 0 ? Node.image : "node\(index - 1)"], layer: layer)
    }
    return try NetworkGraph(
      NetworkDefinition(architecture: "golden", imageShape: [1, 5, 4], classCount: 3, nodes: nodes))
  }

  private func parameters(_ graph: NetworkGraph) -> Parameters {
    Parameters(of: graph) { spec in
      let name = spec.path.text.split(separator: ".").last.map(String.init) ?? ""
      let isNorm = spec.path.text.hasPrefix("node1.")
      let kind: FormulaWeights.Kind? =
        switch name {
        case "running_mean": .runningMean
        case "running_var": .runningVariance
        case "weight": isNorm ? .normWeight : .weight
        case "bias": isNorm ? .normBias : .bias
        default: nil
        }
      let values = kind.map { FormulaWeights.values(path: spec.path.text, shape: spec.shape.sizes, kind: $0) }
      return Tensor(spec.shape, values ?? [0])
    }
  }

  private func images() throws -> LabeledImages {
    try LabeledImages(
      name: "formula", split: .train, imageShape: [1, 5, 4],
      pixels: .floats(FormulaWeights.pixels(shape: [12, 1, 5, 4])),
      labels: FormulaWeights.labels(count: 12, classes: 3),
      classNames: ["a", "b", "c"], place: "formula")
  }

  @Test("the fixtures hold every case")
  func fixture() throws { #expect(TrainingReference.allCases.count == 8) }

  @Test(
    "A step has the loss, the gradients and the running statistics of PyTorch's, within 1e-4",
    arguments: TrainingReference.allCases, backends)
  func step(reference: TrainingReference.Case, backend: TestBackend) throws {
    try check(RankGroup(), reference.configuration, reference, backend)
  }

  @Test(
    "Ranks that share statistics take the step of PyTorch's on the whole batch, within the same",
    arguments: TrainingReference.allCases, backends)
  func stepOverRanks(reference: TrainingReference.Case, backend: TestBackend) throws {
    for count in [2, 4] {
      var configuration = reference.configuration
      (configuration.shardCount, configuration.sharesStatistics) = (count, true)
      let shared = configuration
      for result in onRanks(count, { try check($0, shared, reference, backend) }) { try result.get() }
    }
  }

  /// Holds an epoch of one step against `reference`.
  private func check(
    _ ranks: RankGroup, _ configuration: TrainingConfiguration, _ reference: TrainingReference.Case,
    _ backend: TestBackend
  ) throws {
    let graph = try graph()
    let trainer = try Trainer(
      configuration, graph: graph, data: images(), state: TrainingState(parameters: parameters(graph)), among: ranks,
      on: backend.make())
    let summary = try trainer.runEpoch()
    #expect(abs(summary.loss - reference.loss) < 1e-4)
    let state = try trainer.state()
    #expect(Set(state.momentum.keys.map(\.text)) == Set(reference.gradients.keys))
    for (path, expected) in reference.gradients {
      let found = try #require(state.momentum[ParameterPath(path)]).values
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-4 }, "\(path)")
    }
    for (path, expected) in reference.statistics {
      #expect(zip(state.parameters[ParameterPath(path)].values, expected).allSatisfy { abs($0 - $1) < 1e-5 }, "\(path)")
    }
    #expect(state.parameters["node1.num_batches_tracked"].values == [reference.tracked])
  }

  @Test(
    "Steps with momentum, decay, smoothed labels and shortened gradients, and their average, go where PyTorch's go",
    arguments: backends)
  func run(backend: TestBackend) throws {
    let reference = try TrainingReference.shared.get().run
    // Of the gradients some are too long and some are not.
    #expect(reference.gradientLengths.contains { $0 > 1.1 * Double(reference.longestGradient) })
    #expect(reference.gradientLengths.contains { $0 < 0.9 * Double(reference.longestGradient) })
    let graph = try graph()
    let trainer = try Trainer(
      reference.configuration, graph: graph, data: images(), state: TrainingState(parameters: parameters(graph)),
      on: backend.make())
    for expected in reference.losses {
      let loss = try trainer.runEpoch().loss
      #expect(abs(loss - expected) < 1e-4)
    }
    let state = try trainer.state()
    check(state.parameters, reference.parameters)
    check(try #require(state.average), reference.averages)
  }

  private func check(_ parameters: Parameters, _ expected: [String: [Float]]) {
    #expect(Set(parameters.specs.map(\.path.text)) == Set(expected.keys))
    for (path, values) in expected {
      #expect(zip(parameters[ParameterPath(path)].values, values).allSatisfy { abs($0 - $1) < 1e-4 }, "\(path)")
    }
  }

  @Test(
    "Cosine, one-cycle and cyclic rates are PyTorch's at every step",
    arguments: zip(["cosine", "one-cycle", "cyclic"], [Schedule.Course.cosine, .oneCycle, .cyclic(count: 2)]))
  func rates(name: String, course: Schedule.Course) throws {
    let expected = try #require(try TrainingReference.shared.get().rates[name])
    #expect(expected.count == 20)
    let schedule = Schedule(initial: 0.2, course: course)
    for (index, rate) in expected.enumerated() {
      let found = schedule.rate(epoch: index / 5, step: index % 5, stepsPerEpoch: 5, epochs: 4)
      #expect(abs(Double(found) - rate) < 1e-7, "step \(index)")
    }
  }
}
