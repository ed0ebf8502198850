import Attacks
import Datasets
import Networks
import Optimizers
import PortableBackend
import Programs
import Tensors
import Testing
import Training

#if CUSP_ONEDNN
  import OneDNNBackend
#endif

/// A backend under test.
struct TestBackend: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let make: @Sendable () throws -> any Backend

  #if CUSP_ONEDNN
    static let all = [
      TestBackend(testDescription: "portable") { PortableBackend(threads: 1) },
      TestBackend(testDescription: "onednn") { try OneDNNBackend(threads: 1) },
    ]
  #else
    static let all = [TestBackend(testDescription: "portable") { PortableBackend(threads: 1) }]
  #endif
}

/// The first training images of the built-in digits.
func digits(_ count: Int) throws -> LabeledImages { try DatasetReference.digits.load(split: .train, limit: count) }

/// `count` random images for a network, labels in turn.
func noise(_ count: Int, for graph: NetworkGraph) throws -> LabeledImages {
  var generator = Generator(seed: 1, purpose: .sample)
  let pixels = (0..<count * graph.imageShape.count).map { _ in generator.uniform() }
  return try LabeledImages(
    name: "noise", split: .train, imageShape: graph.imageShape, pixels: .floats(pixels),
    labels: (0..<count).map { $0 % graph.classCount }, classNames: (0..<graph.classCount).map(String.init),
    place: "noise")
}

func digitsGraph() throws -> NetworkGraph { try NetworkGraph(Architecture.digitsCNN.definition()) }

/// A network of the layers whose training is random: batch norm, channelwise and elementwise dropout.
func dropoutGraph() throws -> NetworkGraph {
  let layers: [Layer] = [
    .convolution(Convolution(outputChannels: 8, kernelSize: 3, padding: 1)),
    .batchNormalization(BatchNormalization()), .relu, .dropout(Dropout(rate: 0.25, channelwise: true)), .flatten,
    .dense(Dense(outputs: 32)), .relu, .dropout(Dropout(rate: 0.5)), .dense(Dense(outputs: 3)),
  ]
  var nodes: [Node] = []
  for (index, layer) in layers.enumerated() {
    nodes.append(Node(name: "node\(index)", inputs: [nodes.last?.name ?? Node.image], layer: layer))
  }
  return try NetworkGraph(
    NetworkDefinition(architecture: "dropouts", imageShape: [1, 6, 5], classCount: 3, nodes: nodes))
}

/// A small run; 0.05 and 0.9 are the program's own settings.
func recipe(
  method: Training.Method = .natural, epochs: Int = 2, batchSize: Int = 16, learningRate: Float = 0.05,
  momentum: Float = 0.9, weightDecay: Float = 5e-4, seed: UInt64 = 0
) -> TrainingConfiguration {
  TrainingConfiguration(
    method: method, epochs: epochs, batchSize: batchSize,
    schedule: Schedule(initial: learningRate, milestones: [1]), optimizer: .sgd(momentum: momentum),
    weightDecay: weightDecay,
    seed: seed)
}

extension Training.Method {
  /// Three steps within `epsilon`.
  static func pgd(epsilon: Float) -> Self {
    .pgd(ProjectedGradientDescent(epsilon: epsilon, steps: 3, stepSize: epsilon / 2))
  }
}

/// A trainer that starts from the weights of its seed.
func trainer(
  _ recipe: TrainingConfiguration, _ graph: NetworkGraph, _ data: LabeledImages, on backend: any Backend
) throws -> Trainer {
  let start = TrainingState(parameters: Parameters(initializing: graph, seed: recipe.seed))
  return try Trainer(recipe, graph: graph, data: data, state: start, on: backend)
}

/// What a whole run ends at, and its epochs.
func run(
  _ recipe: TrainingConfiguration, _ graph: NetworkGraph, _ data: LabeledImages, on backend: any Backend
) throws -> (state: TrainingState, epochs: [EpochSummary]) {
  let trainer = try trainer(recipe, graph, data, on: backend)
  let epochs = try (0..<recipe.epochs).map { _ in try trainer.runEpoch() }
  return (try trainer.state(), epochs)
}

extension TrainingState {
  /// Every bit of it, so that NaN equals itself and 0 is not -0.
  var bits: [[UInt32]] {
    let moving = momentum.sorted { $0.key.text < $1.key.text }.map(\.value)
    return (parameters.tensors + (average?.tensors ?? []) + moving).map { $0.values.map(\.bitPattern) }
      + [[UInt32(epoch), UInt32(step), UInt32(sums.correct)]]
  }
}

extension TrainingState {
  /// The last direction of gradient descent.
  var momentum: [ParameterPath: Tensor] {
    get { optimizerState["momentum"] ?? [:] }
    set { optimizerState["momentum"] = newValue }
  }
}
