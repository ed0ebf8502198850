import Plots
import Records
import TestSupport
import Testing

/// Dots with their bars, and cells as text, are those of another implementation.
@Suite struct DotReferenceTests {
  private func figure(_ reference: JSON, areSeeds: Bool) throws -> Figure {
    let count = try #require(reference["count"]?.integer)
    let lines = try #require(reference["models"]?.members).flatMap { model in
      let right = (model.value.array ?? []).compactMap(\.integer)
      return [
        Drawing.score(model.key, rotation: 30, right: right[0], of: count),
        Drawing.score(model.key, epsilon: 8 / 255, right: right[1], of: count),
      ]
    }
    return try Drawing.figure(.pareto, lines) { $0.areSeeds = areSeeds }
  }

  @Test(
    "Bars are Wilson's intervals of each model, or reach from the least to the largest seed", arguments: [false, true])
  func bars(areSeeds: Bool) throws {
    let reference = try Drawing.json("dots.json")
    let figure = try figure(reference, areSeeds: areSeeds)
    let dots = try #require(reference[areSeeds ? "together" : "alone"]?.array)
    #expect(figure.names == dots.map { $0["name"]?.string ?? "" })
    let values = try #require(figure.vegaLite["vconcat"]?.array?.first?["data"]?["values"]?.array)
    for dot in dots {
      // Of seeds each stands beside the mean, without bars.
      let own = values.filter { $0["series"] == dot["name"] && $0["x_lower"] != nil }
      #expect(own.count == 1)
      let found = try #require(own.first)
      for key in ["x", "y"] {
        #expect(abs((found[key]?.number ?? .nan) - (dot[key]?.number ?? .nan)) < 1e-12)
        let bar = (dot["\(key)_bar"]?.array ?? []).compactMap(\.number)
        #expect(abs((found["\(key)_lower"]?.number ?? .nan) - bar[0]) < 1e-12)
        #expect(abs((found["\(key)_upper"]?.number ?? .nan) - bar[1]) < 1e-12)
      }
    }
    let names = try #require(reference["models"]?.members).count
    #expect(values.count == (areSeeds ? dots.count + names - 2 : names))
  }

  @Test("A grid in a terminal is a table of whole percents")
  func blocks() throws {
    for one in try #require(try Drawing.json("blocks.json").array) {
      let angles = try #require(one["angles"]?.array).compactMap(\.number)
      let levels = try #require(one["levels"]?.array).compactMap(\.number)
      let rights = try #require(one["right"]?.array).map { ($0.array ?? []).compactMap(\.integer) }
      let lines = zip(levels, rights).flatMap { level, right in
        zip(angles, right).map { Drawing.score("m", rotation: $0, epsilon: level / 255, right: $1) }
      }
      let text = try Drawing.figure(.heatmap, lines).text(columns: 80, isColoured: false)
      let table = text.split(separator: "\n").map(String.init).dropFirst(2).dropLast(2)
      #expect(Array(table) == one["lines"]?.array?.compactMap(\.string))
    }
  }
}
