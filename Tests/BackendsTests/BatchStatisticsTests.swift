import Failures
import Networks
import Programs
import Tensors
import TestSupport
import Testing

/// Networks that are asked in training mode, against PyTorch.
@Suite("Batch statistics")
struct BatchStatisticsTests {
  private static let fixture = Result { try BatchStatisticsFixture(of: NetworkDefinition.self) }
  private static let names = ((try? fixture.get())?.gradients.keys).map { $0.sorted() } ?? []

  @Test("there are numbers of every network that is trained")
  func namesAreComplete() {
    let trained = ReferenceNumbers.layers + ReferenceNumbers.architectures(where: { $0.training != nil })
    #expect(Set(Self.names) == Set(trained))
  }

  @Test("training goes back to the pixels where it is asked to", arguments: names, TestBackends.all)
  func gradients(name: String, backend: TestBackend) throws {
    let expected = try #require(Self.fixture.get().gradients[name])
    let subject = try Subject(name)
    let program = try TrainingProgram(
      subject.graph, parameters: subject.parameters, batchSize: subject.batchSize, reachesPixels: true,
      on: backend.make(2, training: name))
    var (logits, gradient) = (subject.emptyLogits, Tensor(subject.pixels.shape))
    try program.forward(subject.pixels, masks: subject.masks(of: program), into: &logits)
    try program.backward(subject.loss, logits: logits)
    try program.writePixelGradient(into: &gradient)
    #expect(expected.mismatch(gradient.values) == nil)
  }

  @Test("a program that was not made to go back to the pixels says so", arguments: TestBackends.all)
  func missing(backend: TestBackend) throws {
    let subject = try Subject("layers/dense")
    let program = try subject.trainingProgram(on: backend.make(1))
    var (logits, gradient) = (subject.emptyLogits, Tensor(subject.pixels.shape))
    try program.forward(subject.pixels, masks: [], into: &logits)
    try program.backward(subject.loss, logits: logits)
    #expect(throws: Failure.self) { try program.writePixelGradient(into: &gradient) }
  }

  @Test("parts of a batch and networks with dropout are refused")
  func refusals() throws {
    let subject = try Subject("layers/batch-norm")
    let program = try BatchStatisticsProgram(
      subject.graph, parameters: subject.parameters, batchSize: subject.batchSize, on: TestBackends.portable.make(1))
    var logits = subject.emptyLogits
    #expect(throws: Failure.self) { try program.forward(subject.pixels, rows: 1, into: &logits) }
    let dropping = try Subject("small-cnn")
    #expect(throws: Failure.self) {
      try BatchStatisticsProgram(
        dropping.graph, parameters: dropping.parameters, batchSize: 2, on: TestBackends.portable.make(1))
    }
  }
}
