import Foundation
import Plots
import Records
import TestSupport
import Testing

/// Colours that every eye can tell apart, on both grounds.
@Suite struct ColourTests {
  /// A colour in linear light, 0...1.
  struct Light {
    var red, green, blue: Double

    init(red: Double, green: Double, blue: Double) {
      (self.red, self.green, self.blue) = (red, green, blue)
    }

    /// `#rrggbb`.
    init?(_ text: some StringProtocol) {
      guard text.count == 7, text.first == "#", let value = Int(text.dropFirst(), radix: 16) else { return nil }
      func linear(_ level: Int) -> Double {
        let share = Double(level) / 255
        return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
      }
      self.init(red: linear(value >> 16), green: linear(value >> 8 & 255), blue: linear(value & 255))
    }

    /// As WCAG 2 has it.
    var luminance: Double { 0.2126 * red + 0.7152 * green + 0.0722 * blue }

    func contrast(to other: Light) -> Double {
      let (high, low) = (max(luminance, other.luminance), min(luminance, other.luminance))
      return (high + 0.05) / (low + 0.05)
    }

    /// As somebody without one kind of cones sees it: Viénot, Brettel and Mollon 1999 for red and green.
    func seen(by vision: Vision) -> Light {
      switch vision {
      case .usual: return self
      case .noRed:
        let mixed = 0.11238 * red + 0.88762 * green
        return Light(red: mixed, green: mixed, blue: 0.00401 * red - 0.00401 * green + blue)
      case .noGreen:
        let mixed = 0.29275 * red + 0.70725 * green
        return Light(red: mixed, green: mixed, blue: -0.02234 * red + 0.02234 * green + blue)
      }
    }

    /// Lightness and two directions of colour, CIE 1976 L*a*b* under D65.
    var lab: (Double, Double, Double) {
      func root(_ value: Double) -> Double {
        value > 216.0 / 24389 ? cbrt(value) : (24389.0 / 27 * value + 16) / 116
      }
      let x = root((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505)
      let y = root(0.2126 * red + 0.7152 * green + 0.0722 * blue)
      let z = root((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089)
      return (116 * y - 16, 500 * (x - y), 200 * (y - z))
    }

    func difference(to other: Light) -> Double {
      let (first, second) = (lab, other.lab)
      let (l, a, b) = (first.0 - second.0, first.1 - second.1, first.2 - second.2)
      return (l * l + a * a + b * b).squareRoot()
    }
  }

  enum Vision: CaseIterable {
    case usual
    case noRed
    case noGreen
  }

  /// The style sheet's light and dark parts.
  private func styles() throws -> (light: String, dark: String) {
    let document = try Drawing.figure(.profile, Drawing.profile(models: 1)).svg().document
    let text = String(decoding: document, as: UTF8.self)
    let sheet = text.components(separatedBy: "<style>")[1].components(separatedBy: "</style>")[0]
    let parts = sheet.components(separatedBy: "@media (prefers-color-scheme: dark){")
    try #require(parts.count == 2)
    return (parts[0], parts[1])
  }

  private func series(_ sheet: String) throws -> [Light] {
    try sheet.matches(of: /\.l[0-9]\{stroke:(#[0-9a-f]{6})\}/).map { try #require(Light($0.1)) }
  }

  private func ground(_ sheet: String) throws -> Light {
    let match = try #require(sheet.firstMatch(of: /\.paper\{fill:(#[0-9a-f]{6})\}/))
    return try #require(Light(match.1))
  }

  @Test("Seven colours differ for people with three, without red and without green cones", arguments: Vision.allCases)
  func differences(vision: Vision) throws {
    let (light, dark) = try styles()
    for sheet in [light, dark] {
      let colours = try series(sheet).map { $0.seen(by: vision) }
      #expect(colours.count == 7)
      for (place, colour) in colours.enumerated() {
        for other in colours[..<place] {
          // About 2.3 is what an eye just notices side by side.
          #expect(colour.difference(to: other) > 10, "colour \(place) as \(vision) sees it")
        }
      }
    }
  }

  @Test("Neighbours in the legend have another marker as well, and the same colour another dash")
  func distinctions() throws {
    let document = try Drawing.figure(.profile, Drawing.profile(models: 21) { "\($0)" }).svg().document
    let lines = String(decoding: document, as: UTF8.self).split(separator: "\n")
    let styles = lines.filter { $0.hasPrefix("<polyline class=\"l ") }.map { line in
      line.components(separatedBy: "\"")[1]
    }
    // The lines and the swatches of the legend.
    #expect(styles.count == 42 && Set(styles).count == 21)
  }

  @Test("Lines and texts stand out from the ground in light and in dark")
  func contrast() throws {
    let (light, dark) = try styles()
    for sheet in [light, dark] {
      let ground = try ground(sheet)
      for colour in try series(sheet) { #expect(colour.contrast(to: ground) > 2) }
      for name in ["text", ".u"] {
        let sheet = sheet.replacingOccurrences(of: "\n", with: " ")
        let rule = try #require(
          sheet.components(separatedBy: "\(name){").dropFirst().first?.components(separatedBy: "}").first)
        let colour = try #require(rule.firstMatch(of: /fill:(#[0-9a-f]{6})/).flatMap { Light($0.1) })
        #expect(colour.contrast(to: ground) >= 4.5, "\(name)")
      }
    }
  }

  @Test("Every shade of a cell is lighter than the one before, and its text can be read")
  func shades() throws {
    let scores = (0...100).map {
      Drawing.score("m", rotation: Double($0 % 10), epsilon: Double($0 / 10) / 100, right: $0)
    }
    let document = try Drawing.figure(.heatmap, scores).svg(width: 1600).document
    let lines = String(decoding: document, as: UTF8.self).split(separator: "\n").map(String.init)
    let cells = try lines.indices.filter { lines[$0].hasPrefix("<rect class=\"y\"") }.map {
      place -> (Int, Light, Bool) in
      let text = try #require(lines[place + 2].hasPrefix("<text") ? lines[place + 2] : nil)
      let share = try #require(text.firstMatch(of: />([0-9]+) %</).flatMap { Int($0.1) })
      let fill = try #require(lines[place].firstMatch(of: /fill="(#[0-9a-f]{6})"/).flatMap { Light($0.1) })
      return (share, fill, text.contains("class=\"k\""))
    }.sorted { $0.0 < $1.0 }
    #expect(cells.count == 101)
    for (cell, next) in zip(cells, cells.dropFirst()) { #expect(cell.1.luminance <= next.1.luminance) }
    for (share, fill, isDark) in cells {
      let text = Light(red: isDark ? 0 : 1, green: isDark ? 0 : 1, blue: isDark ? 0 : 1)
      #expect(text.contrast(to: fill) >= 4.2, "\(share) %")
    }
  }
}
