import Checkpoints
import Foundation
import Records
import TestSupport
import Testing

/// Curricula that grow and mixtures of turning and attacking, as the program takes them.
@Suite struct MixtureToolTests {
  private func run(_ arguments: String, in folder: String) throws -> BuiltTool.Outcome {
    try BuiltTool("cusp-train").run(arguments.split(separator: " ").map(String.init), folder: folder)
  }

  @Test("A curriculum that grows has a stage an epoch, in the table and in the file")
  func growing() throws {
    try Fixture.withTemporaryFolder { folder in
      let curriculum = """
        {"epochs":3,"growth":"linear","stages":[{"from":1,"method":"pgd","rotation":0,"epsilon":0.1,"steps":1},
        {"from":3,"method":"pgd","rotation":30,"epsilon":0.3,"steps":1}]}
        """
      try Data(curriculum.utf8).write(to: URL(fileURLWithPath: "\(folder)/c.json"))
      let recipe = "--quiet --threads 1 --limit 64 --curriculum c.json --epochs 3"
      let outcome = try run("\(recipe) --output m.h5 --keep 1", in: folder)
      let epochs = try outcome.records().filter { $0["type"]?.string == "epoch" }
      #expect(epochs.map { $0["rotation"]?.number } == [0, 15, 30])
      #expect(epochs.map { $0["epsilon"]?.number } == [0.1, 0.2, 0.3])
      #expect(try run("\(recipe) --resume m-epoch1.h5", in: folder).problems.isEmpty)
      let files = try ["m", "m-epoch1"].map { try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0).h5")) }
      #expect(files[0] == files[1])
    }
  }

  @Test("Stages that end early are in the records, and go on from any epoch; what cannot end is refused")
  func adapting() throws {
    try Fixture.withTemporaryFolder { folder in
      func write(_ first: String, _ last: String = "") throws {
        let text = """
          {"epochs":4,"stages":[{"from":1,"method":"pgd","rotation":10,"epsilon":0.1,"steps":1\(first)},
          {"from":4,"method":"pgd","rotation":20,"epsilon":0.2,"steps":1\(last)}]}
          """
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/c.json"))
      }
      try write(#","until":0"#)
      let recipe = "--quiet --threads 1 --limit 96 --curriculum c.json --epochs 4"
      let held = "--keep-best robust --validation 32"
      let outcome = try run("\(recipe) \(held) --output m.h5 --keep 1,2", in: folder)
      #expect(outcome.problems.isEmpty)
      let epochs = try outcome.records().filter { $0["type"]?.string == "epoch" }
      #expect(epochs.map { $0["rotation"]?.number } == [10, 20, 20, 20])
      for epoch in [1, 2] {
        #expect(try run("\(recipe) \(held) --resume m-epoch\(epoch).h5", in: folder).problems.isEmpty)
        let files = try ["m", "m-epoch\(epoch)"].map {
          try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0).h5"))
        }
        #expect(files[0] == files[1])
      }
      let message = "cusp-train: curriculum: what ends a stage is measured on images held out: give --keep-best, "
      #expect(try run(recipe, in: folder).errors.hasPrefix(message))
      for (first, last, problem) in [
        (#","until":2"#, "", "c.json: stage 1: `until` is neither a number of 0 to 1"),
        (#","patience":0"#, "", "c.json: stage 1: `patience` is not a whole number of 1 to"),
        ("", #","patience":1"#, "c.json: the last stage: no other follows its end; leave out `until` and `patience`"),
      ] {
        try write(first, last)
        let refused = try run("\(recipe) \(held)", in: folder)
        #expect(refused.status == 65 && refused.errors.hasPrefix("cusp-train: \(problem)"), "\(refused.errors)")
      }
    }
  }

  @Test("Every mixture is another training, told in the table and in the file")
  func mixtures() throws {
    try Fixture.withTemporaryFolder { folder in
      let recipe = "--threads 1 --limit 64 --epochs 1 --method pgd --rotation 30 --epsilon 0.1 --steps 2"
      var digests: Set<String> = []
      for mixture in ["composed", "alternating", "random", "maximum", "average"] {
        let mixed = "\(recipe) --mixture \(mixture)"
        #expect(try run("\(mixed) --quiet --output \(mixture).h5", in: folder).problems.isEmpty)
        let checkpoint = try Checkpoint(reading: "\(folder)/\(mixture).h5")
        digests.insert(checkpoint.digest)
        let isNamed = checkpoint.documents.configuration.hasSuffix(#","mixture":"\#(mixture)"}"#)
        #expect(isNamed == (mixture != "composed"))
        let table = try run("\(mixed) --print-curriculum", in: folder).text
        #expect(table.contains("pgd, \(mixture) ") == (mixture != "composed"))
      }
      #expect(digests.count == 5)
      #expect(try run("\(recipe) --quiet --output plain.h5", in: folder).problems.isEmpty)
      let files = try ["plain", "composed"].map { try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0).h5")) }
      #expect(files[0] == files[1])
    }
  }
}
