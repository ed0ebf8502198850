import Foundation
import Records
import TestSupport
import Testing

/// `--progress`: what programs say on standard error to programs that started them.
@Suite struct ProgressTests {
  /// The records on standard error, each as its schema allows.
  private func told(_ errors: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> [JSON] {
    #expect(RecordSchemas.problems(inOutput: errors) == [], sourceLocation: sourceLocation)
    return try errors.split(separator: "\n").map { try JSON(parsing: String($0)) }
  }

  @Test("Training tells each epoch's end with the numbers of its record, and its output is what it is without")
  func training() throws {
    try Fixture.withTemporaryFolder { folder in
      let command = "cusp-train --epochs 3 --limit 96 --threads 1 --force --output m.h5"
      let outcome = try bash("\(command) --progress json", folder: folder)
      #expect(outcome.problems == [])
      let epochs = try outcome.records().filter { $0["type"]?.string == "epoch" }
      let ends = try told(outcome.errors).filter { $0["fraction"]?.number == 1 }
      #expect(ends.map { $0["label"]?.string } == ["epoch 1/3", "epoch 2/3", "epoch 3/3"])
      #expect(ends.map { $0["loss"] } == epochs.map { $0["loss"] } && epochs.count == 3)
      #expect(ends.map { $0["accuracy"] } == epochs.map { $0["accuracy"] })
      #expect(ends.allSatisfy { $0["images"]?.integer == 96 && $0["program"]?.string == "cusp-train" })
      // As text the same is a line an epoch; without progress nothing is left.
      let text = try bash(command, folder: folder)
      for (line, end) in zip(text.errors.split(separator: "\n").suffix(3), ends) {
        let told = try #require(end["details"]?.string?.split(separator: ",").prefix(2).joined(separator: ","))
        #expect(line.hasPrefix("cusp-train: \(end["label"]?.string ?? ""): \(told), "), "\(line)")
      }
      let none = try bash("\(command) --progress none", folder: folder)
      #expect(none.errors.split(separator: "\n").allSatisfy { $0.contains("without oneDNN") })
    }
  }

  @Test("Records of a task are a second apart, the first comes after one, and they end with a whole one")
  func pace() throws {
    let model = try TrainedModel.digits.get().path
    let attack = "cusp-attack '\(model)' --split train --steps 150 --step-size 0.01 --epsilon 0.1,0.2 --threads 1"
    let tasks = try told(bash("\(attack) --progress json > /dev/null").errors).filter { $0["label"] != nil }
    let seconds = try tasks.map { try #require($0["seconds"]?.number) }
    let fractions = try tasks.map { try #require($0["fraction"]?.number) }
    #expect(tasks.allSatisfy { $0["label"]?.string == "pgd digits" } && fractions.last == 1)
    for (place, fraction) in fractions.enumerated() where fraction < 1 {
      let isFirst = place == 0 || fractions[place - 1] == 1
      // The clock is read a moment later for the record than for the decision.
      #expect(seconds[place] - (isFirst ? 0 : seconds[place - 1]) > 0.95)
      let images = try #require(tasks[place]["images"]?.integer)
      #expect(fraction == Double(images) / 1437)
    }
  }

  @Test("Notes and failures are records, too, and the text is what it is without")
  func notesAndFailures() throws {
    let model = try TrainedModel.digits.get().path
    for (command, types, status) in [
      ("cusp-attack '\(model)' --limit 2 --steps 10 --step-size 0.01", ["note", "progress"], 0),
      ("cusp-attack none.h5", ["failure"], 66), ("cusp-attack '\(model)' --epsilon two", ["failure"], 64),
      ("cusp-inspect --frobnicate", ["failure"], 64), ("cusp-fooling-rate < /dev/null", ["failure"], 65),
      (#"echo '{"type":"error","v":1,"code":"data","message":"lost"}' | cusp-fooling-rate"#, ["note", "failure"], 65),
      ("cusp-data make digits /dev/null/x.npz", ["failure"], 73), ("cusp folling-rate", ["failure"], 64),
      ("cusp inspect none.h5", ["failure"], 66),
    ] as [(String, [String], Int32)] {
      let outcome = try bash("\(command) --progress=json | cat > /dev/null")
      #expect(outcome.status == status, "\(command)")
      let records = try told(outcome.errors).filter { $0["text"]?.string?.contains("without oneDNN") != true }
      #expect(records.map { $0["type"]?.string } == types, "\(command): \(outcome.errors)")
      #expect(records.last?["status"]?.integer == (status == 0 ? nil : Int(status)))
      let lines = try bash("\(command) | cat > /dev/null").errors.split(separator: "\n")
        .filter { !$0.contains("without oneDNN") }
      for (line, record) in zip(lines, records) where record["type"]?.string != "progress" {
        #expect(line == "\(record["program"]?.string ?? ""): \(record["text"]?.string ?? "")")
      }
      #expect(lines.count == records.count, "\(command)")
    }
  }

  @Test("To be quiet and to tell everything contradict each other, which is one line")
  func contradiction() throws {
    for options in ["--quiet --progress json", "--progress json -q"] {
      let outcome = try bash("cusp-fooling-rate \(options) < /dev/null")
      #expect(outcome.status == 64)
      let text =
        "--quiet leaves out what --progress json writes: leave one of them out; see cusp-fooling-rate --help"
      #expect(try told(outcome.errors).map { $0["text"]?.string } == [text])
    }
    let quiet = try bash("cusp-fooling-rate --quiet --progress none < '\(Fixture.path("records/predictions.ndjson"))'")
    #expect(quiet.status == 0 && quiet.errors.isEmpty)
    let unknown = try bash("cusp-fooling-rate --progress xml < /dev/null")
    #expect(unknown.status == 64 && unknown.errors.hasPrefix("cusp-fooling-rate: The value 'xml' is invalid for"))
  }

  @Test("The option may stand before a verb")
  func beforeVerb() throws {
    for options in ["--progress json", "--progress=json"] {
      let outcome = try bash("cusp \(options) fooling-rate < /dev/null")
      #expect(outcome.status == 65)
      #expect(try told(outcome.errors).map { $0["program"]?.string } == ["cusp-fooling-rate"])
      let fetch = try bash("cusp-data fetch nothing \(options)")
      #expect(fetch.status == 64 && fetch.errors.hasPrefix(#"{"type":"failure","#))
    }
  }

  @Test("A program that is stopped says so in its last record, and a terminal sees nothing but records")
  func stopped() throws {
    try Fixture.withTemporaryFolder { folder in
      let outcome = try bash(
        """
        cusp-train --progress json --epochs 200 --limit 640 --save-every 1 --output m.h5 2> errors > /dev/null & process=$!
        until [ -e m.h5 ]; do sleep 0.01; done
        kill $process
        wait $process
        """, folder: folder)
      #expect(outcome.status == 143)
      let last = try #require(try told(String(contentsOfFile: "\(folder)/errors", encoding: .utf8)).last)
      #expect(last["type"]?.string == "note" && last["text"]?.string?.hasPrefix("SIGTERM in epoch ") == true)

      let words = ["--progress", "json", "--format", "ndjson", "--epochs", "1", "--limit", "64", "--output", "n.h5"]
      let terminal = try PseudoTerminal(["\(BuiltTool.folder)/cusp-train"] + words, folder: folder)
      let (text, status) = try terminal.finish()
      #expect(status == 0)
      #expect(text.split(separator: "\r\n").allSatisfy { $0.hasPrefix("{\"type\":") && $0.hasSuffix("}") }, "\(text)")
    }
  }
}
