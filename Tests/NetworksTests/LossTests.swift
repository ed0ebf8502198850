import Foundation
import Networks
import Tensors
import TestSupport
import Testing

/// `fixtures/losses.json`: PyTorch's numbers for four rows of five logits.
struct LossNumbers: Decodable {
  struct Case: Decodable {
    let values: [Double]
    let gradient: [Double]
  }
  let logits, probabilities: [Float]
  let crossEntropy, smoothedCrossEntropy, margin, divergence: Case
  let parameterCounts: [String: Int]

  static func read() throws -> LossNumbers {
    try JSONDecoder().decode(LossNumbers.self, from: Fixture.data("losses.json"))
  }
}

@Suite("Losses and their gradients")
struct LossTests {
  private let numbers: LossNumbers
  private let logits: Tensor

  init() throws {
    numbers = try LossNumbers.read()
    logits = Tensor([4, 5], numbers.logits)
  }

  private func check(_ loss: Loss, _ expected: LossNumbers.Case) {
    for row in 0..<4 {
      #expect(abs(Double(loss.value(row: row, logits: logits)) - expected.values[row]) < 1e-5)
    }
    var gradient = Tensor([4, 5], filledWith: .nan)
    loss.writeGradient(logits: logits, into: &gradient)
    #expect(zip(gradient.values, expected.gradient).allSatisfy { abs(Double($0) - $1) < 1e-6 })
    loss.writeGradient(logits: logits, scale: 0.25, into: &gradient)
    #expect(zip(gradient.values, expected.gradient).allSatisfy { abs(Double($0) - $1 / 4) < 1e-6 })
  }

  @Test("cross-entropy is PyTorch's")
  func crossEntropy() {
    check(.crossEntropy(labels: FormulaWeights.labels(count: 4, classes: 5)), numbers.crossEntropy)
  }

  @Test("cross-entropy with smoothed labels is PyTorch's")
  func smoothing() {
    let labels = FormulaWeights.labels(count: 4, classes: 5)
    check(.crossEntropy(labels: labels, smoothing: 0.25), numbers.smoothedCrossEntropy)
  }

  @Test("the margin is the largest other logit minus the label's")
  func margin() { check(.margin(labels: FormulaWeights.labels(count: 4, classes: 5)), numbers.margin) }

  @Test("the divergence from fixed probabilities is PyTorch's")
  func divergence() { check(.divergence(from: Tensor([4, 5], numbers.probabilities)), numbers.divergence) }

  @Test("softmax sums to one and survives large logits")
  func softmaxOfLargeLogits() {
    let result = softmax(Tensor([2, 2], [1000, 1000, -1000, 0]))
    #expect(result.values == [0.5, 0.5, 0, 1])
  }

  @Test("the first of equal logits is predicted, and never NaN")
  func prediction() {
    let logits = Tensor([3, 3], [1, 2, 2, 0, .nan, 1, 5, 5, 5])
    #expect((0..<3).map { predictedClass(row: $0, logits: logits) } == [1, 2, 0])
  }
}
