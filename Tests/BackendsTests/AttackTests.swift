import Networks
import Programs
import Tensors
import TestSupport
import Testing

/// Projected gradient ascent as the reference does it, over the engine's gradients.
@Suite("Attacks end where PyTorch's end")
struct AttackTests {
  @Test(
    "nearly all pixels agree", arguments: ReferenceNumbers.architectures(where: { $0.attacks != nil }), TestBackends.all
  )
  func ascent(name: String, backend: TestBackend) throws {
    let subject = try Subject(name)
    let program = try subject.inputGradientProgram(on: backend.make(2))
    let pixelCount = subject.graph.imageShape.count
    for attack in try #require(subject.reference.attacks) {
      let start = FormulaWeights.start(
        count: subject.pixels.values.count, size: attack.startSize(pixelCount: pixelCount))
      var current = subject.pixels
      for i in start.indices { current.values[i] = min(max(current.values[i] + start[i], 0), 1) }
      var (logits, gradient) = (subject.emptyLogits, current)
      for _ in 0..<attack.steps {
        try program.evaluate(current, loss: subject.loss, into: &gradient, logits: &logits)
        for first in stride(from: 0, to: current.values.count, by: pixelCount) {
          let image = first..<first + pixelCount
          step(&current, along: gradient, around: subject.pixels, image, attack)
        }
      }
      #expect(attack.final.agreement(current.values, within: 1e-5) >= 0.99, "\(name) \(attack.norm)")
    }
  }

  private func step(
    _ current: inout Tensor, along gradient: Tensor, around clean: Tensor, _ image: Range<Int>,
    _ attack: ReferenceNumbers.Attack
  ) {
    let isMaximum = attack.norm == "linf"
    let slope = image.map { Double(gradient.values[$0]) }
    let size = attack.stepSize / (isMaximum ? 1 : max(length(slope), 1e-30))
    var change = zip(image, slope).map { i, slope in
      let direction = isMaximum ? (slope > 0 ? 1 : slope < 0 ? -1 : 0) : slope
      return Double(current.values[i]) + size * direction - Double(clean.values[i])
    }
    if isMaximum {
      change = change.map { min(max($0, -attack.epsilon), attack.epsilon) }
    } else {
      let factor = min(attack.epsilon / max(length(change), 1e-30), 1)
      change = change.map { $0 * factor }
    }
    for (i, change) in zip(image, change) {
      current.values[i] = Float(min(max(Double(clean.values[i]) + change, 0), 1))
    }
  }

  private func length(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
}
