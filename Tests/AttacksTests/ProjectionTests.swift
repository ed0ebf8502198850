import Attacks
import Foundation
import TestSupport
import Testing

@Suite("Nearest points under constraints")
struct ProjectionTests {
  struct BallCase: Decodable {
    let clean, perturbation, expected: [Float]
    let radius: Float
  }
  struct HyperplaneCase: Decodable {
    let norm, kind: String
    let point, weights, expected: [Float]
    let offset: Double
  }
  private struct File<Case: Decodable>: Decodable { let cases: [Case] }

  private func read<Case: Decodable>(_ name: String) throws -> [Case] {
    try JSONDecoder().decode(File<Case>.self, from: Fixture.data("attacks/\(name).json")).cases
  }

  @Test("onto the ball of the 1-norm within the box")
  func ball() throws {
    let cases: [BallCase] = try read("ball-projections")
    #expect(cases.count == 30)
    for test in cases {
      var change = test.perturbation
      change.withUnsafeMutableBufferPointer { change in
        test.clean.withUnsafeBufferPointer { L1Ball.project(change, around: $0, radius: test.radius) }
      }
      let difference = zip(change, test.expected).map { abs($0 - $1) }.max() ?? 0
      #expect(difference < 1e-6, "radius \(test.radius)")
    }
  }

  @Test("onto a hyperplane within the box")
  func hyperplane() throws {
    let cases: [HyperplaneCase] = try read("hyperplane-projections")
    #expect(cases.count == 60)
    for test in cases {
      var change = [Float](repeating: .nan, count: test.point.count)
      let norm = try #require(Norm(rawValue: test.norm))
      change.withUnsafeMutableBufferPointer { change in
        test.point.withUnsafeBufferPointer { point in
          test.weights.withUnsafeBufferPointer {
            Hyperplane.project(point, weights: $0, offset: test.offset, norm: norm, into: change)
          }
        }
      }
      let difference = zip(change, test.expected).map { abs($0 - $1) }.max() ?? 0
      #expect(difference < 2e-6, "\(test.norm) \(test.kind): \(difference)")
    }
  }

  @Test("the number at a place in order", arguments: [1, 2, 7, 50])
  func selection(count: Int) {
    let values = FormulaWeights.values(path: "selection", shape: [count], kind: .weight).map { ($0 * 20).rounded() }
    for place in 0..<count {
      var copy = values
      #expect(copy.withUnsafeMutableBufferPointer { $0.smallest(place: place) } == values.sorted()[place])
    }
  }
}
