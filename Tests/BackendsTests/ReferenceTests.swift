import Networks
import Optimizers
import Programs
import Tensors
import TestSupport
import Testing

/// Every network with PyTorch's numbers, on every backend.
@Suite("Engines compute what PyTorch computes")
struct ReferenceTests {
  static let names = ReferenceNumbers.layers + ReferenceNumbers.architectures
  /// Those that are trained.
  private static let trained = ReferenceNumbers.layers + ReferenceNumbers.architectures(where: { $0.training != nil })
  /// Networks that the portable engine would take seconds for, several times.
  private static let costly = ["p4m-resnet34", "p4m-resnet50", "wrn-34-10", "w32-10", "resnet101", "vgg16-bn-224"]

  private func spares(_ backend: TestBackend, _ name: String) -> Bool {
    backend.name == "portable" && Self.costly.contains(name)
  }

  @Test("there is a reference for every kind of layer")
  func namesAreComplete() throws {
    var kinds: Set<String> = []
    for name in ReferenceNumbers.layers {
      for vertex in try Subject(name).graph.vertices { kinds.insert(vertex.node.layer.name) }
    }
    #expect(kinds.count == Layer.Kind.allCases.count)
    #expect(ReferenceNumbers.architectures.contains("vgg11"))
  }

  @Test("evaluation gives the logits, the loss and the gradient at the pixels", arguments: names, TestBackends.all)
  func evaluation(name: String, backend: TestBackend) throws {
    if spares(backend, name) { return }
    let subject = try Subject(name)
    let expected = subject.reference.evaluation
    let program = try subject.inputGradientProgram(on: backend.make(2))
    var (logits, gradient) = (subject.emptyLogits, Tensor(subject.pixels.shape))
    try program.evaluate(subject.pixels, loss: subject.loss, into: &gradient, logits: &logits)
    // The portable engine computes convolutions directly, which rounds less than Winograd's algorithm.
    #expect(expected.logits.mismatch(logits.values, within: backend.name == "portable" ? 1e-5 : 1e-4) == nil)
    #expect(abs(subject.totalLoss(logits) - expected.loss) < 1e-4 * max(expected.loss, 1))
    #expect(expected.inputGradient.mismatch(gradient.values) == nil)
  }

  @Test("inference gives the same logits in its own batches", arguments: names, TestBackends.all)
  func inference(name: String, backend: TestBackend) throws {
    if Self.costly.contains(name) { return }
    let subject = try Subject(name)
    let program = try InferenceProgram(subject.graph, parameters: subject.parameters, on: backend.make(2))
    var pixels = Tensor(Shape([program.batchSize] + program.imageShape.sizes))
    pixels.values.replaceSubrange(0..<subject.pixels.values.count, with: subject.pixels.values)
    var logits = Tensor([program.batchSize, program.classCount])
    try program.forward(pixels, into: &logits)
    #expect(subject.reference.evaluation.logits.mismatch(logits[rows: 0..<subject.batchSize].values) == nil)
  }

  @Test("training gives logits, loss, all gradients and the running statistics", arguments: trained, TestBackends.all)
  func training(name: String, backend: TestBackend) throws {
    if spares(backend, name) { return }
    let subject = try Subject(name)
    let expected = try #require(subject.reference.training)
    let program = try subject.trainingProgram(on: backend.make(2, training: name))
    var logits = subject.emptyLogits
    try program.forward(subject.pixels, masks: subject.masks(of: program), into: &logits)
    try program.backward(subject.loss, logits: logits)
    #expect(expected.logits.mismatch(logits.values) == nil)
    #expect(abs(subject.totalLoss(logits) / Double(subject.batchSize) - expected.loss) < 1e-4 * max(expected.loss, 1))
    let gradients = try program.gradients()
    #expect(Set(gradients.keys.map(\.text)) == Set(expected.parameterGradients.keys))
    for (path, sample) in expected.parameterGradients {
      let mismatch = sample.mismatch(gradients[ParameterPath(path)]?.values ?? [])
      #expect(mismatch == nil, "\(path): \(mismatch ?? "")")
    }
    let parameters = try program.parameters()
    for (path, sample) in expected.runningStatistics {
      let mismatch = sample.mismatch(parameters[ParameterPath(path)].values)
      #expect(mismatch == nil, "\(path): \(mismatch ?? "")")
    }
    for spec in parameters.specs where spec.role == .counter { #expect(parameters[spec.path].values == [1]) }
  }

  @Test(
    "ten steps of descent lose what PyTorch's lose",
    arguments: ReferenceNumbers.architectures(where: { $0.descent != nil }),
    TestBackends.all)
  func descent(name: String, backend: TestBackend) throws {
    let subject = try Subject(name)
    let descent = try #require(subject.reference.descent)
    let program = try subject.trainingProgram(on: backend.make(2))
    let rule = OptimizerStep(
      .sgd(momentum: Float(descent.momentum)), learningRate: Float(descent.learningRate),
      weightDecay: Float(descent.weightDecay))
    var logits = subject.emptyLogits
    for expected in descent.losses {
      try program.forward(subject.pixels, masks: subject.masks(of: program), into: &logits)
      #expect(abs(subject.totalLoss(logits) / Double(subject.batchSize) - expected) < 1e-3 * expected)
      try program.backward(subject.loss, logits: logits)
      try program.update(rule)
    }
  }
}
