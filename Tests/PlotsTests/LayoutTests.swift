import Failures
import Foundation
import Plots
import Records
import TestSupport
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Where things lie: nothing over anything else, nothing outside, whatever comes.
@Suite struct LayoutTests {
  /// A figure that was hard to lay out, or may be.
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let kind: FigureKind
    let lines: [[UInt8]]

    var testDescription: String { name }
    func figure() throws -> Figure { try Drawing.figure(kind, lines) { $0.title = "A title of a few words" } }
  }

  private static let long = "a-rather-long-name-of-a-model-that-was-trained-for-many-epochs-on-many-images"
  static let cases: [Case] = [
    Case(name: "one model", kind: .profile, lines: Drawing.profile(models: 1)),
    Case(name: "twelve models", kind: .profile, lines: Drawing.profile(models: 12)),
    Case(
      name: "twelve long names", kind: .profile, lines: Drawing.profile(models: 12) { "\(long)-\($0)-by-cusp.h5" }),
    Case(name: "twenty-one models", kind: .profile, lines: Drawing.profile(models: 21) { "\($0)" }),
    Case(name: "one point", kind: .profile, lines: [Drawing.score("m", rotation: 30, right: 85)]),
    Case(
      name: "a gap", kind: .profile,
      lines: Drawing.profile(models: 1) + [0, 30.0, 180].map { Drawing.score("b", rotation: $0, right: 40) }),
    Case(
      name: "budgets of levels", kind: .profile,
      lines: [0, 2.0, 4, 8].map { Drawing.score("m", epsilon: $0 / 255, right: 90 - Int($0)) }),
    Case(
      name: "a heat map with a gap", kind: .heatmap,
      lines: [0, 15.0, 30].flatMap { angle in
        [0, 4.0, 8].map { Drawing.score(long, rotation: angle, epsilon: $0 / 255, right: 90 - Int($0)) }.dropLast()
      } + [Drawing.score("b", rotation: 30, epsilon: 8 / 255, right: 10)]),
    Case(
      name: "dots", kind: .pareto,
      lines: (0..<12).flatMap {
        [
          Drawing.score("\(long)\($0)", rotation: 30, right: 40 + 4 * $0),
          Drawing.score("\(long)\($0)", epsilon: 0.1, right: 90 - 5 * $0),
        ]
      }),
    Case(
      name: "training", kind: .training,
      lines: (1...30).map {
        EpochRecord(
          epoch: $0, epochs: 30, learningRate: $0 < 15 ? 0.1 : 0.0001, rotation: 3 * Double($0), translation: 0,
          epsilon: 8 / 255, loss: 2.5 / Double($0), accuracy: 1 - 0.9 / Double($0), validation: 0.5, kept: 1,
          imagesPerSecond: 1, seconds: 1
        ).line
      }),
    Case(
      name: "a confusion", kind: .confusion,
      lines: (0..<100).map {
        let setting = Setting(model: "m", attack: "none", norm: "none", epsilon: 0, rotation: 30)
        return PredictionRecord(
          setting: setting, index: $0, label: $0 % 10, natural: 0, perturbed: $0 * $0 % 10, distance: 0
        ).line
      }),
  ]

  @Test("No text lies over another or leaves the figure, at any width", arguments: cases)
  func texts(_ one: Case) throws {
    let figure = try one.figure()
    for (theme, widths) in [(Theme.screen, [400.0, 640, 800, 1600]), (.paper, [240.0, 500])] {
      for width in widths {
        let (document, _, height) = try figure.svg(theme: theme, width: width)
        let texts = try PlacedText.all(in: String(decoding: document, as: UTF8.self), em: theme.fontSize)
        #expect(texts.count > 5)
        for (place, text) in texts.enumerated() {
          #expect(
            text.left >= 0 && text.right <= width && text.top >= 0 && text.bottom <= height,
            "\(text.text) leaves \(width)x\(height)")
          for other in texts[..<place] where text.overlaps(other) {
            Issue.record("\(text.text) lies over \(other.text) at \(width)")
          }
        }
      }
    }
  }

  @Test("The same records give the same bytes, and a document that a parser takes", arguments: cases)
  func sameBytes(_ one: Case) throws {
    let first = try one.figure().svg(width: 800).document
    #expect(try one.figure().svg(width: 800).document == first)
    #expect(XMLParser(data: Data(first)).parse())
    let text = String(decoding: first, as: UTF8.self)
    #expect(text.firstMatch(of: /[ ",](nan|-?inf)[ ",]/) == nil)
    // Two decimals at most.
    #expect(text.firstMatch(of: /(x|y|r|points|width|height)="[^"]*[0-9]\.[0-9]{3}/) == nil)
  }

  @Test("A height is kept, and one that is too low is refused with one that will do")
  func heights() throws {
    for one in Self.cases where one.kind != .training {
      let figure = try one.figure()
      do {
        _ = try figure.svg(width: 640, height: 90)
        Issue.record("\(one.name) fits 90 pixels")
      } catch {
        #expect(error.kind == .usage)
        let height = try #require(error.message.firstMatch(of: /give 640x([0-9]+)/).flatMap { Double($0.1) })
        #expect(try figure.svg(width: 640, height: height).height == height)
      }
    }
    #expect(throws: Failure.self) { try Self.cases[0].figure().svg(width: 100) }
  }

  @Test("Names that are too long lose what they have in common first")
  func shortening() {
    #expect(TextWidths.shortened("abcdefghij", to: 100) == "abcdefghij")
    let names = (0..<12).map { "\(Self.long)-\($0)-of-twelve-models.h5" }
    for width in [6.0, 10, 20] {
      let short = TextWidths.shortened(names, to: width)
      #expect(Set(short).count == 12, "\(short)")
      #expect(short.allSatisfy { TextWidths.width($0) <= width + 1e-6 })
    }
    for length in [1, 10, 100, 100_000] {
      #expect(TextWidths.width(TextWidths.shortened(String(repeating: "m", count: length), to: 5)) <= 5)
    }
    let lines = TextWidths.wrapped("one two three four five six seven", to: 5, atMost: 3)
    #expect(lines.count == 3 && lines.allSatisfy { TextWidths.width($0) <= 5 })
  }
}
