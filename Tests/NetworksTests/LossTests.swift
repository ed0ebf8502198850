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
  let parameterCounts, multiplyAdds: [String: Int]

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

  private func check(_ loss: CrossEntropy, _ expected: LossNumbers.Case) {
    for row in 0..<4 {
      #expect(abs(Double(loss.value(row: row, logits: logits)) - expected.values[row]) < 1e-5)
    }
    var gradient = Tensor([4, 5], filledWith: .nan)
    loss.writeGradient(logits: logits, into: &gradient)
    #expect(zip(gradient.values, expected.gradient).allSatisfy { abs(Double($0) - $1) < 1e-6 })
    loss.writeGradient(logits: logits, scale: 0.25, into: &gradient)
    #expect(zip(gradient.values, expected.gradient).allSatisfy { abs(Double($0) - $1 / 4) < 1e-6 })
  }

  /// The objectives of the rows against the loss of them all.
  private func check(_ expected: LossNumbers.Case, _ objective: (_ row: Int, _ label: Int) -> Objective) {
    for (row, label) in FormulaWeights.labels(count: 4, classes: 5).enumerated() {
      let objective = objective(row, label)
      #expect(abs(Double(logits.withLogits(row, objective.value)) - expected.values[row]) < 1e-5)
      var gradient = [Float](repeating: .nan, count: 5)
      gradient.withUnsafeMutableBufferPointer { out in
        logits.withLogits(row) { objective.writeGradient(at: $0, into: out) }
      }
      #expect(zip(gradient, expected.gradient[row * 5..<row * 5 + 5]).allSatisfy { abs(Double($0) - $1) < 1e-6 })
    }
  }

  @Test("cross-entropy is PyTorch's")
  func crossEntropy() {
    check(CrossEntropy(labels: FormulaWeights.labels(count: 4, classes: 5)), numbers.crossEntropy)
    check(numbers.crossEntropy) { .crossEntropy(label: $1) }
  }

  @Test("cross-entropy with smoothed labels is PyTorch's")
  func smoothing() {
    let labels = FormulaWeights.labels(count: 4, classes: 5)
    check(CrossEntropy(labels: labels, smoothing: 0.25), numbers.smoothedCrossEntropy)
  }

  @Test("the margin is the largest other logit minus the label's")
  func margin() { check(numbers.margin) { .margin(label: $1) } }

  @Test("the divergence from fixed probabilities is PyTorch's")
  func divergence() {
    numbers.probabilities.withUnsafeBufferPointer { all in
      check(numbers.divergence) { row, _ in .divergence(from: LogitRow(rebasing: all[row * 5..<row * 5 + 5])) }
    }
  }

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

@Suite("Objectives of attacks")
struct ObjectiveTests {
  struct Answer: Decodable {
    let value: Float
    let gradient: [Float]
  }
  struct Case: Decodable {
    let logits: [Float]
    let label, target: Int
    let margin, probabilityMargin, ownProbability, rivalProbability: Answer
    let logitRatio, targetedLogitRatio: Answer?
  }
  private struct File: Decodable { let cases: [Case] }

  private func check(_ objective: Objective, _ expected: Answer, _ logits: [Float]) {
    logits.withUnsafeBufferPointer { logits in
      #expect(abs(objective.value(logits) - expected.value) <= 1e-5 * max(1, abs(expected.value)))
      var gradient = [Float](repeating: .nan, count: logits.count)
      gradient.withUnsafeMutableBufferPointer { objective.writeGradient(at: logits, into: $0) }
      for (found, wanted) in zip(gradient, expected.gradient) {
        #expect(abs(found - wanted) <= 1e-5 * max(1, abs(wanted)), "\(objective)")
      }
    }
  }

  @Test("have PyTorch's values and gradients, ties included")
  func objectives() throws {
    let cases = try JSONDecoder().decode(File.self, from: Fixture.data("attacks/objectives.json")).cases
    #expect(cases.count == 29)
    for test in cases {
      check(.margin(label: test.label), test.margin, test.logits)
      check(.probabilityMargin(label: test.label), test.probabilityMargin, test.logits)
      check(.ownProbability(label: test.label), test.ownProbability, test.logits)
      check(.rivalProbability(label: test.label), test.rivalProbability, test.logits)
      if let ratio = test.logitRatio { check(.logitRatio(label: test.label), ratio, test.logits) }
      if let ratio = test.targetedLogitRatio {
        check(.targetedLogitRatio(label: test.label, target: test.target), ratio, test.logits)
      }
    }
  }

  @Test("classes rank from the largest logit down, the later of equals first")
  func ranking() {
    #expect([1, 3, 3, 0].withUnsafeBufferPointer(rankedClasses) == [2, 1, 0, 3])
  }
}
