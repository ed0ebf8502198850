import Networks
import Optimizers
import Programs
import Tensors
import Testing

/// A random network with weights, and the images, masks and gradients at the logits that its steps take.
struct RandomNetwork: Sendable, CustomStringConvertible, CustomTestStringConvertible {
  let graph: NetworkGraph
  let parameters: Parameters
  let batchSize: Int
  /// What each step takes.
  let steps: [Step]

  /// The input of one pass.
  struct Step: Sendable {
    /// `[n, c, h, w]`.
    let pixels: Tensor
    /// In the order of the plan's dropouts.
    let masks: [Tensor]
    /// `[n, classes]`.
    let logitGradient: Tensor
  }

  /// A learning rate at which weights move visibly and nothing explodes.
  static let rule = OptimizerStep(.sgd(momentum: 0.9), learningRate: 0.02, weightDecay: 0.01, longestGradient: 1)

  /// How near a tie may be; engines round a hundred times finer, but over many layers.
  private static let nearestTie = 1e-5

  /// The first `count` networks from `seed` on that have such images.
  static func wellConditioned(count: Int, from seed: Int, stepCount: Int = 1, training: Bool) -> [RandomNetwork] {
    let networks = (seed..<seed + 2 * count).lazy.compactMap {
      try? RandomNetwork(wellConditioned: $0, stepCount: stepCount, training: training)
    }
    return Array(networks.prefix(count))
  }

  /// The network of `seed` with the first images at which `stepCount` steps meet no near tie; nil if few have any.
  private init?(wellConditioned seed: Int, stepCount: Int, training: Bool) throws {
    graph = try NetworkGraph(RandomDefinition.make(seed: seed))
    var dice = Generator(seed: UInt64(seed), purpose: .sample, step: 1)
    let size = [1, 2, 3, 5][dice.integer(below: 4)]
    batchSize = training ? max(size, 2) : size
    parameters = Self.weights(of: graph, seed: seed)
    var chosen: [Step] = []
    for variant in 0..<20 where chosen.isEmpty {
      var dice = Generator(seed: UInt64(seed), purpose: .sample, image: variant, step: 2)
      let (graph, size) = (graph, batchSize)
      let steps = (0..<stepCount).map { _ in Self.step(graph, batchSize: size, &dice) }
      let naive = NaiveEngine(graph, parameters, batchSize: size)
      for step in steps {
        _ = naive.forward(step.pixels, training: training ? step.training : nil)
        guard training, naive.closestTie > Self.nearestTie else { continue }
        _ = naive.backward(step.logitGradient.values.map(Double.init))
        naive.update(Self.rule)
      }
      if naive.closestTie > Self.nearestTie { chosen = steps }
    }
    if chosen.isEmpty { return nil }
    steps = chosen
  }

  /// The network of `seed` with any images, for tests that compare an engine with itself.
  init(seed: Int, batchSize: Int) throws {
    graph = try NetworkGraph(RandomDefinition.make(seed: seed))
    parameters = Self.weights(of: graph, seed: seed)
    self.batchSize = batchSize
    var dice = Generator(seed: UInt64(seed), purpose: .sample, step: 2)
    steps = [Self.step(graph, batchSize: batchSize, &dice)]
  }

  var testDescription: String { graph.definition.architecture }

  /// What to print when something differs.
  var description: String {
    let nodes = graph.definition.nodes.map { "\($0.name) of \($0.inputs): \($0.layer)" }
    let head = "\(graph.definition.architecture), \(batchSize) images of \(graph.imageShape)"
    return ([head, "\(graph.definition.preprocessing)"] + nodes).joined(separator: "\n")
  }

  /// Weights of the size that keeps activations near 1; statistics away from 0 and 1.
  private static func weights(of graph: NetworkGraph, seed: Int) -> Parameters {
    var dice = Generator(seed: UInt64(seed), purpose: .initialWeights)
    return Parameters(of: graph) { spec in
      var tensor = Tensor(spec.shape)
      let fanIn = Float(max(spec.shape.sizes.dropFirst().reduce(1, *), 1))
      for i in tensor.values.indices {
        let unit = 2 * dice.uniform() - 1
        tensor.values[i] =
          switch (spec.role, spec.shape.rank) {
          case (.counter, _), (.unused, _): 0
          case (.trainable, 2...): unit * (3 / fanIn).squareRoot()
          case (.trainable, _): spec.path.text.contains("batch-norm") ? 0.3 + unit : 0.3 * unit
          case (.statistic, _): spec.path.text.hasSuffix("var") ? 1 + 0.5 * unit : 0.3 * unit
          }
      }
      return tensor
    }
  }

  private static func step(_ graph: NetworkGraph, batchSize: Int, _ dice: inout Generator) -> Step {
    var (pixels, gradient) = (
      Tensor(Shape([batchSize] + graph.imageShape.sizes)), Tensor([batchSize, graph.classCount])
    )
    for i in pixels.values.indices { pixels.values[i] = dice.uniform() }
    for i in gradient.values.indices { gradient.values[i] = (2 * dice.uniform() - 1) / Float(batchSize) }
    var masks: [Tensor] = []
    for vertex in graph.vertices {
      guard case .dropout(let settings) = vertex.node.layer, settings.rate > 0 else { continue }
      var mask = Tensor(Shape([batchSize] + vertex.outputShape.sizes))
      let run =
        switch settings.scope {
        case .element: 1
        case .channel: vertex.outputShape.sizes.dropFirst().reduce(1, *)
        case .image: vertex.outputShape.count
        }
      for first in stride(from: 0, to: mask.values.count, by: run) {
        let factor = dice.uniform() < settings.rate ? 0 : 1 / (1 - settings.rate)
        for i in first..<first + run { mask.values[i] = factor }
      }
      masks.append(mask)
    }
    return Step(pixels: pixels, masks: masks, logitGradient: gradient)
  }
}

extension RandomNetwork.Step {
  /// What the naive engine takes.
  var training: NaiveEngine.Training { .init(masks: masks.map { $0.values.map(Double.init) }) }
}
