import Failures
import Foundation
import Records
import Reports
import TestSupport
import Testing

/// What stands on the page, and what never does.
@Suite struct PageTests {
  /// The cells of the page's tables, row by row, as text without markup.
  private func rows(_ page: String) -> [[String]] {
    page.split(separator: "\n").filter { $0.hasPrefix("<tr><td") }.map { row in
      row.components(separatedBy: "</td>").dropLast().map { cell in
        cell.replacing(/<small>[^<]*<\/small>/, with: "").replacing(/<[^>]*>/, with: "")
          .trimmingCharacters(in: .whitespaces)
      }
    }
  }

  @Test("The table and the classes show what another implementation counted, with SciPy's intervals")
  func numbers() throws {
    let expected = try ExpectedReport.read()
    let fold = try Reporting.fold(path: Fixture.path("reports/records.ndjson"))
    let page = String(decoding: try Report(fold).page(), as: UTF8.self)
    let table = rows(page)
    func percent(_ count: Int, of total: Int = 40) -> String {
      String(format: "%.1f %%", (Double(count) / Double(total) * 1000).rounded() / 10)
    }
    for (row, setting) in zip(table, expected.settings) {
      #expect(row.suffix(4) == ["40", percent(setting.natural), percent(setting.correct), percent(setting.fooled)])
    }
    let classes = expected.settings.flatMap(\.classes)
    #expect(table.count == 2 + classes.count)
    for (row, expected) in zip(table.dropFirst(2), classes) {
      #expect(row[0] == "\(expected.label)" && row[1] == "\(expected.count)")
      #expect(row[2] == percent(expected.natural, of: expected.count))
      #expect(row[3] == percent(expected.correct, of: expected.count))
      #expect(row[4].hasPrefix(expected.taken_for.map { "\($0), \(expected.taken) image" } ?? "-"))
    }
    // SciPy: binomtest(85, 100).proportion_ci(0.95, "wilson") is 0.7671644 to 0.9069401.
    #expect(try Reporting.page([Reporting.score("m", right: 85)]).contains("<small>76.7 to 90.7 %</small>"))
  }

  @Test("Figures are drawn of what varies, twice each, and of nothing else")
  func figures() throws {
    let lines = ["a", "b"].flatMap { model in
      [0.0, 30, 60].flatMap { angle in
        [0, 0.1].map { epsilon in
          Reporting.score(model, rotation: angle, epsilon: epsilon, right: 90 - Int(angle) - Int(epsilon * 100))
        }
      }
    }
    let page = try Reporting.page(lines)
    func headings(_ page: String) -> [String] {
      page.matches(of: /<figcaption>(.*)<\/figcaption>/).map { String($0.1) }
    }
    #expect(
      headings(page) == [
        "Accuracy against rotation", "Fooling rate against rotation", "Accuracy against epsilon",
        "Fooling rate against epsilon", "Accuracy over rotation and epsilon", "Spatial against adversarial robustness",
      ])
    #expect(page.components(separatedBy: "<svg ").count == 13)
    // One style sheet, and series that a reader can hide.
    #expect(page.components(separatedBy: "<style>").count == 2)
    #expect(page.contains("data-series=\"1\"") && page.contains("data-key=\"1\""))
    #expect(!page.contains("Read with care"))
    #expect(headings(try Reporting.page([Reporting.score("a", right: 5)])).isEmpty)
    let epochs = (1...2).map {
      EpochRecord(
        epoch: $0, epochs: 2, learningRate: 0.1, rotation: 0, translation: 0, epsilon: 0, loss: 1, accuracy: 0.5,
        imagesPerSecond: 1, seconds: 1
      ).line
    }
    #expect(headings(try Reporting.page(epochs)) == ["Training"])
    let nearest = (0..<9).map {
      Reporting.prediction($0, perturbed: 1, distance: Float($0), attack: "ddn", epsilon: nil)
    }
    #expect(headings(try Reporting.page(nearest)) == ["Accuracy against the nearest image that fools"])
  }

  @Test("What cannot be drawn is told in place of the figure")
  func undrawn() throws {
    let lines = (0..<30).flatMap { model in
      [0.0, 30].map { Reporting.score("model-\(model)", rotation: $0, right: 60 + model) }
    }
    let page = try Reporting.page(lines)
    #expect(
      page.contains("Accuracy against rotation is not drawn: 30 lines in one figure, at most 21 can be told apart"))
  }

  @Test(
    "What a reader should know comes first: signs, failures, zero gradients, errors, missing images, broken promises")
  func cautions() throws {
    let setting = Setting(model: "m", attack: "pgd", norm: "linf", epsilon: 0.1)
    let diagnosis = DiagnosisRecord(
      setting: setting, count: 128,
      indicators: [
        .init("zero-gradients", 0.5, above: 0.01, advice: "take --loss margin"),
        .init("silent-success", 0.01, above: 0.1, advice: "never said"),
      ])
    let page = try Reporting.page([
      diagnosis.line, ErrorRecord(code: "data", message: "bad image").line,
      Reporting.prediction(3, parameters: .object([.init("loss", .string("cross-entropy"))]), zeroGradient: true),
      Reporting.prediction(4, perturbed: 1, failure: "no finite gradient"), Reporting.prediction(3, attack: "fgsm"),
    ])
    let care = try #require(page.components(separatedBy: "<h2>").dropFirst().first)
    #expect(care.hasPrefix("Read with care"))
    for text in [
      "m, pgd linf, epsilon 0.1: zero-gradients is 0.5, above 0.01: take --loss margin", "bad image",
      "failed for 1 of 1 images: no finite gradient", "try --loss margin",
      "Images are missing in 3 settings, up to 99999",
    ] { #expect(care.contains(HTMLText.escaped(text)), "\(text)") }
    #expect(!care.contains("never said"))
    // All signs are in their table, those that are sound without advice.
    #expect(page.contains("silent-success") && !page.contains("never said") && page.contains("suspicious"))
  }

  @Test("Models say how they were made, runs what was run; others that nothing is known of them")
  func origins() throws {
    let digest = String(repeating: "a1", count: 32)
    let run = RunRecord(tool: "cusp-train", version: "0.1.0", arguments: ["--output", "it's mine.h5"], seed: "7")
    let page = try Reporting.page([run.line, Reporting.score(digest, right: 5), Reporting.score("other", right: 6)]) {
      $0.models = [
        .init(
          path: "runs/n.h5", digest: digest, architecture: "vgg16", classNames: [],
          commands: ["cusp-train --arch vgg16  # 0.1.0"])
      ]
      $0.title = "Mine"
      $0.sources = ["a", "b"]
    }
    #expect(
      page.contains("<title>Mine</title>") && page.contains("<h1>Mine</h1>") && page.contains("3 records of a, b."))
    #expect(page.contains("<pre>cusp-train --arch vgg16  # 0.1.0</pre>") && page.contains("vgg16, digest \(digest)"))
    #expect(page.contains("<pre>cusp-train --output &#39;it&#39;\\&#39;&#39;s mine.h5&#39;  # 0.1.0, seed 7</pre>"))
    #expect(page.contains("<li class=\"digest\">other</li>") && page.contains("<span>n.h5</span>"))
  }

  @Test("Nothing is fetched, records hold no markup, and the same facts give the same bytes")
  func hostile() throws {
    let name = "</pre></style><script>alert(1)</script>\"'&\u{1B}\u{202E}"
    let lines = [
      Reporting.score(name, right: 5), ErrorRecord(code: name, message: name).line,
      RunRecord(tool: name, version: name, arguments: [name], seed: "0").line,
      Reporting.prediction(0, perturbed: 1, attack: name, model: name),
      Reporting.prediction(0, perturbed: 1, attack: "none", epsilon: 0, rotation: 3, model: name),
    ]
    func change(_ report: inout Report) {
      report.title = name
      (report.notes, report.sources) = ([name], [name])
      report.models = [.init(path: name, digest: nil, architecture: name, classNames: [name], commands: [name])]
    }
    let page = try Reporting.page(lines, change)
    #expect(page.components(separatedBy: "<script>").count == 2 && page.components(separatedBy: "</style>").count == 2)
    #expect(!page.contains("\u{1B}") && !page.contains("\u{202E}"))
    #expect(try Reporting.page(lines, change) == page)
    let addresses = page.matches(of: /(?:src|href)="([^"]*)"/).map { $0.1 }
    #expect(addresses.count == 3 && addresses.allSatisfy { $0.hasPrefix("data:") })
    #expect(!page.contains("url(") && !page.contains("@import"))
    #expect(page.contains("default-src 'none'"))
  }

  @Test("The script weighs less than 15 kB, and what a page without figures weighs in all, less than 20")
  func weight() throws {
    #expect(Page.script.utf8.count < 15_000)
    #expect(try Reporting.page([Reporting.score("a", right: 5)]).utf8.count < 20_000)
  }

  @Test("Of many sources the first are named, and how many more there are")
  func sources() throws {
    func introduction(_ count: Int) throws -> Bool {
      let names = (0..<count).map { "f\($0)" }
      let page = try Reporting.page([Reporting.score("a", right: 5)]) { $0.sources = names }
      return page.contains("1 record of \(names.prefix(12).joined(separator: ", "))\(count > 12 ? " and 3 more" : "").")
    }
    for count in [1, 12, 15] { #expect(try introduction(count)) }
  }

  @Test("Where nothing was measured there is no report")
  func nothing() {
    let failure = #expect(throws: Failure.self) { try Reporting.page([ErrorRecord(code: "data", message: "x").line]) }
    #expect(failure?.kind == .data && failure?.message.hasSuffix("there is nothing to report") == true)
  }

  @Test("The table travels along as comma-separated values, quoted where that is needed")
  func commaSeparated() throws {
    let page = try Reporting.page([Reporting.score("a, \"b\"", rotation: 30, right: 50)])
    let encoded = try #require(page.firstMatch(of: /download="summary.csv" href="data:text\/csv;base64,([^"]*)"/)).1
    let text = String(decoding: try #require(Data(base64Encoded: String(encoded))), as: UTF8.self)
    #expect(
      text
        == "model,data,attack,norm,epsilon,rotation,translation,also,images,natural accuracy,accuracy,fooling rate\r\n"
        + "\"a, \"\"b\"\"\",digits test,none,,,30,0,,100,1.0,0.5,0.5\r\n")
  }
}

/// What a page makes of text.
enum HTMLText {
  static func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
      .replacingOccurrences(of: "'", with: "&#39;")
  }
}
