import Failures
import Networks
import Optimizers
import Programs
import Symmetry
import Tensors
import TestSupport
import Testing

/// Weights that a training engine hands to one for evaluation, beside those that go by way of parameters.
@Suite("Weights handed from training to evaluation")
struct HandoverTests {
  private static let batch = 3
  static let seeds = Array(500..<524)

  /// One after the other.
  private func chain(_ image: [Int], _ layers: [Layer], features: [Int]) throws -> NetworkGraph {
    var nodes: [Node] = []
    for layer in layers + [.flatten, .dense(Dense(outputs: 7))] {
      nodes.append(Node(name: "\(layer.name)\(nodes.count)", inputs: [nodes.last?.name ?? Node.image], layer: layer))
    }
    let graph = try NetworkGraph(
      NetworkDefinition(
        architecture: "handed", imageShape: image, classCount: 7,
        preprocessing: Preprocessing(
          mean: image.prefix(1).flatMap { Array(repeating: 0.4, count: $0) },
          standardDeviation: image.prefix(1).flatMap { Array(repeating: 0.3, count: $0) }), nodes: nodes))
    try #require(graph.vertices.dropLast(2).last?.outputShape.sizes == features)
    return graph
  }

  private func convolution(
    _ outputs: Int, kernel: Int = 3, stride: Int = 1, groups: Int = 1, bias: Bool = false
  ) -> Layer {
    .convolution(
      Convolution(
        outputChannels: outputs, kernelSize: kernel, stride: stride, padding: kernel / 2, groups: groups, bias: bias))
  }

  /// Every way that weights are laid out: by the library, for Winograd's algorithm, for taps, in merged groups, by channels,
  /// written out over images of 2x2, and by the portable engine's kernels.
  private func plain() throws -> NetworkGraph {
    let norm = Layer.batchNormalization(BatchNormalization())
    let wider = TransposedConvolution(outputChannels: 36, kernelSize: Extent(2), stride: Extent(2))
    return try chain(
      [3, 8, 8],
      [
        convolution(32), norm, .relu, convolution(32, groups: 4), norm, .relu, convolution(48, bias: true), .relu,
        convolution(48, kernel: 1, groups: 8), norm, .maxPooling(Pooling(kernelSize: 2)), .transposedConvolution(wider),
        convolution(40, stride: 2), norm, .groupNormalization(GroupNormalization(groups: 4)),
        convolution(40, groups: 40), .layerNormalization(LayerNormalization()), .relu,
        .maxPooling(Pooling(kernelSize: 2)), convolution(33, bias: true), norm, .relu,
      ], features: [33, 2, 2])
  }

  private func group() throws -> NetworkGraph {
    let norm = Layer.groupBatchNormalization(BatchNormalization(), over: .p4m)
    return try chain(
      [1, 9, 9],
      [
        .groupConvolution(GroupConvolution(.p4m, lifting: true, outputChannels: 5, kernelSize: 3, padding: 1)), norm,
        .relu, .groupConvolution(GroupConvolution(.p4m, outputChannels: 6, kernelSize: 3, padding: 1, bias: false)),
        norm, .relu, norm, .groupMaxPooling(.p4m),
      ], features: [6, 9, 9])
  }

  private func step(_ graph: NetworkGraph, _ masks: [Tensor] = []) -> RandomNetwork.Step {
    let (shape, logits) = ([Self.batch] + graph.imageShape.sizes, [Self.batch, graph.classCount])
    return RandomNetwork.Step(
      pixels: Tensor(Shape(shape), FormulaWeights.pixels(shape: shape)), masks: masks,
      logitGradient: Tensor(
        Shape(logits), FormulaWeights.units(path: "arriving", count: logits[0] * logits[1]).map { Float(0.1 * $0) }))
  }

  /// Logits, and the gradient of the pixels, as bits.
  private func answers(_ engine: any InputGradientEngine, _ step: RandomNetwork.Step) throws -> [UInt32] {
    var logits = [Float](repeating: 0, count: step.logitGradient.values.count)
    var gradient = step.pixels.values
    try step.pixels.values.withUnsafeBufferPointer { pixels in
      try logits.withUnsafeMutableBufferPointer { try engine.forward(pixels, rows: Self.batch, logits: $0) }
    }
    try step.logitGradient.values.withUnsafeBufferPointer { slopes in
      try gradient.withUnsafeMutableBufferPointer { try engine.backward(slopes, pixelGradient: $0) }
    }
    return (logits + gradient).map(\.bitPattern)
  }

  /// Three updates; before each of them weights go both ways. What the engines say then.
  private func compare(
    _ graph: NetworkGraph, _ parameters: Parameters, _ step: RandomNetwork.Step, _ backend: any Backend
  ) throws -> [[UInt32]] {
    let training = try backend.makeTrainingEngine(
      Plan(graph, for: .training, batchSize: Self.batch), for: .sgd(momentum: 0.9), sharing: nil)
    try training.load(parameters, momentum: [:])
    let plan = Plan(graph, for: .inputGradient, batchSize: Self.batch)
    let handed = try backend.makeInputGradientEngine(plan)
    return try (0..<3).map { round in
      try training.handWeights(to: handed)
      let copy = try training.parameters()
      let loaded = try backend.makeInputGradientEngine(plan)
      try loaded.load(plan.weights.map { PreparedWeights($0, copy) })
      let found = try answers(handed, step)
      #expect(try found == answers(loaded, step), "round \(round) of \(graph.definition.architecture)")
      // Whoever hands weights over keeps them.
      #expect(try training.parameters() == copy)
      _ = try training.train(step)
      try training.update(RandomNetwork.rule)
      return found
    }
  }

  @Test("Random networks answer as with loaded parameters, to the bit", arguments: seeds, TestBackends.all)
  func random(seed: Int, backend: TestBackend) throws {
    let network = try RandomNetwork(seed: seed, batchSize: Self.batch)
    _ = try compare(network.graph, network.parameters, network.steps[0], backend.make(2))
  }

  @Test("So do networks of layers that engines lay out in every way", arguments: TestBackends.all, [1, 2])
  func layouts(backend: TestBackend, threads: Int) throws {
    for graph in [try plain(), try group()] {
      let found = try compare(graph, Parameters(initializing: graph, seed: 4), step(graph), backend.make(threads))
      #expect(Set(found).count == 3, "updates change what is answered")
    }
  }

  @Test("An engine of inference takes them, too", arguments: TestBackends.all)
  func inference(backend: TestBackend) throws {
    let (graph, backend) = (try plain(), try backend.make(2))
    let training = try backend.makeTrainingEngine(Plan(graph, for: .training, batchSize: Self.batch))
    let parameters = Parameters(initializing: graph, seed: 5)
    try training.load(parameters, momentum: [:])
    let plan = Plan(graph, for: .inference, batchSize: Self.batch)
    let logits = try (0..<2).map { way in
      let engine = try backend.makeInferenceEngine(plan)
      if way == 0 {
        try training.handWeights(to: engine)
      } else {
        try engine.load(plan.weights.map { PreparedWeights($0, parameters) })
      }
      var logits = [Float](repeating: 0, count: Self.batch * 7)
      try step(graph).pixels.values.withUnsafeBufferPointer { pixels in
        try logits.withUnsafeMutableBufferPointer { try engine.forward(pixels, rows: Self.batch, logits: $0) }
      }
      return logits.map(\.bitPattern)
    }
    #expect(logits[0] == logits[1])
  }

  @Test("An engine of another backend is refused", .enabled(if: TestBackends.all.count > 1, "one backend here"))
  func foreign() throws {
    let graph = try group()
    let backends = try TestBackends.all.map { try $0.make(1) }
    for (place, name) in ["portable engine", "onednn"].enumerated() {
      let training = try backends[place].makeTrainingEngine(Plan(graph, for: .training, batchSize: Self.batch))
      let other = try backends[1 - place].makeInputGradientEngine(
        Plan(graph, for: .inputGradient, batchSize: Self.batch))
      #expect(throws: Failure(.internal, "\(name): weights are handed to an engine of another backend")) {
        try training.handWeights(to: other)
      }
    }
  }
}
