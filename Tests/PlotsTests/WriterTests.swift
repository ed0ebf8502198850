import Foundation
import Plots
import Records
import TestSupport
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// What stands in figures, and how they look in a terminal.
@Suite struct WriterTests {
  @Test(
    "Figures hold these texts",
    arguments: [
      (
        FigureKind.profile,
        [
          "100 %", "0 %", "0", "90", "180", "rotation (degrees)", "accuracy", "model-0", "model-1",
          "accuracy, digits, test, n = 100. Bands: 95 % intervals (Wilson).",
        ]
      ),
      (.heatmap, ["model-0", "100 %", "40 %", "165", "epsilon (pixel units)", "accuracy, digits, test, n = 100."]),
    ] as [(FigureKind, [String])])
  func texts(kind: FigureKind, expected: [String]) throws {
    let figure = try Drawing.figure(kind, Drawing.profile(models: 2))
    let texts = try PlacedText.all(in: String(decoding: figure.svg().document, as: UTF8.self), em: 13).map(\.text)
    for text in expected { #expect(texts.contains(text), "\(text) in \(texts)") }
  }

  @Test("Names from records are text and nothing else: no markup, no escapes of a terminal, no shell")
  func hostileNames() throws {
    let name = "<script>&\"'`touch x`$(touch y)\u{1B}]0;x\u{7}\u{202E}\n"
    let figure = try Drawing.figure(.profile, [Drawing.score(name, rotation: 30, right: 5)])
    let shown = "<script>&\"'`touch x`$(touch y)?]0;x???"
    #expect(figure.names == [shown])
    let svg = try figure.svg().document
    #expect(XMLParser(data: Data(svg)).parse())
    let text = String(decoding: svg, as: UTF8.self)
    #expect(!text.contains("<script>") && text.contains("&lt;script&gt;&amp;"))
    #expect(figure.text(columns: 80, isColoured: true).contains(shown))
    #expect(!figure.text(columns: 80, isColoured: false).contains("\u{1B}"))
  }

  @Test("Colours have a light and a dark form, and every point tells its numbers")
  func styles() throws {
    let figure = try Drawing.figure(.profile, Drawing.profile(models: 1))
    let text = String(decoding: try figure.svg().document, as: UTF8.self)
    #expect(text.contains("@media (prefers-color-scheme: dark)") && text.contains(".l0{stroke:#0072b2}"))
    #expect(text.components(separatedBy: "<title>").count == 15)
    #expect(
      text.contains("<title>model-0\nrotation 30: accuracy 90.0 % (82.6 % to 94.5 %), 100 images</title>"))
  }

  @Test("A terminal gets lines in braille dots, of its width")
  func braille() throws {
    let figure = try Drawing.figure(.profile, Drawing.profile(models: 2))
    for columns in [40, 80, 200] {
      let lines = figure.text(columns: columns, isColoured: false).components(separatedBy: "\n")
      #expect(lines.dropLast(2).allSatisfy { $0.count <= columns })
      #expect(lines.contains { $0.hasPrefix("100 % │") } && lines.contains("⠶ model-1"))
      // The first point of the first model is in the upper left corner.
      let top = try #require(lines.first { $0.hasPrefix("100 % │") })
      let corner = try #require(top.unicodeScalars.dropFirst(7).first)
      #expect((corner.value - 0x2800) & 1 == 1)
    }
    let coloured = figure.text(columns: 80, isColoured: true)
    #expect(coloured.contains("\u{1B}[34m") && coloured.contains("\u{1B}[31m"))
  }

  @Test("A terminal gets cells as numbers, or as blocks where there are many")
  func cells() throws {
    let lines = [0, 30.0].flatMap { angle in
      [0, 8.0].map { Drawing.score("m", rotation: angle, epsilon: $0 / 255, right: 90 - Int($0) - Int(angle)) }
    }
    let figure = try Drawing.figure(.heatmap, lines.dropLast())
    #expect(
      figure.text(columns: 80, isColoured: false) == """
        m
        epsilon (pixel units)
        8/255   82 %     -
            0   90 %  60 %
                   0    30
               rotation (degrees)
        accuracy, pgd, linf, digits, test, n = 100.

        """)
    let many = (0..<60).map { Drawing.score("m", rotation: Double($0), right: $0 * 100 / 59) }
    let blocks = try Drawing.figure(.heatmap, many).text(columns: 80, isColoured: false)
    #expect(blocks.contains("░") && blocks.contains("▓"))
    #expect(try Drawing.figure(.heatmap, many).text(columns: 40, isColoured: true).contains("▀"))
  }

  @Test("A Vega-Lite specification names its schema and fields that its data have")
  func vegaLite() throws {
    let cases: [(FigureKind, [[UInt8]])] = LayoutTests.cases.map { ($0.kind, $0.lines) }
    for (kind, lines) in cases {
      let specification = try Drawing.figure(kind, lines).vegaLite
      let parsed = try JSON(parsing: specification.bytes)
      #expect(parsed["$schema"]?.string == "https://vega.github.io/schema/vega-lite/v5.json")
      for view in try #require(parsed["vconcat"]?.array) {
        let keys = Set((view["data"]?["values"]?.array ?? []).flatMap { ($0.members ?? []).map(\.key) })
        #expect(!keys.isEmpty)
        for layer in view["layer"]?.array ?? [] {
          for channel in layer["encoding"]?.members ?? [] {
            for part in channel.value.array ?? [channel.value] {
              guard let field = part["field"]?.string, !field.contains("_") else { continue }
              #expect(keys.contains(field), "\(field) in \(kind)")
            }
          }
        }
      }
    }
  }
}
