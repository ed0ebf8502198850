import Networks
import Programs
import Tensors
import TestSupport
import Testing

/// A second check of gradients that needs no other implementation: the slope of the loss itself.
@Suite("Gradients are the loss's slopes")
struct FiniteDifferenceTests {
  /// Smooth enough for differences: no maximum, and few ReLUs.
  static let names = ReferenceNumbers.layers.filter { !$0.contains("relu") && !$0.contains("max-pooling") }

  /// Checks `gradient` along its own direction: the loss changes by its length times the step.
  private func check(
    _ gradient: [Float], at values: [Float], _ name: String, loss: ([Float]) throws -> Double
  ) rethrows {
    let length = gradient.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    // The gradient of a bias before a norm is nothing but rounding.
    if length < 1e-4 { return }
    // The loss moves by about 0.004: much more than its rounding, too little to meet a ReLU's kink often.
    let step = min(0.002 / (length * length), 0.01)
    let moved = { (sign: Double) in zip(values, gradient).map { Float(Double($0) + sign * step * Double($1)) } }
    let slope = (try loss(moved(1)) - loss(moved(-1))) / (2 * step)
    #expect(abs(slope / (length * length) - 1) < 0.02, "\(name): slope \(slope), squared length \(length * length)")
  }

  @Test("at the pixels", arguments: names, TestBackends.all)
  func pixels(name: String, backend: TestBackend) throws {
    let subject = try Subject(name)
    let program = try subject.inputGradientProgram(on: backend.make(1))
    var (logits, gradient) = (subject.emptyLogits, Tensor(subject.pixels.shape))
    try program.evaluate(subject.pixels, loss: subject.loss, into: &gradient, logits: &logits)
    var scratch = gradient
    try check(gradient.values, at: subject.pixels.values, name) { values in
      let pixels = Tensor(subject.pixels.shape, values)
      try program.evaluate(pixels, loss: subject.loss, into: &scratch, logits: &logits)
      return subject.totalLoss(logits)
    }
  }

  @Test("at every parameter", arguments: names, TestBackends.all)
  func parameters(name: String, backend: TestBackend) throws {
    let subject = try Subject(name)
    let program = try subject.trainingProgram(on: backend.make(1))
    let masks = subject.masks(of: program)
    var logits = subject.emptyLogits
    try program.forward(subject.pixels, masks: masks, into: &logits)
    try program.backward(subject.loss, logits: logits)
    for (path, gradient) in try program.gradients() {
      try check(gradient.values, at: subject.parameters[path].values, "\(name) \(path)") { values in
        var parameters = subject.parameters
        parameters[path].values = values
        let moved = try TrainingProgram(
          subject.graph, parameters: parameters, batchSize: subject.batchSize, on: backend.make(1))
        try moved.forward(subject.pixels, masks: masks, into: &logits)
        return subject.totalLoss(logits) / Double(subject.batchSize)
      }
    }
  }
}
