import Checkpoints
import Foundation
import Records
import TestSupport
import Testing

/// Training, attack and fooling rate as one pipe, and what goes wrong in one.
@Suite struct ModelPipeTests {
  @Test("The pipe gives one record")
  func pipe() throws {
    try Fixture.withTemporaryFolder { folder in
      let outcome = try bash(
        """
        cusp-train --quiet --epochs 1 --limit 256 --output m.h5 |
          cusp-attack --quiet --epsilon 0.2 --steps 5 --step-size 0.05 --limit 50 | cusp-fooling-rate
        """, folder: folder)
      #expect(outcome.problems.isEmpty)
      #expect(outcome.errors.isEmpty)
      let records = try outcome.records()
      #expect(records.count == 1)
      #expect(records[0]["type"]?.string == "fooling-rate")
      #expect(records[0]["count"]?.integer == 50)
      #expect(records[0]["model"]?.string == (try Checkpoint(reading: "\(folder)/m.h5").digest))
    }
  }

  @Test("Every checkpoint of a stream is attacked")
  func everyCheckpoint() throws {
    try Fixture.withTemporaryFolder { folder in
      let outcome = try bash(
        """
        cusp-train --quiet --epochs 2 --limit 64 --keep 1 --output m.h5 |
          cusp-attack --quiet --fgsm --limit 10 | cusp-fooling-rate
        """, folder: folder)
      #expect(outcome.problems.isEmpty)
      #expect(Set(try outcome.records().map { $0["model"]?.string }).count == 2)
    }
  }

  @Test("When data are missing every program that fails says one line, and the pipe fails")
  func missingData() throws {
    try Fixture.withTemporaryFolder { folder in
      let outcome = try bash(
        "cusp-train --data mnist:/nonexistent | cusp-attack --pgd | cusp-fooling-rate; echo ${PIPESTATUS[@]}",
        folder: folder)
      #expect(outcome.text == "66 65 65\n")
      let lines = Set(outcome.errors.split(separator: "\n").map(String.init))
      #expect(lines.count == 3)
      #expect(lines.contains { $0.hasPrefix("cusp-train: /nonexistent") })
      #expect(
        lines.contains(
          "cusp-attack: no checkpoint on stdin; see what the program before it said, or name a model file"))
      #expect(lines.contains("cusp-fooling-rate: no prediction records on stdin; see what the program before it said"))
    }
  }

  @Test("A checkpoint that was replaced after it was announced is refused")
  func replaced() throws {
    try Fixture.withTemporaryFolder { folder in
      let train = "cusp-train --quiet --epochs 1 --limit 64 --output m.h5"
      let outcome = try bash(
        "\(train) > records && \(train) --seed 1 --force > others && cusp-attack < records", folder: folder)
      #expect(outcome.status == 65)
      #expect(outcome.output.isEmpty)
      func digest(_ name: String) throws -> String {
        let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
        let record = try JSON(parsing: String(try #require(text.split(separator: "\n").last)))
        return try #require(record["digest"]?.string)
      }
      #expect(
        outcome.errors
          == "cusp-attack: \(folder)/m.h5: holds model \(try digest("others").prefix(12)), its record announced "
          + "\(try digest("records").prefix(12)): it was replaced since\n")
    }
  }

  @Test("A full disk behind standard output is noticed")
  func fullOutput() throws {
    let model = try TrainedModel.digits.get().path
    for tool in ["cusp-attack --fgsm --limit 5", "cusp-attack --fgsm", "cusp-evaluate"] {
      let outcome = try bash("\(tool) '\(model)' --quiet > /dev/full")
      #expect(outcome.status == 74)
      let name = tool.prefix { $0 != " " }
      #expect(
        outcome.errors == "\(name): stdout: No space left on device; what was written so far is incomplete\n")
    }
  }

  @Test("A reader that has seen enough ends the program quietly")
  func satisfiedReader() throws {
    let model = try TrainedModel.digits.get().path
    let outcome = try bash("cusp-attack --fgsm '\(model)' --quiet | head -n 1")
    #expect([0, 141].contains(outcome.status))
    #expect(outcome.errors.isEmpty)
    #expect(try outcome.records().count == 1)
  }

  /// Whether this process may mount file systems.
  private static let canMount: Bool = {
    guard geteuid() == 0 else { return false }
    let mount = "mount -t tmpfs -o size=64k none . && umount -l \"$PWD\""
    return (try? Fixture.withTemporaryFolder { try bash(mount, folder: $0).status == 0 }) ?? false
  }()

  @Test(
    "On a full disk training fails and the earlier checkpoint stays",
    .enabled(if: canMount, "needs the right to mount a file system"))
  func fullDisk() throws {
    try Fixture.withTemporaryFolder { folder in
      #expect(try bash("mount -t tmpfs -o size=512k none '\(folder)'").status == 0)
      defer { _ = try? bash("umount -l '\(folder)'") }
      // One model file fits, a second one beside it does not.
      let train = "cusp-train --quiet --epochs 1 --limit 64 --output m.h5"
      #expect(try bash(train, folder: folder).problems.isEmpty)
      let before = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/m.h5"))
      let outcome = try bash("\(train) --seed 1 --force", folder: folder)
      #expect([73, 74].contains(outcome.status))
      #expect(outcome.errors.hasPrefix("cusp-train: m.h5: "))
      #expect(outcome.errors.count { $0 == "\n" } == 1)
      #expect(try outcome.records().allSatisfy { $0["type"]?.string != "checkpoint" })
      #expect(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/m.h5")) == before)
      #expect(try Checkpoint(reading: "\(folder)/m.h5").progress.epoch == 1)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["m.h5"])
    }
  }
}
