import Foundation
import TestSupport
import Testing

@testable import Records

/// Means over seeds, held against SciPy.
@Suite("Means with Student's interval")
struct StudentIntervalTests {
  private static func reference(_ key: String) throws -> [JSON] {
    try #require(try JSON(parsing: [UInt8](Fixture.data("records/summaries.json")))[key]?.array)
  }

  @Test("Quantiles are SciPy's, from one degree of freedom to a hundred thousand")
  func quantiles() throws {
    let cases = try Self.reference("quantiles").compactMap { $0.array?.compactMap(\.number) }
    #expect(cases.count == 35)
    for pair in cases {
      let found = StudentInterval.quantile(freedom: Int(pair[0]))
      #expect(abs(found - pair[1]) < 1e-9 * pair[1], "\(pair[0]): \(found), \(pair[1])")
    }
  }

  @Test("Mean, deviation and interval are SciPy's, the interval cut to shares")
  func intervals() throws {
    for one in try Self.reference("cases") {
      let shares = try #require(one["shares"]?.array).compactMap(\.number)
      let found = StudentInterval(shares)
      func isNear(_ value: Double?, _ key: String, cut: Bool = false) -> Bool {
        guard let value, let wanted = one[key]?.number else { return false }
        return abs(value - (cut ? min(1, max(0, wanted)) : wanted)) < 1e-12
      }
      #expect(isNear(found.mean, "mean") && isNear(found.deviation, "deviation"), "\(shares)")
      #expect(isNear(found.bounds?.lowerBound, "low", cut: true), "\(shares)")
      #expect(isNear(found.bounds?.upperBound, "high", cut: true), "\(shares)")
    }
  }

  @Test("One share has no spread, equal shares none of any width")
  func ends() {
    let single = StudentInterval([0.25])
    #expect(single.mean == 0.25 && single.deviation == nil && single.bounds == nil)
    #expect(single.json.text == #"{"mean":0.25}"#)
    let equal = StudentInterval([0.5, 0.5, 0.5])
    #expect(equal.deviation == 0 && equal.bounds == 0.5...0.5)
    #expect(StudentInterval([0, 0]).bounds == 0...0 && StudentInterval([1, 1]).bounds == 1...1)
    #expect(StudentInterval([0, 1]).bounds == 0...1)
  }

  @Test("Of random seeds' means, 19 of 20 intervals hold the mean they are drawn around")
  func coverage() {
    var random = Damage(seed: 3)
    func normal() -> Double {
      let (first, second) = (Double.random(in: 1e-9..<1, using: &random), Double.random(in: 0..<1, using: &random))
      return (-2 * log(first)).squareRoot() * cos(2 * .pi * second)
    }
    for count in [2, 3, 5] {
      let held = (0..<4000).count { _ in
        let shares = (0..<count).map { _ in 0.5 + 0.01 * normal() }
        return StudentInterval(shares).bounds?.contains(0.5) == true
      }
      #expect(abs(Double(held) / 4000 - 0.95) < 0.015, "\(count): \(held)")
    }
  }

  @Test("What it writes is read back, and what is no mean is refused")
  func json() throws {
    for shares in [[0.1], [0.1, 0.4], [0.25, 0.5, 0.875]] {
      let interval = StudentInterval(shares)
      #expect(StudentInterval(json: interval.json) == interval)
    }
    for text in ["1", "{}", #"{"mean":"1"}"#, #"{"deviation":1}"#] {
      #expect(StudentInterval(json: try JSON(parsing: text)) == nil, "\(text)")
    }
    let turned = try #require(StudentInterval(json: JSON(parsing: #"{"mean":0.5,"interval":[1,0]}"#)))
    #expect(turned.bounds == nil)
  }
}
