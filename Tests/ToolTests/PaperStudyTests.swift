import Foundation
import Records
import TestSupport
import Testing

/// The study of tools/paper at its smallest, on the built-in digits.
@Suite("The study of the paper") struct PaperStudyTests {
  private func make(_ arguments: [String], in folder: String) throws -> BuiltTool.Outcome {
    let paper = Fixture.repository.appending(path: "tools/paper").path
    let settings = ["FOLDER=\(folder)", "CUSP=\(BuiltTool("cusp").path)"]
    return try BuiltTool(path: "/usr/bin/make").run(["--no-print-directory", "-C", paper] + settings + arguments)
  }

  private let smallest = [
    "SEEDS=1 2", "EPOCHS=4", "LIMIT=400", "IMAGES=8", "STRONG=2", "NEAR=40",
    "METHODS=natural rotation-180 pgd-0.2 cusp together alternating", "PARTS=a b c",
  ]

  @Test("It says a verdict a claim; the second time nothing is made again")
  func smoke() throws {
    try Fixture.withTemporaryFolder { folder in
      let first = try make(["-j2", "paper"] + smallest, in: folder)
      #expect(first.status == 0, "\(first.errors)")
      let claims = try String(contentsOfFile: "\(folder)/claims.ndjson", encoding: .utf8)
      #expect(RecordSchemas.problems(inOutput: claims) == [])
      let records = try claims.split(separator: "\n").map { try PaperClaimRecord(json: JSON(parsing: String($0))) }
      let names = Set(records.map(\.claim))
      #expect(names == Set(PaperClaimRecord.Claim.allCases))
      #expect(records.allSatisfy { $0.seeds == ["1", "2"] && $0.data == "digits" })
      let attacks = Set(records.flatMap { $0.settings.map(\.attack) })
      #expect(attacks == ["none", "pgd", "pma", "autoattack", "ddn", "minimal-apgd"])
      // Everything but what make was told to say.
      let table = first.text.split(separator: "\n").drop { !$0.hasPrefix("claim ") }
      #expect(table.count == records.count + 1)
      for name in ["figures/pareto.svg", "table.txt", "report.html"] {
        #expect(FileManager.default.fileExists(atPath: "\(folder)/digits-digits-cnn/\(name)"))
      }

      let second = try make(["-j2", "paper"] + smallest, in: folder)
      #expect(second.status == 0 && second.text.split(separator: "\n").elementsEqual(table))
      let part = try make(["models", "SHARD=2/3"] + smallest, in: folder)
      #expect(part.status == 0 && part.text.isEmpty)
    }
  }

  @Test("Data that are not there are skipped with a line, and a scale that is none is refused")
  func absent() throws {
    try Fixture.withTemporaryFolder { folder in
      let skipped = try make(["SCALE=small", "MNIST=\(folder)/none", "CIFAR=\(folder)/none"], in: folder)
      #expect(skipped.status == 0 && skipped.text.isEmpty)
      #expect(skipped.errors.hasPrefix("paper: no data for mnist-small-cnn mnist-p4cnn mnist-p4m-cnn cifar10-vgg16: "))
      #expect(skipped.errors.hasSuffix(": skipped; give MNIST=DIR or CIFAR=DIR\n"))
      let refused = try make(["SCALE=large"], in: folder)
      #expect(refused.status == 2 && refused.errors.contains("paper: SCALE=large: give smoke, small or full"))
    }
  }

  @Test("Every training of every study is one that cusp-train takes", arguments: ["smoke", "small", "full"])
  func recipes(scale: String) throws {
    let paper = Fixture.repository.appending(path: "tools/paper").path
    try Fixture.withTemporaryFolder { folder in
      for study in ["digits-digits-cnn", "mnist-small-cnn", "cifar10-vgg16"] {
        let planned = try BuiltTool(path: "/usr/bin/make").run([
          "-n", "--no-print-directory", "-C", paper, "-f", "paper.mk", "NAME=\(study)", "SCALE=\(scale)",
          "STUDY=\(folder)/study", "CUSP=\(BuiltTool("cusp").path)", "MNIST=none", "CIFAR=none", "SEEDS=1", "models",
        ])
        let lines = planned.text.split(separator: "\n").filter { $0.contains(" train --quiet ") }
        let least = study != "cifar10-vgg16" ? 16 : scale == "small" ? 5 : 12
        #expect(lines.count >= least, "\(scale) \(study)")
        for line in Set(lines) {
          let options = line.components(separatedBy: " --seed ")[0].components(separatedBy: " train --quiet ")[1]
          var words = options.split(separator: " ").map(String.init)
          // The recipe alone: of other data, which every machine has, for images of colour a set of them.
          for name in ["--data", "--arch", "--limit"] {
            if let place = words.firstIndex(of: name) { words.removeSubrange(place...place + 1) }
          }
          if study == "cifar10-vgg16" { words += ["--data", "folder:8:\(Self.colour(in: folder))"] }
          let outcome = try BuiltTool("cusp-train").run(words + ["--print-curriculum"], folder: paper)
          #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(options): \(outcome.errors)")
        }
      }
    }
  }

  @Test("The page's tables count the verdicts that their records hold", arguments: ["small", "smoke"])
  func results(scale: String) throws {
    let paper = Fixture.repository.appending(path: "tools/paper").path
    let lines = try String(contentsOfFile: "\(paper)/results/\(scale).ndjson", encoding: .utf8).split(separator: "\n")
    let records = try lines.map { try PaperClaimRecord(json: JSON(parsing: String($0))) }
    let verdicts = ["shown", "not shown", "contradicted"]
    let expected = Set(
      // One seed has no interval, and so no verdict.
      Dictionary(grouping: records.filter { $0.seeds.count > 1 }) {
        "| \($0.claim.rawValue.replacingOccurrences(of: "-", with: " ")) | `\($0.metric)` |"
      }
      .map { row, records in
        row + verdicts.map { verdict in " \(records.count { $0.verdict.rawValue == verdict }) |" }.joined()
      })
    let page = try String(contentsOfFile: "\(paper)/README.md", encoding: .utf8)
    let section = try #require(page.split(separator: "[\(records.count) records](results/\(scale).ndjson)").last)
    let found = section.split(separator: "\n").drop { !$0.hasPrefix("| claim") }.prefix { $0.hasPrefix("|") }
    #expect(found.dropFirst(2).count == expected.count && Set(found.dropFirst(2).map(String.init)) == expected)
  }

  @Test("The page's shares of right answers are those of the study's table")
  func shares() throws {
    let paper = Fixture.repository.appending(path: "tools/paper").path
    func cells(_ line: Substring) -> [String] {
      line.replacing(#/ {2,}/#, with: "\t").split(separator: "\t").map { $0.trimmingCharacters(in: .whitespaces) }
    }
    let lines = try String(contentsOfFile: "\(paper)/results/small-mnist-small-cnn.txt", encoding: .utf8)
      .split(separator: "\n")
    let methods = cells(try #require(lines.first))
    let columns = [
      "natural", "rotation 90, seed 0", "rotation 90, grid 1x1x31", "pgd 0.3", "autoattack 0.3", "rotation 90, pgd 0.3",
    ].map { setting in
      lines.map(cells).first { $0.first == setting }.map { Array($0.dropFirst()) } ?? []
    }
    let page = try String(contentsOfFile: "\(paper)/README.md", encoding: .utf8).split(separator: "\n")
    let rows = page.drop { !$0.hasPrefix("| trained by |") }.dropFirst(2).prefix { $0.hasPrefix("|") }
    #expect(rows.count == 16)
    for row in rows {
      let found = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      let method = found[0].trimmingCharacters(in: .init(charactersIn: "`"))
      let place = try #require(methods.firstIndex(of: "\(method).h5"))
      #expect(columns.map { $0[place].replacing(" %", with: "") } == Array(found.dropFirst()), "\(row)")
    }
  }

  /// A folder of two classes of coloured images.
  private static func colour(in folder: String) -> String {
    let place = "\(folder)/colour"
    for name in ["0", "1"] where !FileManager.default.fileExists(atPath: "\(place)/\(name)/x.png") {
      try? FileManager.default.createDirectory(atPath: "\(place)/\(name)", withIntermediateDirectories: true)
      try? FileManager.default.copyItem(atPath: Fixture.path("images/rgb-8.png"), toPath: "\(place)/\(name)/x.png")
    }
    return place
  }
}
