import Foundation
import Records
import TestSupport
import Testing

/// Runs that go on for longer, or that one command line begins and ends.
@Suite struct GoingOnTests {
  private let recipe = "cusp-train --quiet --limit 64 --threads 1 --average-weights 0.9 --seed 3"

  private func bytes(_ name: String, in folder: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
  }

  @Test("A finished run that goes on ends with the bytes of one that was longer from the start")
  func moreEpochs() throws {
    try Fixture.withTemporaryFolder { folder in
      let whole = try bash("\(recipe) --milestones 2 --epochs 4 --output whole.h5", folder: folder)
      let half = try bash("\(recipe) --milestones 2 --epochs 1 --output m.h5", folder: folder)
      let rest = try bash("cusp-train --quiet --resume m.h5 --epochs 4", folder: folder)
      #expect(whole.problems.isEmpty && half.problems.isEmpty && rest.problems.isEmpty, "\(rest.errors)")
      #expect(try bytes("m.h5", in: folder) == bytes("whole.h5", in: folder))
      // Each epoch is told once.
      let epochs = try [half, rest].flatMap { try $0.records() }.filter { $0["type"]?.string == "epoch" }
      #expect(epochs.map { $0["epoch"]?.integer } == [1, 2, 3, 4])
      // The file says so many epochs now, and goes on from there.
      #expect(try bash("cusp-train --quiet --resume m.h5", folder: folder).problems.isEmpty)
      #expect(try bytes("m.h5", in: folder) == bytes("whole.h5", in: folder))
      let fewer = try bash("cusp-train --quiet --resume m.h5 --epochs 2", folder: folder)
      #expect(fewer.status == 64)
      #expect(fewer.errors == "cusp-train: --resume m.h5: epochs is 4 there, not 2; leave it out\n")
    }
  }

  @Test(
    "Runs whose epochs would have been others are not made longer",
    arguments: [
      ("--schedule cosine", "its learning rate is made for its epochs"),
      ("--schedule one-cycle", "its learning rate is made for its epochs"),
      ("--method cusp", "its curriculum is made for its epochs"),
    ])
  func refusals(options: String, reason: String) throws {
    try Fixture.withTemporaryFolder { folder in
      #expect(try bash("\(recipe) --epochs 1 \(options) --output m.h5", folder: folder).problems.isEmpty)
      let before = try bytes("m.h5", in: folder)
      let outcome = try bash("cusp-train --quiet --resume m.h5 --epochs 2", folder: folder)
      #expect(outcome.status == 64)
      #expect(
        outcome.errors
          == "cusp-train: --resume m.h5: \(reason); leave out --epochs, or begin a run with --from\n")
      #expect(try bytes("m.h5", in: folder) == before)
    }
  }

  @Test("One command line begins a run, goes on with it and finds it finished")
  func resumeOrBegin() throws {
    try Fixture.withTemporaryFolder { folder in
      let command = "\(recipe) --milestones none --resume-or-begin m.h5 --epochs"
      #expect(try bash("\(recipe) --milestones none --epochs 2 --output whole.h5", folder: folder).problems.isEmpty)
      // An empty file, as `mktemp` makes it, is none to go on with.
      _ = try bash(": > m.h5", folder: folder)
      #expect(try bash("\(command) 1", folder: folder).problems.isEmpty)
      #expect(try bash("\(command) 2", folder: folder).problems.isEmpty)
      #expect(try bytes("m.h5", in: folder) == bytes("whole.h5", in: folder))
      let finished = try bash("\(command) 2", folder: folder)
      #expect(finished.problems.isEmpty)
      #expect(try finished.records().map { $0["type"]?.string } == ["run", "checkpoint"])
      #expect(try bytes("m.h5", in: folder) == bytes("whole.h5", in: folder))
    }
  }

  @Test(
    "What contradicts it is refused, and a file of something else is not written over",
    arguments: [
      ("--output n.h5", 64, "--resume-or-begin m.h5: is what is read and written; leave out --output"),
      ("--resume n.h5", 64, "--resume-or-begin m.h5: is what is read and written; leave out --resume"),
      ("", 65, "m.h5: "),
    ])
  func contradictions(options: String, status: Int32, message: String) throws {
    try Fixture.withTemporaryFolder { folder in
      _ = try bash("echo notes > m.h5", folder: folder)
      let outcome = try bash("\(recipe) --resume-or-begin m.h5 \(options)", folder: folder)
      #expect(outcome.status == status)
      #expect(outcome.errors.hasPrefix("cusp-train: \(message)"), "\(outcome.errors)")
      #expect(try bash("cat m.h5", folder: folder).text == "notes\n")
    }
  }
}
