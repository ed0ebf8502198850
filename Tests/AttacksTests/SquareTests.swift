import Attacks
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("The Square attack without its draws")
struct SquareTests {
  struct File: Decodable {
    struct Schedule: Decodable {
      let queries: Int
      let rescaled: Bool
      let shares: [[Double]]
    }
    struct Sides: Decodable {
      let norm: String
      let shape, sizes: [Int]?
      let sides: [[Int]]
    }
    struct Pattern: Decodable {
      let norm: String
      let side: Int
      let values: [Float]
    }
    struct Start: Decodable {
      let norm: String
      let shape: [Int]
      let epsilon: Float
      let signs: [Signs]
      let transposed: [Bool]
      let expected: [Float]
    }
    /// Signs come flat, or in rows.
    enum Signs: Decodable {
      case one(Float)
      case row([Float])
      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Float.self) {
          self = .one(value)
        } else {
          self = .row(try container.decode([Float].self))
        }
      }
      var values: [Float] {
        switch self {
        case .one(let value): [value]
        case .row(let values): values
        }
      }
    }
    struct Proposal: Decodable {
      let norm: String
      let shape, place, donor: [Int]
      let epsilon: Float
      let number, side: Int
      let signs: [Signs]
      let transposed: Bool
      let expected: [Float]
    }
    let schedules: [Schedule]
    let sides: [Sides]
    let patterns: [Pattern]
    let starts: [Start]
    let proposals: [Proposal]
  }

  private let file: File

  init() throws { file = try JSONDecoder().decode(File.self, from: Fixture.data("attacks/square.json")) }

  private func norm(_ name: String) throws -> Norm { try #require(Norm(rawValue: name)) }

  @Test("squares shrink after as many queries as published")
  func schedule() {
    #expect(file.schedules.count == 4)
    for test in file.schedules {
      let attack = Square(epsilon: 0.1, queries: test.queries, rescalesSchedule: test.rescaled)
      var changes: [[Double]] = []
      for query in 0..<test.queries where changes.last.map({ $0[1] != attack.share(at: query) }) ?? true {
        changes.append([Double(query), attack.share(at: query)])
      }
      #expect(changes.count == test.shares.count)
      for (found, expected) in zip(changes, test.shares) {
        #expect(found[0] == expected[0] && abs(found[1] - expected[1]) < 1e-6)
      }
    }
  }

  @Test("their sides are the nearest whole ones, halves to even, and odd under l2")
  func sides() throws {
    #expect(file.sides.count == 12)
    let attack = Square(epsilon: 0.1)
    for test in file.sides {
      let shape = try #require(test.shape)
      for change in test.sides {
        let side = SquarePattern.side(
          try norm(test.norm), share: attack.share(at: change[0]), height: shape[1], width: shape[2])
        #expect(side == change[1])
      }
    }
  }

  @Test("patterns are a hill above a valley")
  func patterns() throws {
    #expect(file.patterns.count == 16)
    for test in file.patterns {
      let values = SquarePattern.pattern(try norm(test.norm), side: test.side, isTransposed: false)
      #expect(values.count == test.values.count)
      #expect(zip(values, test.values).allSatisfy { abs($0 - $1) < 1e-6 })
      let transposed = SquarePattern.pattern(try norm(test.norm), side: test.side, isTransposed: true)
      for i in values.indices { #expect(transposed[i] == values[i % test.side * test.side + i / test.side]) }
    }
  }

  private func pixels(_ shape: [Int]) -> [Float] { FormulaWeights.pixels(shape: shape) }

  @Test("starts are stripes, or tiles")
  func starts() throws {
    #expect(file.starts.count == 9)
    for test in file.starts {
      let image = try started(test)
      #expect(zip(image, test.expected).allSatisfy { abs($0 - $1) < 2e-6 }, "\(test.norm) \(test.shape)")
    }
  }

  private func started(_ test: File.Start) throws -> [Float] {
    var image = [Float](repeating: .nan, count: test.expected.count)
    try pixels(test.shape).withUnsafeBufferPointer { clean in
      let proposals = SquareProposals(
        clean, shape: Shape(test.shape), norm: try norm(test.norm), epsilon: test.epsilon)
      image.withUnsafeMutableBufferPointer {
        proposals.writeStart(test.signs.flatMap(\.values), transposed: test.transposed, into: $0)
      }
    }
    return image
  }

  @Test("proposals come to what an independent implementation makes of the same draws")
  func proposals() throws {
    #expect(file.proposals.count == 27)
    var image: [Float] = []
    for test in file.proposals {
      if test.number == 0 {
        let start = try #require(file.starts.first { $0.norm == test.norm && $0.shape == test.shape })
        image = try started(start)
      }
      try pixels(test.shape).withUnsafeBufferPointer { clean in
        let proposals = SquareProposals(
          clean, shape: Shape(test.shape), norm: try norm(test.norm), epsilon: test.epsilon)
        let window = Window(top: test.place[0], left: test.place[1], side: test.side)
        let donor = Window(top: test.donor[0], left: test.donor[1], side: test.side)
        let signs = test.signs.flatMap(\.values)
        image.withUnsafeMutableBufferPointer { image in
          if test.norm == "linf" {
            proposals.colour(image, in: window, signs: signs)
          } else {
            proposals.shift(image, to: window, from: donor, signs: signs, isTransposed: test.transposed)
          }
        }
      }
      let difference = zip(image, test.expected).map { abs($0 - $1) }.max() ?? 0
      #expect(difference < 5e-6, "\(test.norm) \(test.shape) \(test.number): \(difference)")
    }
  }

  @Test("attacks without a gradient, and stops at the first image that fools", arguments: Norm.lengths)
  func attack(norm: Norm) throws {
    let epsilon: Float = [.linf: 0.08, .l2: 0.6, .l1: 1.2][norm] ?? 0
    let classifier = ToyNetwork(batchSize: 8)
    let scheduler = try AttackScheduler(model: nil, classifier: classifier)
    var results: [AttackResult] = []
    try scheduler.run(
      AttackSequence([Square(norm: norm, epsilon: epsilon, queries: 60, seed: 3)]), on: Array(0..<20),
      labels: Swept.labels, pixels: { _ = $1.update(fromContentsOf: Swept.images[rows: $0..<$0 + 1].values) },
      finish: { results.append($0) })
    let broken = results.count { $0.perturbedClass != Swept.labels[$0.place] && $0.distance > 0 }
    #expect(broken > 2 && broken < 16)
    #expect(results.map(\.cost.forwards).max() == 61 && results.allSatisfy { $0.cost.backwards == 0 })
    for result in results {
      #expect(result.failure == nil && result.distance <= epsilon)
      if Swept.labels[result.place] != result.naturalClass { #expect(result.cost.forwards == 0) }
    }
  }
}
