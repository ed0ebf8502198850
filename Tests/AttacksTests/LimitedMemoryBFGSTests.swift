import Attacks
import Foundation
import TestSupport
import Testing

/// A function with the minimum within a box that SciPy's L-BFGS-B finds: one case of `fixtures/attacks/minima.json`.
struct Minimum: Decodable, Sendable, CustomTestStringConvertible {
  enum Function: String, Decodable { case bowl, valley, logistic, ripples, steps }

  let function: Function
  let range: [Float]
  let coefficients: [[Float]]
  let start, minimum: [Float]
  let value: Double
  /// How often SciPy asked.
  let evaluations: Int

  var testDescription: String { "\(function.rawValue) of \(start.count) in \(range)" }

  private struct File: Decodable { let cases: [Minimum] }

  static let all: [Minimum] = {
    let file = try? JSONDecoder().decode(File.self, from: Fixture.data("attacks/minima.json"))
    return file?.cases ?? []
  }()

  /// The value at `x`; writes the gradient.
  func evaluate(_ x: Pixels, _ gradient: MutablePixels) -> Double {
    switch function {
    case .bowl: bowl(x, gradient)
    case .valley: valley(x, gradient)
    case .logistic: logistic(x, gradient)
    case .ripples: ripples(x, gradient)
    case .steps: steps(x, gradient)
    }
  }

  private func bowl(_ x: Pixels, _ gradient: MutablePixels) -> Double {
    var (value, sum) = (0.0, 0.0)
    for i in x.indices { sum += Double(coefficients[2][i]) * Double(x[i]) }
    for i in x.indices {
      let (scale, distance) = (Double(coefficients[0][i]), Double(x[i]) - Double(coefficients[1][i]))
      value += scale * distance * distance
      gradient[i] = Float(2 * scale * distance + 2 * Double(coefficients[2][i]) * sum)
    }
    return value + sum * sum
  }

  private func valley(_ x: Pixels, _ gradient: MutablePixels) -> Double {
    var (value, carried) = (0.0, 0.0)
    for i in 0..<x.count - 1 {
      let (here, next) = (Double(x[i]), Double(x[i + 1]))
      let lift = next - here * here
      value += 100 * lift * lift + (1 - here) * (1 - here)
      gradient[i] = Float(carried - 400 * lift * here - 2 * (1 - here))
      carried = 200 * lift
    }
    gradient[x.count - 1] = Float(carried)
    return value
  }

  private func logistic(_ x: Pixels, _ gradient: MutablePixels) -> Double {
    var value = 0.0
    for i in x.indices {
      value += 0.05 * Double(x[i]) * Double(x[i])
      gradient[i] = 0.1 * x[i]
    }
    let rows = coefficients[0]
    for row in stride(from: 0, to: rows.count, by: x.count) {
      var lead = 0.0
      for i in x.indices { lead += Double(rows[row + i]) * Double(x[i]) }
      value += log1p(exp(-lead))
      for i in x.indices { gradient[i] -= Float(Double(rows[row + i]) / (1 + exp(lead))) }
    }
    return value
  }

  private func ripples(_ x: Pixels, _ gradient: MutablePixels) -> Double {
    var value = 0.0
    for i in x.indices {
      let (here, distance) = (Double(x[i]), Double(x[i]) - Double(coefficients[0][i]))
      value += distance * distance / 2 + 0.08 * (1 - cos(4 * here))
      gradient[i] = Float(distance + 0.32 * sin(4 * here))
    }
    for i in 0..<x.count - 1 {
      let rise = Double(x[i + 1]) - Double(x[i])
      value += 0.1 * rise * rise
      gradient[i] -= Float(0.2 * rise)
      gradient[i + 1] += Float(0.2 * rise)
    }
    return value
  }

  private func steps(_ x: Pixels, _ gradient: MutablePixels) -> Double {
    var value = 0.0
    for i in x.indices {
      let distance = Double(x[i]) - Double(coefficients[0][i])
      value += distance * distance / 2
      gradient[i] = Float(distance)
    }
    for i in 0..<x.count - 1 {
      let rise = Double(x[i + 1]) - Double(x[i])
      let size = (rise * rise + 1e-4).squareRoot()
      value += 0.3 * size
      gradient[i] -= Float(0.3 * rise / size)
      gradient[i + 1] += Float(0.3 * rise / size)
    }
    return value
  }
}

@Suite("L-BFGS within a box")
struct LimitedMemoryBFGSTests {
  /// Where a minimisation led.
  private struct Outcome {
    var point: [Float] = []
    var values: [Double] = []
    var evaluations = 0
    var moves = 0
    var hasEnded = false
  }

  /// Minimises until it ends, or has asked 2000 times; no question may lie outside `range`.
  private func minimise(
    from start: [Float], within range: ClosedRange<Float>, memory: Int = 10,
    _ function: (Pixels, MutablePixels) -> Double
  ) -> Outcome {
    let optimiser = LimitedMemoryBFGS(count: start.count, within: range, memory: memory)
    start.withUnsafeBufferPointer(optimiser.begin)
    var (outcome, gradient) = (Outcome(), [Float](repeating: 0, count: start.count))
    while !optimiser.hasEnded, outcome.evaluations < 2000 {
      outcome.evaluations += 1
      let asked = Array(optimiser.question)
      #expect(asked.allSatisfy { range.contains($0) })
      let value = gradient.withUnsafeMutableBufferPointer { function(optimiser.question, $0) }
      if gradient.withUnsafeBufferPointer({ optimiser.take(value, $0) }) {
        (outcome.point, outcome.values) = (asked, outcome.values + [value])
      }
    }
    (outcome.moves, outcome.hasEnded) = (optimiser.moves, optimiser.hasEnded)
    return outcome
  }

  @Test("finds the minima that SciPy finds, with few questions", arguments: Minimum.all, [5, 10])
  func minima(_ expected: Minimum, memory: Int) {
    let outcome = minimise(
      from: expected.start, within: expected.range[0]...expected.range[1], memory: memory, expected.evaluate)
    let distance = zip(outcome.point, expected.minimum).map { abs($0 - $1) }.max() ?? .nan
    let excess = (outcome.values.last ?? .nan) - expected.value
    #expect(outcome.hasEnded && outcome.moves == outcome.values.count - 1)
    #expect(distance < 2e-3 && excess < 1e-6 * max(1, abs(expected.value)), "\(distance), \(excess)")
    #expect(outcome.evaluations <= 2 * expected.evaluations + 10, "\(outcome.evaluations)")
    // Every move leads down.
    #expect(zip(outcome.values, outcome.values.dropFirst()).allSatisfy { $0 >= $1 })
  }

  @Test("the fixture holds its cases")
  func fixture() {
    #expect(Minimum.all.count == 11 && Set(Minimum.all.map(\.function)).count == 5)
    let atEnds = Minimum.all.count { problem in problem.minimum.contains { problem.range.contains($0) } }
    #expect(atEnds >= 5)
  }

  /// `sum of weights[i] * x[i]`.
  private func slope(_ weights: [Float]) -> (Pixels, MutablePixels) -> Double {
    { x, gradient in
      _ = gradient.update(fromContentsOf: weights)
      return zip(weights, x).reduce(0) { $0 + Double($1.0 * $1.1) }
    }
  }

  @Test("follows a slope into the corner, and stays where no slope leads")
  func corner() {
    let outcome = minimise(from: [0.5, 0.25, 0.75], within: 0...1, slope([1, -3, 0]))
    #expect(outcome.point == [0, 1, 0.75] && outcome.hasEnded)
    let still = minimise(from: [0, 1, 0.5], within: 0...1, slope([2, -1, 0]))
    #expect((still.point, still.evaluations, still.moves, still.hasEnded) == ([0, 1, 0.5], 1, 0, true))
    // A start outside is brought in.
    #expect(minimise(from: [7, -7, 0.5], within: 0...1, slope([2, 1, 0])).point == [0, 0, 0.5])
  }

  @Test("goes round values that are no numbers")
  func undefined() {
    let outcome = minimise(from: [0.9], within: 0...1) { x, gradient in
      let room = Double(x[0]) - 0.2
      gradient[0] = room > 0 ? Float(4 - 1 / room) : .nan
      return 4 * Double(x[0]) - log(room)
    }
    #expect(abs(outcome.point[0] - 0.45) < 1e-3 && outcome.hasEnded)
    // Where nothing is a number it ends, too.
    let nowhere = minimise(from: [0.5], within: 0...1) { _, gradient in
      gradient[0] = 1
      return .nan
    }
    #expect(nowhere.point == [0.5] && nowhere.hasEnded && nowhere.evaluations < 100)
  }

  @Test("ends near a kink")
  func kink() {
    let (kinks, weights): ([Float], [Float]) = ([0.3, 0.9, 0.5, 0.1], [1, 4, 2, 0.5])
    let outcome = minimise(from: [0.8, 0.2, 0.6, 0.9], within: 0...1) { x, gradient in
      for i in x.indices { gradient[i] = x[i] > kinks[i] ? weights[i] : -weights[i] }
      return x.indices.reduce(0) { $0 + Double(weights[$1]) * abs(Double(x[$1]) - Double(kinks[$1])) }
    }
    #expect(outcome.hasEnded && outcome.evaluations < 1000)
    #expect(outcome.values.last ?? 1 < 0.1 * outcome.values[0])
  }

  @Test("begins anew without a trace, and allocates nothing on its way")
  func reuse() throws {
    let problem = try #require(Minimum.all.first { $0.function == .valley })
    let gradient = MutablePixels.allocate(capacity: problem.start.count)
    defer { gradient.deallocate() }
    let optimiser = LimitedMemoryBFGS(count: problem.start.count, within: problem.range[0]...problem.range[1])
    var moves: [Int] = []
    for _ in 0..<2 {
      problem.start.withUnsafeBufferPointer(optimiser.begin)
      let allocations = Allocations.count {
        while !optimiser.hasEnded {
          let value = problem.evaluate(optimiser.question, gradient)
          _ = optimiser.take(value, Pixels(gradient))
        }
      }
      #expect(allocations ?? 0 == 0)
      moves.append(optimiser.moves)
    }
    #expect(moves[0] == moves[1] && moves[0] > 10)
  }
}
