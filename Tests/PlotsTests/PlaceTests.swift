import Foundation
import Plots
import Records
import TestSupport
import Testing

/// Marks stand where the numbers beside them say.
@Suite struct PlaceTests {
  /// A mark or a text of a document.
  private struct Mark {
    let x, y: Double
    let hint: String
  }

  /// A document taken apart.
  private struct Document {
    let lines: [String]

    init(_ figure: Figure, width: Double, theme: Theme = .screen) throws {
      let bytes = try figure.svg(theme: theme, width: width).document
      // A hint of several lines belongs to its mark.
      lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\n<").map { "<" + $0 }
    }

    func attribute(_ name: String, of line: String) -> String? {
      line.components(separatedBy: " \(name)=\"").dropFirst().first?.components(separatedBy: "\"").first
    }

    func places(_ text: String) -> [(x: Double, y: Double)] {
      text.split(separator: " ").compactMap { pair in
        let numbers = pair.split(separator: ",").compactMap { Double($0) }
        return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
      }
    }

    /// Markers with hints.
    var marks: [Mark] {
      lines.compactMap { line in
        guard line.contains("<title>"), let style = attribute("class", of: line), style.hasPrefix("f") else {
          return nil
        }
        let hint = line.components(separatedBy: "<title>")[1].components(separatedBy: "</title>")[0]
        if let x = attribute("cx", of: line).flatMap(Double.init),
          let y = attribute("cy", of: line).flatMap(Double.init)
        {
          return Mark(x: x, y: y, hint: hint)
        }
        guard let points = attribute("points", of: line).map(places), !points.isEmpty else { return nil }
        // The middle of the box: of a triangle its height is asymmetric, which the test allows for.
        let (xs, ys) = (points.map(\.x), points.map(\.y))
        return Mark(
          x: ((xs.min() ?? 0) + (xs.max() ?? 0)) / 2, y: ((ys.min() ?? 0) + (ys.max() ?? 0)) / 2, hint: hint)
      }
    }

    /// The numbers below the axis with the places of their ticks.
    var horizontal: [(value: Double, place: Double)] {
      let ticks = lines.filter { attribute("class", of: $0) == "a" }.compactMap {
        attribute("points", of: $0).map(places)
      }
      .filter { $0.count == 2 && $0[0].x == $0[1].x }
      return ticks.compactMap { tick in
        let text = lines.first { line in
          attribute("text-anchor", of: line) == "middle" && attribute("transform", of: line) == nil
            && attribute("x", of: line).flatMap(Double.init).map { abs($0 - tick[0].x) < 0.02 } == true
            && attribute("y", of: line).flatMap(Double.init).map { $0 > tick[0].y } == true
        }
        return text.flatMap(number).map { ($0, tick[0].x) }
      }
    }

    /// The numbers left of the axis with the places of their lines.
    var vertical: [(value: Double, place: Double)] {
      let rules = lines.filter { attribute("class", of: $0) == "g" }.compactMap {
        attribute("points", of: $0).map(places)
      }
      let texts = lines.filter { attribute("text-anchor", of: $0) == "end" }
      return zip(rules, texts).compactMap { rule, text in number(text).map { ($0, rule[0].y) } }
    }

    private func number(_ line: String) -> Double? {
      let text = line.components(separatedBy: ">")[1].components(separatedBy: "<")[0]
      return ExactNumber(text.replacingOccurrences(of: " %", with: ""))?.value
    }
  }

  /// What two ticks far apart say of a place.
  private func value(_ place: Double, by ticks: [(value: Double, place: Double)]) throws -> Double {
    let (first, last) = (try #require(ticks.first), try #require(ticks.last))
    try #require(first.place != last.place)
    return first.value + (place - first.place) / (last.place - first.place) * (last.value - first.value)
  }

  @Test("Points of a profile stand at their numbers by the ticks, at any width", arguments: [400.0, 800, 1600])
  func profile(width: Double) throws {
    let rotations = [0, 7.5, 30, 45, 100, 180]
    let lines = (0..<3).flatMap { model in
      rotations.enumerated().map { Drawing.score("m\(model)", rotation: $1, right: 95 - 13 * $0 - 2 * model) }
    }
    let document = try Document(Drawing.figure(.profile, lines), width: width)
    let (across, up) = (document.horizontal, document.vertical)
    #expect(across.count >= 3 && up.count >= 3)
    let marks = document.marks
    #expect(marks.count == 18)
    for mark in marks {
      let match = try #require(mark.hint.firstMatch(of: /rotation ([0-9.]+): accuracy ([0-9.]+) %/))
      let (x, y) = (try #require(Double(match.1)), try #require(Double(match.2)))
      // Places have two decimals, shares one.
      #expect(abs(try value(mark.x, by: across) - x) < 0.2, "\(mark.hint)")
      #expect(abs(try value(mark.y, by: up) - y) < 0.4, "\(mark.hint)")
    }
  }

  @Test("Dots of a pareto stand at both of their shares")
  func pareto() throws {
    let lines = (0..<8).flatMap { model in
      [
        Drawing.score("m\(model)", rotation: 30, right: 30 + 8 * model),
        Drawing.score("m\(model)", epsilon: 0.1, right: 85 - 7 * model - model % 2 * 10),
      ]
    }
    let document = try Document(Drawing.figure(.pareto, lines), width: 800)
    let marks = document.marks
    #expect(marks.count == 8)
    for mark in marks {
      let shares = mark.hint.matches(of: /: ([0-9.]+) %/).compactMap { Double($0.1) }
      try #require(shares.count == 2)
      #expect(abs(try value(mark.x, by: document.horizontal) - shares[0]) < 0.2, "\(mark.hint)")
      // Triangles reach higher over their middle than below.
      #expect(abs(try value(mark.y, by: document.vertical) - shares[1]) < 0.5, "\(mark.hint)")
    }
  }

  @Test("Bands reach from one end of the interval to the other")
  func bands() throws {
    let rotations = [0.0, 60, 120, 180]
    let lines = rotations.enumerated().map { Drawing.score("m", rotation: $1, right: 90 - 20 * $0, of: 100) }
    let figure = try Drawing.figure(.profile, lines)
    let document = try Document(figure, width: 800)
    let band = try #require(document.lines.first { document.attribute("class", of: $0) == "b f0" })
    let corners = document.places(try #require(document.attribute("points", of: band)))
    try #require(corners.count == 8)
    for (place, right) in [90, 70, 50, 30].enumerated() {
      let interval = WilsonInterval(successes: right, count: 100)
      let (upper, lower) = (corners[place], corners[7 - place])
      #expect(upper.x == lower.x)
      #expect(abs(try value(upper.x, by: document.horizontal) - rotations[place]) < 0.1)
      #expect(abs(try value(upper.y, by: document.vertical) / 100 - interval.upper) < 1e-3)
      #expect(abs(try value(lower.y, by: document.vertical) / 100 - interval.lower) < 1e-3)
    }
  }

  @Test("Cells stand in the row and column of their budgets")
  func cells() throws {
    let (angles, budgets) = ([0.0, 15, 30, 60], [0, 2.0, 8])
    let lines = angles.flatMap { angle in
      budgets.map { Drawing.score("m", rotation: angle, epsilon: $0 / 255, right: 99 - Int(angle) - Int($0)) }
    }
    let document = try Document(Drawing.figure(.heatmap, lines), width: 800)
    var counted = 0
    for line in document.lines where document.attribute("class", of: line) == "y" {
      let match = try #require(line.firstMatch(of: /rotation ([0-9]+), epsilon ([0-9\/]+): accuracy ([0-9.]+) %/))
      let angle = try #require(Double(match.1))
      let budget = try #require(ExactNumber(String(match.2))).value * 255
      let x = try #require(document.attribute("x", of: line).flatMap(Double.init))
      let y = try #require(document.attribute("y", of: line).flatMap(Double.init))
      let width = try #require(document.attribute("width", of: line).flatMap(Double.init))
      let height = try #require(document.attribute("height", of: line).flatMap(Double.init))
      let names = document.lines.filter { $0.hasPrefix("<text class=\"t\"") }
      let column = names.first { name in
        name.contains(">\(Int(angle))</text>") && document.attribute("text-anchor", of: name) == "middle"
          && abs((document.attribute("x", of: name).flatMap(Double.init) ?? 0) - x - width / 2) < 0.1
      }
      #expect(column != nil, "\(line)")
      let rowText = budget == 0 ? "0" : "\(Int(budget.rounded()))/255"
      let row = names.first { name in
        name.contains(">\(rowText)</text>") && document.attribute("text-anchor", of: name) == "end"
          && abs((document.attribute("y", of: name).flatMap(Double.init) ?? 0) - y - height / 2) < 6
      }
      #expect(row != nil, "\(line)")
      #expect(Double(match.3) == 99 - angle - budget.rounded())
      counted += 1
    }
    #expect(counted == 12)
  }

  @Test("A gap breaks the line: two parts and none between")
  func gaps() throws {
    let lines = [0, 30.0, 60, 90, 120].map { Drawing.score("whole", rotation: $0, right: 80) }
    let broken = [0, 30.0, 90, 120].map { Drawing.score("broken", rotation: $0, right: 60) }
    let document = try Document(Drawing.figure(.profile, lines + broken), width: 800)
    let parts = document.lines.filter { document.attribute("class", of: $0) == "l l1" }
      .compactMap { document.attribute("points", of: $0).map(document.places) }
    // Two parts of two points, and the swatch of the legend.
    #expect(parts.map(\.count) == [2, 2, 2])
    let bands = document.lines.filter { document.attribute("class", of: $0) == "b f1" }
    #expect(bands.count == 2)
  }
}
