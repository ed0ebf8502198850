import Foundation
import Inspection
import Records
import TestSupport
import Testing

/// `fixtures/inspection.json`, what numpy says.
private struct Expected {
  let statistics: [JSON]
  let differences: [JSON]

  init() throws {
    let document = try JSON(parsing: [UInt8](Fixture.data("inspection.json")))
    statistics = try #require(document["statistics"]?.array)
    differences = try #require(document["differences"]?.array)
  }
}

/// The numbers of a tensor in that file; what JSON cannot say stands there as text.
private func numbers(_ json: JSON?) throws -> [Double] {
  try #require(json?.array).map { try #require($0.number ?? $0.string.flatMap(Double.init)) }
}

/// Whether `value` is what numpy has, but for the order of additions.
private func isClose(_ value: Double?, _ expected: JSON?) -> Bool {
  guard let value, let expected = expected?.number else { return value == nil && expected == .null }
  return (value - expected).magnitude <= 1e-12 * max(1, expected.magnitude)
}

@Suite("Numbers about tensors")
struct StatisticsTests {
  @Test("statistics are numpy's, in whatever pieces the tensor comes", arguments: [1, 7, 64, 1000])
  func statistics(pieceSize: Int) throws {
    for json in try Expected().statistics {
      let (name, values) = (json["name"]?.string ?? "", try numbers(json["values"]))
      let statistics = try TensorStatistics { piece in
        for start in stride(from: 0, to: values.count, by: pieceSize) {
          try piece(Array(values[start..<min(start + pieceSize, values.count)]))
        }
      }
      #expect(statistics.count == json["count"]?.integer, "\(name)")
      #expect(statistics.zeros == json["zeros"]?.integer, "\(name)")
      #expect(statistics.nans == json["nans"]?.integer, "\(name)")
      #expect(statistics.infinities == json["infinities"]?.integer, "\(name)")
      #expect(statistics.minimum == json["minimum"]?.number, "\(name)")
      #expect(statistics.maximum == json["maximum"]?.number, "\(name)")
      #expect(isClose(statistics.mean, json["mean"]), "\(name)")
      #expect(isClose(statistics.deviation, json["deviation"]), "\(name)")
      #expect(statistics.histogram == json["histogram"]?.array?.map(\.integer), "\(name)")
    }
  }

  @Test("differences are numpy's, in whatever pieces the tensors come", arguments: [1, 7, 1000])
  func differences(pieceSize: Int) throws {
    for (position, json) in try Expected().differences.enumerated() {
      let (first, second) = (try numbers(json["first"]), try numbers(json["second"]))
      var difference = TensorDifference()
      for start in stride(from: 0, to: first.count, by: pieceSize) {
        let range = start..<min(start + pieceSize, first.count)
        difference.add(Array(first[range]), Array(second[range]))
      }
      #expect(difference.count == first.count)
      #expect(difference.differing == json["differing"]?.integer, "pair \(position)")
      #expect(difference.incomparable == json["incomparable"]?.integer, "pair \(position)")
      #expect(difference.maximum == json["maximum"]?.number, "pair \(position)")
      #expect(isClose(difference.relative, json["relative"]), "pair \(position)")
      #expect(isClose(difference.cosine, json["cosine"]), "pair \(position)")
      #expect(difference.isWithin(0) == (json["differing"]?.integer == 0), "pair \(position)")
    }
  }

  @Test("a tolerance is about the largest distance, and no tolerance makes up for what is not finite")
  func tolerance() {
    var difference = TensorDifference()
    difference.add([1, 2], [1.25, 2])
    #expect(!difference.isWithin(0.2))
    #expect(difference.isWithin(0.25))
    difference.add([.nan], [.nan])
    #expect(difference.isWithin(0.25))
    difference.add([.nan], [1])
    #expect(!difference.isWithin(.infinity))
  }
}
