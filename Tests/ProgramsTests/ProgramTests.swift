import Networks
import Optimizers
import Programs
import Tensors
import Testing

/// Two classes, so that a forward pass answers `[1, 3]` for every image.
private func smallGraph(dropout: Bool = false) throws -> NetworkGraph {
  var nodes = [Node(name: "flatten", inputs: ["input"], layer: .flatten)]
  if dropout { nodes.append(Node(name: "drop", inputs: ["flatten"], layer: .dropout(Dropout(rate: 0.25)))) }
  nodes.append(Node(name: "fc", inputs: [nodes[nodes.count - 1].name], layer: .dense(Dense(outputs: 2))))
  return try NetworkGraph(
    NetworkDefinition(architecture: "small", imageShape: [1, 2, 2], classCount: 2, nodes: nodes))
}

@Suite("Programs drive their engine")
struct ProgramTests {
  let spy = SpyBackend(answer: [1, 3])

  @Test("Inference compiles once, loads once, and runs forward alone")
  func inference() throws {
    let graph = try smallGraph()
    let program = try InferenceProgram(graph, parameters: Parameters(initializing: graph, seed: 1), on: spy)
    var logits = Tensor([32, 2])
    try program.forward(Tensor([32, 1, 2, 2]), into: &logits)
    try program.forward(Tensor([32, 1, 2, 2]), into: &logits)
    #expect(
      spy.events == [
        .made(.inference, batchSize: 32), .loaded(weights: [8]), .forward(pixels: 128, logits: 64),
        .forward(pixels: 128, logits: 64),
      ])
    #expect(logits.values.prefix(4) == [1, 3, 1, 3])
  }

  @Test("A batch size that is given replaces the network's own")
  func batchSize() throws {
    let graph = try smallGraph()
    let parameters = Parameters(initializing: graph, seed: 1)
    #expect(try InferenceProgram(graph, parameters: parameters, batchSize: 3, on: spy).batchSize == 3)
    #expect(try InputGradientProgram(graph, parameters: parameters, batchSize: 5, on: spy).batchSize == 5)
    #expect(spy.events.contains(.made(.inference, batchSize: 3)))
    #expect(spy.events.contains(.made(.inputGradient, batchSize: 5)))
  }

  @Test("Fewer images than a batch are filled up, and their answers alone come back")
  func shortBatch() throws {
    let graph = try smallGraph()
    let program = try InferenceProgram(graph, parameters: Parameters(initializing: graph, seed: 1), on: spy)
    let logits = try program.logits(of: Tensor([3, 1, 2, 2], filledWith: 0.5))
    #expect(logits == Tensor([3, 2], [1, 3, 1, 3, 1, 3]))
    #expect(spy.events.last == .forward(pixels: 128, logits: 64))
  }

  @Test("More images than a batch are a programmer's error")
  func longBatch() async {
    await #expect(processExitsWith: .failure) {
      let graph = try smallGraph()
      let parameters = Parameters(initializing: graph, seed: 1)
      let program = try InferenceProgram(graph, parameters: parameters, on: SpyBackend(answer: [0, 0]))
      _ = try program.logits(of: Tensor([33, 1, 2, 2]))
    }
  }

  @Test("The input gradient hands the engine the gradient with respect to the logits")
  func inputGradient() throws {
    let graph = try smallGraph()
    let program = try InputGradientProgram(
      graph, parameters: Parameters(initializing: graph, seed: 1), batchSize: 2, on: spy)
    var (gradient, logits) = (Tensor([2, 1, 2, 2]), Tensor([2, 2]))
    try program.forward(Tensor([2, 1, 2, 2]), into: &logits)
    #expect(logits.values == [1, 3, 1, 3])
    try program.backward(Tensor([2, 2], [1, -1, -1, 1]), into: &gradient)
    #expect(spy.events.last == .backward([1, -1, -1, 1]))
    #expect(gradient.values == [1, -1, -1, 1, 1, -1, -1, 1])
  }

  @Test("New weights go to the engine without a new compilation")
  func reload() throws {
    let graph = try smallGraph()
    let parameters = Parameters(initializing: graph, seed: 1)
    let program = try InputGradientProgram(graph, parameters: parameters, batchSize: 2, on: spy)
    try program.load(parameters)
    #expect(spy.events == [.made(.inputGradient, batchSize: 2), .loaded(weights: [8]), .loaded(weights: [8])])
  }

  @Test("Weights go from a training engine to the one that attacks, and not by way of parameters")
  func handover() throws {
    let graph = try smallGraph()
    let parameters = Parameters(initializing: graph, seed: 1)
    let program = try InputGradientProgram(graph, parameters: parameters, batchSize: 2, on: spy)
    try program.load(from: TrainingProgram(graph, parameters: parameters, batchSize: 4, on: spy))
    #expect(
      spy.events == [
        .made(.inputGradient, batchSize: 2), .loaded(weights: [8]), .made(.training, batchSize: 4), .handed,
      ])
  }

  @Test("Training takes the mean of the loss, the masks of its dropouts, and the update as given")
  func training() throws {
    let spy = SpyBackend(answer: [3, 3])
    let graph = try smallGraph(dropout: true)
    let parameters = Parameters(initializing: graph, seed: 1)
    let state: OptimizerState = ["momentum": ["fc.bias": Tensor([2], [1, 2])]]
    let program = try TrainingProgram(
      graph, parameters: parameters, optimizer: .sgd(momentum: 0.9), state: state, batchSize: 4, on: spy)
    #expect(program.dropouts.map(\.shape) == [[4, 4]])
    #expect(program.dropouts.map(\.settings) == [Dropout(rate: 0.25)])

    var logits = Tensor([4, 2])
    try program.forward(Tensor([4, 1, 2, 2]), masks: [Tensor([4, 4], filledWith: 1)], into: &logits)
    try program.backward(CrossEntropy(labels: [0, 0, 1, 1]), logits: logits)
    let rule = OptimizerStep(.sgd(momentum: 0.9), learningRate: 0.1, weightDecay: 5e-4)
    try program.update(rule)
    #expect(
      spy.events == [
        .made(.training, batchSize: 4), .masks([[4, 4]]), .forward(pixels: 16, logits: 8),
        .backward([-0.125, 0.125, -0.125, 0.125, 0.125, -0.125, 0.125, -0.125]), .update(rule),
      ])
    #expect(try program.parameters() == parameters)
    #expect(try program.optimizerState() == state)
  }
}
