import Foundation
import Records
import TestSupport
import Testing

/// What people see of programs at a terminal.
@Suite struct TerminalToolTests {
  /// What the program `words` shows at a terminal of so many columns, bars left out, and its status.
  private func show(
    _ words: [String], folder: String, columns: UInt16 = 80
  ) throws -> (lines: [String], text: String, status: Int32) {
    let words = ["\(BuiltTool.folder)/\(words[0])"] + words.dropFirst()
    let (text, status) = try PseudoTerminal(words, folder: folder, columns: columns).finish()
    // A bar is drawn over by what comes after a carriage return and the sequence that clears the line.
    let lines = text.components(separatedBy: "\r\n").map { $0.components(separatedBy: "\r\u{1B}[K").last ?? "" }
    return (lines.filter { !$0.isEmpty }, text, status)
  }

  @Test("Training tells an epoch a line and the model's file, and no record")
  func training() throws {
    try Fixture.withTemporaryFolder { folder in
      let arguments = ["--epochs", "2", "--limit", "64", "--seed", "3", "--output", "m.h5"]
      let shown = try show(["cusp-train"] + arguments, folder: folder, columns: 120)
      #expect(shown.status == 0)
      #expect(!shown.text.contains("{\""))
      #expect(shown.lines.count == 4, "\(shown.lines)")
      #expect(shown.lines.first == "digits-cnn, 64 images of digits, 2 epochs, seed 3")
      for (epoch, line) in shown.lines.dropFirst().prefix(2).enumerated() {
        #expect(line.hasPrefix("epoch \(epoch + 1)/2: loss ") && line.contains(", accuracy "), "\(line)")
      }
      #expect(shown.lines.last?.contains("/m.h5, digest ") == true)
      #expect(shown.lines.last?.hasPrefix("model of epoch 2: /") == true)
      // A run that is over says where its model is, and nothing else of it.
      let resumed = try show(["cusp-train", "--resume", "m.h5"], folder: folder, columns: 120)
      #expect(resumed.lines == [shown.lines.first, shown.lines.last].compactMap(\.self))
    }
  }

  @Test("Records come where they are asked for, at a terminal, too, and lines elsewhere")
  func formats() throws {
    try Fixture.withTemporaryFolder { folder in
      let arguments = ["cusp-train", "--quiet", "--epochs", "1", "--limit", "64", "--force", "--output", "m.h5"]
      let records = try show(arguments + ["--format", "ndjson"], folder: folder)
      #expect(
        records.lines.map { $0.prefix(14) }
          == ["{\"type\":\"run\",\"", "{\"type\":\"epoch\"", "{\"type\":\"check"].map { $0.prefix(14) })
      let lines = try bash(arguments.joined(separator: " ") + " --format text", folder: folder)
      #expect(lines.errors.isEmpty)
      #expect(lines.text.hasPrefix("digits-cnn, 64 images of digits, 1 epoch, seed 0\nepoch 1/1: loss "))
      let refused = try bash(arguments.joined(separator: " ") + " --format csv", folder: folder)
      #expect(refused.status == 64)
      #expect(
        refused.errors == "cusp-train: --format csv: a run has records of several kinds; take text or ndjson\n")
      // Open MPI gives every rank a terminal that nobody sees.
      let tool = "\(BuiltTool.folder)/cusp-train"
      let words = ["/usr/bin/env", "OMPI_COMM_WORLD_SIZE=2", tool] + arguments.dropFirst()
      #expect(try PseudoTerminal(words, folder: folder, columns: 80).finish().0.hasPrefix("{\"type\":\"run\""))
    }
  }

  @Test("An attack ends with a table that fits the terminal, and shows its accuracy on the way")
  func attack() throws {
    let model = try TrainedModel.digits.get().path
    let arguments = ["cusp-attack", model, "--fgsm", "--epsilon", "0.1,0.2", "--limit", "50"]
    let shown = try show(arguments, folder: "/tmp")
    #expect(shown.status == 0)
    #expect(!shown.text.contains("{\""))
    #expect(shown.lines.allSatisfy { $0.count <= 80 }, "\(shown.lines)")
    #expect(shown.lines.contains { $0.hasPrefix("epsilon  natural  accuracy") || $0.contains("  epsilon  ") })
    #expect(shown.lines.contains { $0.hasPrefix("in all rows: ") && $0.contains("translation 0") })
    #expect(shown.text.contains("accuracy "))
    // The table is that of the records.
    let piped = try bash(
      "cusp-attack '\(model)' --quiet --fgsm --epsilon 0.1,0.2 --limit 50 | cusp-fooling-rate --format text")
    let direct = try bash("cusp-attack '\(model)' --quiet --fgsm --epsilon 0.1,0.2 --limit 50 --format text")
    #expect(direct.text == piped.text && direct.status == 0)
  }

  @Test("What holds logits or a trace is records, at a terminal, too", arguments: ["--logits", "--trace"])
  func records(option: String) throws {
    let model = try TrainedModel.digits.get().path
    let arguments = ["cusp-attack", model, "--quiet", "--fgsm", "--limit", "2", option]
    #expect(try show(arguments, folder: "/tmp").lines.allSatisfy { $0.hasPrefix("{\"type\":") })
    let refused = try bash(arguments.joined(separator: " ") + " --format csv")
    #expect(refused.status == 64)
    #expect(
      refused.errors
        == "cusp-attack: --format csv: is a summary, \(option) is of records; take one; see cusp-attack --help\n")
  }

  @Test("Tables of scores fit, and a comparison is turned where that makes it fit")
  func evaluation() throws {
    let model = try TrainedModel.digits.get().path
    try Fixture.withTemporaryFolder { folder in
      try FileManager.default.copyItem(atPath: model, toPath: "\(folder)/m.h5")
      let arguments = ["cusp-evaluate", "--quiet", "m.h5", "--limit", "20", "--rotation", "0:60:15"]
      let scores = try show(arguments, folder: folder)
      #expect(scores.lines.count >= 6 && scores.lines.allSatisfy { $0.count <= 80 }, "\(scores.lines)")
      #expect(scores.lines.first?.contains("rotation") == true)
      let comparison = try show(arguments + ["--compare"], folder: folder)
      #expect(comparison.lines.allSatisfy { $0.count <= 80 }, "\(comparison.lines)")
      #expect(comparison.lines.contains { $0.hasPrefix("rotation 15 ") })
      let wide = try show(arguments + ["--compare"], folder: folder, columns: 200)
      #expect(wide.lines.contains { $0.hasPrefix("model ") && $0.contains("  rotation 15  ") })
    }
  }

  @Test("Examples in help do not break in the middle", arguments: OutputWalkTests.programs)
  func help(program: OutputWalkTests.Program) throws {
    let help = try show([program.name, "--help"], folder: "/tmp").lines
    let start = try #require(help.firstIndex(of: "EXAMPLES:"))
    var isContinued = false
    for line in help[(start + 1)...].prefix(while: { $0.hasPrefix("  ") }) {
      #expect(line.count <= 79, "\(line)")
      #expect(isContinued == line.hasPrefix("      "), "\(line)")
      isContinued = line.hasSuffix(" \\")
    }
    #expect(!isContinued)
  }
}

/// `--format csv`, `tsv` and `json` of every program that prints tables.
@Suite struct TableFormatTests {
  private func records(_ text: String) throws -> [JSON] {
    try text.split(separator: "\n").map { try JSON(parsing: String($0)) }
  }

  @Test("A list of records holds what the records hold")
  func lists() throws {
    let model = try TrainedModel.digits.get().path
    for command in [
      "cusp-evaluate --quiet --limit 10 --epsilon 0,0.1 '\(model)'", "cusp-inspect '\(model)'",
      "cusp-diff '\(model)' '\(model)'", "cusp-fooling-rate '\(Fixture.path("records/predictions.ndjson"))'",
    ] {
      let lines = try bash("\(command) --format ndjson")
      let list = try bash("\(command) --format json")
      #expect(lines.status == 0 && list.status == 0, "\(command): \(list.errors)")
      #expect(try JSON(parsing: list.text).array == records(lines.text), "\(command)")
    }
  }

  @Test("Comma-separated and tab-separated values have a row a record, in the order of the records")
  func rows() throws {
    let file = Fixture.path("records/predictions.ndjson")
    let rates = try records(bash("cusp-fooling-rate '\(file)'").text)
    for (format, separator) in [("csv", ","), ("tsv", "\t")] {
      let lines = try bash("cusp-fooling-rate --format \(format) '\(file)'").text.split(separator: "\n")
        .map { $0.components(separatedBy: separator) }
      #expect(lines.count == rates.count + 1)
      for (key, type) in [("rate", "number"), ("count", "number"), ("attack", "text"), ("epsilon", "number")] {
        let place = try #require(lines[0].firstIndex(of: key), "\(key) \(type)")
        for (line, rate) in zip(lines.dropFirst(), rates) {
          let value = rate[key]
          #expect(line[place] == (value == .null ? "" : value?.string ?? value?.text), "\(key)")
        }
      }
    }
  }

  @Test("A comparison is a row a model with two shares a setting")
  func comparison() throws {
    let model = try TrainedModel.digits.get().path
    try Fixture.withTemporaryFolder { folder in
      _ = try bash("cp '\(model)' a.h5; cp a.h5 b,c.h5", folder: folder)
      let command = "cusp-evaluate --quiet a.h5 b,c.h5 --limit 20 --epsilon 0.1 --compare"
      let rows = try bash("\(command) --format csv", folder: folder).text.split(separator: "\n").map(String.init)
      #expect(rows.first == "model,count,natural_accuracy,pgd 0.1.accuracy,pgd 0.1.fooling_rate")
      #expect(rows.dropFirst().map { $0.prefix(7) } == ["a.h5,20", "\"b,c.h5"])
      let list = try JSON(parsing: bash("\(command) --format json", folder: folder).text).array
      #expect(list?.map { $0["model"]?.string } == ["a.h5", "b,c.h5"])
      #expect(list?.first?["pgd 0.1"]?["accuracy"]?.number != nil)
    }
  }
}
