import Networks
import Optimizers
import Programs
import Tensors
import TestSupport
import Testing

/// What a result must not depend on, bit for bit.
@Suite("Results depend on images and weights alone")
struct IndependenceTests {
  static let names = ["small-cnn", "net-mnist", "layers/sum-shortcut", "layers/convolution-grouped"]

  private func evaluate(
    _ subject: Subject, _ program: InputGradientProgram, order: [Int]
  ) throws -> (logits: Tensor, gradient: Tensor) {
    var (logits, gradient) = (subject.emptyLogits, Tensor(subject.pixels.shape))
    let pixels = rows(subject.pixels, order)
    let loss = CrossEntropy(labels: order.map { subject.labels[$0] })
    try program.evaluate(pixels, loss: loss, into: &gradient, logits: &logits)
    return (logits, gradient)
  }

  private func rows(_ tensor: Tensor, _ order: [Int]) -> Tensor {
    Tensor(tensor.shape, order.flatMap { tensor[rows: $0..<$0 + 1].values })
  }

  @Test("an image's slot in the batch", arguments: names, TestBackends.all)
  func slot(name: String, backend: TestBackend) throws {
    let subject = try Subject(name)
    let program = try subject.inputGradientProgram(on: backend.make(2))
    let straight = try evaluate(subject, program, order: Array(0..<subject.batchSize))
    for shift in 1..<subject.batchSize {
      let order = (0..<subject.batchSize).map { ($0 + shift) % subject.batchSize }
      let moved = try evaluate(subject, program, order: order)
      #expect(moved.logits == rows(straight.logits, order))
      #expect(moved.gradient == rows(straight.gradient, order))
    }
  }

  @Test("what a call before it computed", arguments: names, TestBackends.all)
  func history(name: String, backend: TestBackend) throws {
    let subject = try Subject(name)
    let program = try subject.inputGradientProgram(on: backend.make(2))
    let order = Array(0..<subject.batchSize)
    let first = try evaluate(subject, program, order: order)
    _ = try evaluate(subject, program, order: order.reversed())
    let again = try evaluate(subject, program, order: order)
    #expect(again.logits == first.logits)
    #expect(again.gradient == first.gradient)
  }

  @Test("the backward passes before it after one forward pass", arguments: names + ["vgg11"], TestBackends.all)
  func backwardPasses(name: String, backend: TestBackend) throws {
    let subject = try Subject(name)
    let program = try subject.inputGradientProgram(on: backend.make(2))
    var (logits, first, again) = (subject.emptyLogits, Tensor(subject.pixels.shape), Tensor(subject.pixels.shape))
    try program.forward(subject.pixels, into: &logits)
    var slope = logits
    subject.loss.writeGradient(logits: logits, into: &slope)
    try program.backward(slope, into: &first)
    try program.backward(Tensor(slope.shape, filledWith: 1), into: &again)
    #expect(again != first)
    try program.backward(slope, into: &again)
    #expect(again == first)
  }

  @Test("the number of threads", arguments: names + ["vgg11"], [2, 3, 8])
  func threads(name: String, threads: Int) throws {
    for backend in TestBackends.all where backend.ignoresThreads {
      let subject = try Subject(name)
      let one = try trained(subject, on: backend.make(1))
      let many = try trained(subject, on: backend.make(threads))
      #expect(one == many)
    }
  }

  /// The parameters after two steps of training.
  private func trained(_ subject: Subject, on backend: any Backend) throws -> Parameters {
    let program = try subject.trainingProgram(on: backend)
    var logits = subject.emptyLogits
    for _ in 0..<2 {
      try program.forward(subject.pixels, masks: subject.masks(of: program), into: &logits)
      try program.backward(subject.loss, logits: logits)
      try program.update(OptimizerStep(.sgd(momentum: 0.9), learningRate: 0.01, weightDecay: 5e-4))
    }
    return try program.parameters()
  }
}
