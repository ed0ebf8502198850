import Plots
import Records
import TestSupport
import Testing

/// Figures in a terminal, as they stand there.
@Suite struct TerminalTests {
  private func lines(_ figure: Figure, _ columns: Int) -> [String] {
    figure.text(columns: columns, isColoured: false).split(separator: "\n", omittingEmptySubsequences: false)
      .map(String.init)
  }

  @Test("The whole of a small profile")
  func profile() throws {
    let scores = [(0.0, 100), (90, 50), (180, 0)].map { Drawing.score("m", rotation: $0, right: $1) }
    let figure = try Drawing.figure(.profile, scores) { $0.title = "Half" }
    let lines = lines(figure, 48)
    #expect(lines[0] == "Half" && lines[1] == "accuracy")
    #expect(lines.suffix(4) == ["                  rotation (degrees)", "⠶ m", figure.caption, ""])
    #expect(lines.first { $0.contains("└") } == "      └" + String(repeating: "─", count: 40))
    let numbers = try #require(lines.first { $0.contains("90") && $0.contains("180") })
    #expect(numbers.hasPrefix("       0") && numbers.hasSuffix("180") && numbers.count <= 48)
  }

  @Test("Labels of shares stand at their rows")
  func labels() throws {
    let lines = lines(try Drawing.figure(.profile, Drawing.profile(models: 1)), 80)
    let rows = lines.filter { $0.contains("│") }
    #expect(rows.count == 16)
    #expect(rows[0].hasPrefix("100 % │") && rows[15].hasPrefix("  0 % │"))
    let labelled = rows.indices.filter { !rows[$0].hasPrefix("      │") }
    #expect(labelled.count >= 3)
    for row in labelled {
      let share = try #require(Double(String(rows[row].prefix(3).filter { $0 != " " })))
      #expect(abs(Double(row) - (1 - share / 100) * 15) <= 0.5)
    }
  }

  @Test("Dots of a pareto are two by two, where their shares are")
  func dots() throws {
    let scores = [("a", 0, 100), ("b", 100, 0)].flatMap { name, x, y in
      [Drawing.score(name, rotation: 30, right: x), Drawing.score(name, epsilon: 0.1, right: y)]
    }
    let figure = try Drawing.figure(.pareto, scores)
    let rows = lines(figure, 80).filter { $0.contains("│") }.map { line in
      Array(line[line.index(after: line.firstIndex(of: "│") ?? line.startIndex)...])
    }
    func dots(_ character: Character) -> Int {
      let value = Int(character.unicodeScalars.first?.value ?? 0)
      return value >= 0x2800 && value < 0x2900 ? (value - 0x2800).nonzeroBitCount : 0
    }
    // The front joins both corners, so that there are dots in between as well.
    let corner = try #require(rows[0].first)
    #expect(dots(corner) >= 2)
    #expect(rows.allSatisfy { $0.count <= 76 })
    #expect(rows.joined().map(dots).reduce(0, +) > 100)
  }

  @Test("Panels of training stand over each other, each with its name")
  func training() throws {
    let epochs = (1...5).map {
      EpochRecord(
        epoch: $0, epochs: 5, learningRate: 0.1, rotation: 15 * Double($0), translation: 0, epsilon: 0,
        loss: 1 / Double($0), accuracy: 0.5, imagesPerSecond: 1, seconds: 1
      ).line
    }
    let lines = lines(try Drawing.figure(.training, epochs), 60)
    let names = ["loss", "accuracy", "learning rate", "rotation"]
    #expect(lines.filter { names.contains($0) } == names)
    #expect(lines.count { $0.contains("└") } == 4)
    #expect(lines.count { $0.contains("│") } == 24)
    #expect(lines.filter { $0.hasSuffix("epoch") }.count == 1)
    #expect(lines.suffix(3) == ["⠶ training", "5 of 5 epochs", ""])
  }

  @Test("Half blocks take two rows each, in colours of 256; without colours four shades and a dot for what is missing")
  func blocks() throws {
    let setting = Setting(model: "m", attack: "none", norm: "none", epsilon: 0)
    let records = (0..<120).filter { $0 / 3 != 5 }.map {
      PredictionRecord(
        setting: setting, index: $0, label: $0 / 3, natural: 0, perturbed: $0 % 3 == 0 ? 0 : $0 / 3, distance: 0
      ).line
    }
    let figure = try Drawing.figure(.confusion, records)
    let plain = lines(figure, 60).filter { $0.contains("▓") || $0.contains("·") || $0.contains("█") }
    #expect(plain.count == 40)
    #expect(plain[5].hasSuffix(String(repeating: "·", count: 40)))
    #expect(plain[0].hasPrefix(" 0  █") && plain[7].hasPrefix(" 7  ░"))
    let coloured = figure.text(columns: 60, isColoured: true).split(separator: "\n").filter { $0.contains("▀") }
    #expect(coloured.count == 20)
    for line in coloured {
      #expect(line.components(of: "▀") == 40)
      for match in line.matches(of: /;5;([0-9]+)/) { #expect((16...231).contains(Int(match.1) ?? 0)) }
    }
    // What has no room is told.
    #expect(lines(figure, 40).contains("the first 36 of 40 columns; widen the terminal for all"))
  }
}

extension StringProtocol {
  /// How often `character` comes.
  fileprivate func components(of character: Character) -> Int { count { $0 == character } }
}
