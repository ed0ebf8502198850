import Foundation
import Plots
import Records
import TestSupport
import Testing

/// Figures show what NumPy and SciPy find in the same records.
@Suite struct ReferenceTests {
  @Test("Ticks are the smallest round steps that leave few enough")
  func ticks() throws {
    let cases = try #require(try Drawing.json("ticks.json").array)
    #expect(cases.count > 100)
    let units: [String: Axis.Unit] = ["plain": .plain, "degrees": .degrees, "share": .share, "levels": .levels]
    for one in cases {
      let (low, high) = (try #require(one["low"]?.number), try #require(one["high"]?.number))
      let unit = try #require(units[one["unit"]?.string ?? ""])
      let ticks = Axis(label: "", range: low...high, unit: unit).ticks(atMost: try #require(one["count"]?.integer))
      #expect(ticks.map(\.text) == one["texts"]?.array?.compactMap(\.string), "\(one.text)")
      for (tick, expected) in zip(ticks, one["values"]?.array ?? []) {
        #expect(abs(tick.value - (expected.number ?? .nan)) <= 1e-12 * max(1, abs(tick.value)), "\(one.text)")
      }
    }
  }

  @Test("Widths of texts are those of the font")
  func widths() throws {
    for one in try #require(try Drawing.json("widths.json").array) {
      let text = try #require(one["text"]?.string)
      #expect(abs(TextWidths.width(text) - (one["width"]?.number ?? .nan)) < 1e-9, "\(text)")
    }
  }

  @Test("Profiles show every share with its Wilson interval, by lines that share all but the axis")
  func profiles() throws {
    let cases = try #require(try Drawing.json("profiles.json").array)
    #expect(cases.count == 6)
    for one in cases {
      let figure = try Drawing.figure(.profile, path: Fixture.path("plots/predictions.ndjson")) { request in
        (request.x, request.y) = (one["x"]?.string, one["y"]?.string)
      }
      let values = try #require(figure.vegaLite["vconcat"]?.array?.first?["data"]?["values"]?.array)
      let lines = Dictionary(grouping: values) { $0["series"]?.string ?? "" }
      let expected = try #require(one["lines"]?.members)
      #expect(figure.names == expected.map(\.key))
      for line in expected {
        let (points, others) = (try #require(lines[line.key]), try #require(line.value.array))
        #expect(points.count == others.count)
        for (point, other) in zip(points, others) {
          #expect(point["x"]?.number == other["x"]?.number && point["y"]?.number == other["y"]?.number)
          let bounds = other["interval"]?.array ?? []
          #expect(abs((point["y_lower"]?.number ?? .nan) - (bounds.first?.number ?? .nan)) < 1e-12)
          #expect(abs((point["y_upper"]?.number ?? .nan) - (bounds.last?.number ?? .nan)) < 1e-12)
        }
      }
    }
  }

  @Test("A heat map has the same shares in its cells")
  func heatmap() throws {
    let figure = try Drawing.figure(.heatmap, path: Fixture.path("plots/predictions.ndjson"))
    let panels = try #require(figure.vegaLite["vconcat"]?.array)
    #expect(panels.map { $0["title"]?.string } == ["5f5f5f5f5f5f", "d4d4d4d4d4d4"])
    let profile = try #require(
      try Drawing.json("profiles.json").array?.first { $0["x"]?.string == "epsilon" && $0["y"]?.string == "accuracy" })
    var count = 0
    for panel in panels {
      for cell in panel["data"]?["values"]?.array ?? [] {
        let name = "\(panel["title"]?.string ?? ""), rotation \(cell["column"]?.string ?? "")"
        let epsilon = try #require(ExactNumber(cell["row"]?.string ?? ""))
        let points = try #require(profile["lines"]?[name]?.array)
        let point = try #require(points.first { $0["x"]?.number == epsilon.value })
        #expect(cell["value"]?.number == point["y"]?.number)
        count += 1
      }
    }
    #expect(count == 18)
  }

  @Test("A confusion counts every image under its classes")
  func confusion() throws {
    let lines = try Fixture.data("plots/predictions.ndjson").split(separator: 0x0A).map { Array($0) + [0x0A] }
    let references = try #require(try Drawing.json("confusions.json").array)
    #expect(references.count == 6)
    for reference in references {
      let own = try lines.filter { line in
        let setting = try PredictionRecord(json: JSON(parsing: line)).setting
        return setting.model.hasPrefix(reference["model"]?.string ?? "-") && setting.rotation == 30
          && setting.epsilon == reference["epsilon"]?.number
      }
      let figure = try Drawing.figure(.confusion, own)
      let cells = try #require(figure.vegaLite["vconcat"]?.array?.first?["data"]?["values"]?.array)
      for (label, row) in try #require(reference["counts"]?.array).enumerated() {
        let counts = (row.array ?? []).compactMap(\.integer)
        let texts = cells.filter { $0["row"]?.string == "\(label)" }.map { $0["text"]?.string ?? "" }
        // A class without an image has no cells; predicted ones end with the last that came.
        let shown = texts.isEmpty ? [] : counts.prefix(texts.count).map(String.init)
        #expect(
          texts == shown && (texts.isEmpty ? counts : Array(counts.dropFirst(texts.count))).allSatisfy { $0 == 0 })
      }
    }
  }

  @Test("The front of a pareto is of those that no other model beats; the others are pale")
  func fronts() throws {
    for one in try #require(try Drawing.json("fronts.json").array) {
      let shares = try #require(one["right"]?.array).map { $0.array?.compactMap(\.integer) ?? [] }
      let lines = shares.enumerated().flatMap { place, right in
        [
          Drawing.score("m\(place)", rotation: 30, right: right[0]),
          Drawing.score("m\(place)", epsilon: 8 / 255, right: right[1]),
        ]
      }
      let figure = try Drawing.figure(.pareto, lines)
      let svg = String(decoding: try figure.svg().document, as: UTF8.self)
      let pale = svg.split(separator: "\n").filter { $0.contains(" p\"") && $0.contains("<title>") }.map { line in
        line.components(separatedBy: "<title>").last?.components(separatedBy: "\n").first ?? ""
      }
      let front = try #require(one["front"]?.array).compactMap(\.integer)
      let expected = shares.indices.filter { !front.contains($0) }.map { "m\($0)" }
      #expect(pale == expected)
    }
  }

  @Test("A curve is the share that holds out against each budget, of fooling and of accuracy")
  func curves() throws {
    let reference = try Drawing.json("curves.json")
    let end = try #require(reference["end"]?.number)
    for (measure, key) in [("accuracy", "right"), ("fooling-rate", "fooled")] {
      let figure = try Drawing.figure(.curve, path: Fixture.path("plots/distances.ndjson")) { $0.y = measure }
      let values = try #require(figure.vegaLite["vconcat"]?.array?.first?["data"]?["values"]?.array)
      for model in try #require(reference["models"]?.array) {
        let line = values.filter { $0["series"] == model["name"] }
        let count = try #require(model["count"]?.integer)
        let shares = try #require(model[key]?.array).map { Double($0.integer ?? -1) / Double(count) }
        #expect(line.map { $0["y"]?.number ?? .nan } == shares)
        #expect(line.last?["x"]?.number == end)
      }
    }
  }
}
