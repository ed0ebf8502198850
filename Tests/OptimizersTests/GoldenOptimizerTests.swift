import Foundation
import Optimizers
import TestSupport
import Testing

/// What PyTorch's optimisers make of the same gradients: `fixtures/make/optimizers.py`.
private struct Golden: Decodable, Sendable {
  struct Case: Decodable, Sendable, CustomStringConvertible {
    struct Step: Decodable, Sendable {
      let values: [Double]
      let kept: [[Double]]
    }

    let rule: String
    let momentum: Float?
    let nesterov: Bool?
    let betas: [Float]?
    let weightDecay: Float
    let longest: Float?
    let steps: [Step]

    var optimizer: Optimizer {
      if let betas { return .adamW(beta1: betas[0], beta2: betas[1]) }
      return .sgd(momentum: momentum ?? 0, isNesterov: nesterov ?? false)
    }
    var description: String { "\(optimizer), decay \(weightDecay), longest \(longest.map { "\($0)" } ?? "any")" }
  }

  let count: Int
  let rates: [Float]
  let cases: [Case]

  static let all = Result { try JSONDecoder().decode(Golden.self, from: Fixture.data("optimizers.json")) }
}

@Suite("Optimisers")
struct GoldenOptimizerTests {
  @Test("Every rule walks as PyTorch's, to 1e-6", arguments: 0..<7)
  func walks(number: Int) throws {
    let golden = try Golden.all.get()
    try #require(golden.cases.count == 7)
    let walk = golden.cases[number]
    let numbers = Numbers(count: golden.count, optimizer: walk.optimizer)
    numbers.fill(numbers.buffer.values, "optimizers.start")
    for (index, expected) in walk.steps.enumerated() {
      numbers.fill(numbers.buffer.gradient, "optimizers.gradient.\(index)")
      let step = OptimizerStep(
        walk.optimizer, learningRate: golden.rates[index], weightDecay: walk.weightDecay,
        longestGradient: walk.longest, number: index + 1)
      // In two pieces: where one ends decides nothing.
      let scale = step.gradientScale(CollectionOfOne(numbers.buffer.gradient))
      step.apply(to: numbers.buffer, 0..<7, scale: scale)
      step.apply(to: numbers.buffer, 7..<golden.count, scale: scale)
      #expect(difference(numbers.buffer.values, expected.values) < 1e-6, "\(walk), step \(index)")
      for (state, kept) in zip(numbers.buffer.state, expected.kept) {
        #expect(difference(state, kept) < 1e-6, "\(walk), step \(index)")
      }
    }
  }

  @Test("What each rule keeps has the names that checkpoints have")
  func names() {
    #expect(Optimizer.sgd(momentum: 0.9).stateNames == ["momentum"])
    #expect(Optimizer.adamW().stateNames == ["exp_avg", "exp_avg_sq"])
  }

  @Test("Only a gradient that is longer is shortened, all parts together")
  func scale() {
    let optimizer = Optimizer.sgd(momentum: 0)
    let (first, second) = (Numbers(count: 3, optimizer: optimizer), Numbers(count: 1, optimizer: optimizer))
    first.buffer.gradient[1] = 3
    second.buffer.gradient[0] = 4
    let parts = [first.buffer.gradient, second.buffer.gradient]
    var step = OptimizerStep(optimizer, learningRate: 1, weightDecay: 0)
    #expect(step.gradientScale(parts) == 1)
    step.longestGradient = 5.5
    #expect(step.gradientScale(parts) == 1)
    step.longestGradient = 2.5
    #expect(abs(step.gradientScale(parts) - 0.5) < 1e-6)
  }

  private func difference(_ found: UnsafeMutableBufferPointer<Float>, _ expected: [Double]) -> Double {
    zip(found, expected).reduce(0) { max($0, abs(Double($1.0) - $1.1)) }
  }
}

@Suite("Gradients summed in a tree")
struct GradientTreeTests {
  /// Numbers whose sum depends on the order: large ones that cancel, and small ones that get lost beside them.
  private let gradients: [Float] = [1e8, 1, -1e8, 3, 0.25, 1e8, 7, -1e8]

  @Test("The sum is that of a balanced tree, worked out by hand", arguments: [1, 2, 4, 8])
  func order(count: Int) {
    let numbers = Numbers(count: 2, optimizer: .sgd(momentum: 0))
    var tree = GradientTree()
    for (index, gradient) in gradients.prefix(count).enumerated() {
      numbers.buffer.gradient[0] = gradient
      numbers.buffer.gradient[1] = Float(index)
      tree.add([numbers.buffer.gradient], isLast: index == count - 1)
    }
    let g = gradients
    let expected: [Int: Float] = [
      1: g[0], 2: g[0] + g[1], 4: (g[0] + g[1]) + (g[2] + g[3]),
      8: ((g[0] + g[1]) + (g[2] + g[3])) + ((g[4] + g[5]) + (g[6] + g[7])),
    ]
    #expect(numbers.buffer.gradient[0] == expected[count])
    #expect(numbers.buffer.gradient[1] == Float(count * (count - 1) / 2))
  }

  @Test("What waited before a clearing is forgotten")
  func clearing() {
    let numbers = Numbers(count: 1, optimizer: .sgd(momentum: 0))
    var tree = GradientTree()
    numbers.buffer.gradient[0] = 5
    tree.add([numbers.buffer.gradient], isLast: false)
    tree.clear()
    numbers.buffer.gradient[0] = 2
    tree.add([numbers.buffer.gradient], isLast: true)
    #expect(numbers.buffer.gradient[0] == 2)
  }
}

/// A buffer of its own.
private final class Numbers {
  let buffer: TrainedBuffer

  init(count: Int, optimizer: Optimizer) {
    func zeros() -> UnsafeMutableBufferPointer<Float> {
      let numbers = UnsafeMutableBufferPointer<Float>.allocate(capacity: count)
      numbers.initialize(repeating: 0)
      return numbers
    }
    buffer = TrainedBuffer(values: zeros(), gradient: zeros(), state: optimizer.stateNames.map { _ in zeros() })
  }

  deinit { for numbers in [buffer.values, buffer.gradient] + buffer.state { numbers.deallocate() } }

  func fill(_ numbers: UnsafeMutableBufferPointer<Float>, _ path: String) {
    for (index, unit) in FormulaWeights.units(path: path, count: numbers.count).enumerated() {
      numbers[index] = Float(unit)
    }
  }
}
