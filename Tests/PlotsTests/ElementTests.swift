import Failures
import Foundation
import Plots
import Records
import TestSupport
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Figures as parts of a page.
@Suite struct ElementTests {
  /// `text` without what an element alone has: whose each part is.
  private func withoutParts(_ text: String) -> String { text.replacing(/\ data-(series|key)="[0-9]+"/, with: "") }

  @Test("An element is the document without its style sheet, which the page has", arguments: LayoutTests.cases)
  func sameFigure(_ one: LayoutTests.Case) throws {
    let figure = try one.figure()
    for width in [360.0, 800] {
      let document = String(decoding: try figure.svg(width: width).document, as: UTF8.self)
      let element = try figure.element(width: width)
      #expect(!element.contains("<style>") && !document.contains("data-"))
      #expect(document.contains("<style>\n\(Figure.styleSheet)\n</style>\n"))
      let bare = document.replacingOccurrences(of: "<style>\n\(Figure.styleSheet)\n</style>\n", with: "")
      #expect(withoutParts(element) == bare)
      #expect(XMLParser(data: Data(element.utf8)).parse())
      #expect(try figure.element(width: width) == element)
    }
  }

  @Test("Every entry of a legend is of a series, and every series but a front has one", arguments: LayoutTests.cases)
  func parts(_ one: LayoutTests.Case) throws {
    let figure = try one.figure()
    let element = try figure.element(width: 800)
    func places(_ name: String) -> [Int] {
      element.components(separatedBy: " data-\(name)=\"").dropFirst().compactMap { Int($0.prefix { $0 != "\"" }) }
    }
    let (series, keys) = (places("series"), places("key"))
    // A line, a marker and a text each.
    #expect(keys.sorted() == figure.names.indices.flatMap { [$0, $0, $0] })
    #expect(Set(series) == Set(figure.names.indices))
    for line in element.split(separator: "\n") where line.contains("class=\"j\"") { #expect(!line.contains("data-")) }
  }

  @Test("An element that is too narrow for its texts is refused")
  func narrow() throws {
    let figure = try LayoutTests.cases[0].figure()
    let failure = #expect(throws: Failure.self) { try figure.element(width: 200) }
    #expect(failure?.kind == .usage)
  }

  @Test("Scores that were counted elsewhere make the figure that their records make")
  func scores() throws {
    let lines = Drawing.profile(models: 3)
    let records = try lines.map { try ScoreRecord(json: JSON(parsing: $0)) }
    var fold = FigureFold(.profile)
    for record in records { try fold.add(record) }
    #expect(try fold.scores == records)
    #expect(try fold.figure(FigureRequest()) == Drawing.figure(.profile, lines))
    // The same again changes nothing, another answer is refused.
    try fold.add(records[0])
    #expect(try fold.scores.count == records.count)
    var other = records[0]
    other.tally.correct -= 1
    let failure = #expect(throws: Failure.self) { try fold.add(other) }
    #expect(failure?.message.hasPrefix("two answers under the same settings") == true)
  }

  @Test("A model is called by the file that announced it, else by the beginning of its digest")
  func names() throws {
    let digests = ["a1", "b2"].map { String(repeating: $0, count: 32) }
    var fold = FigureFold(.profile)
    fold.add(CheckpointRecord(path: "/runs/n.h5", digest: digests[0], epoch: 1, architecture: "vgg16", data: "digits"))
    #expect(fold.names(of: digests) == [digests[0]: "n.h5", digests[1]: "b2b2b2b2b2b2"])
  }

  @Test("An address holds the bytes that Foundation takes out of it, whatever their number")
  func addresses() throws {
    var generator = Damage(seed: 3)
    for count in [0, 1, 2, 3, 4, 5, 47, 256, 1000] {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let address = dataAddress(of: bytes, type: "image/png")
      #expect(address == "data:image/png;base64," + Data(bytes).base64EncodedString())
    }
    let all = (0...255).map { UInt8($0) }
    #expect(dataAddress(of: all, type: "a/b").hasSuffix(Data(all).base64EncodedString()))
  }
}
