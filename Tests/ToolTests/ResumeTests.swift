import Checkpoints
import Foundation
import Networks
import Records
import Tensors
import TestSupport
import Testing

/// Nothing is lost: a run that was stopped, however, ends with the bytes of one that was not.
@Suite struct ResumeTests {
  private let tool = BuiltTool("cusp-train")
  private let recipe = """
    --quiet --epochs 6 --limit 640 --method pgd --epsilon 0.1 --steps 2 --threads 1 --label-smoothing 0.1 \
    --clip-gradient 1 --average-weights 0.9 --keep-best robust --validation 0.1
    """

  private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

  /// Runs `recipe` with `more` in `folder` and expects it to go well.
  private func train(_ more: String, in folder: String) throws -> BuiltTool.Outcome {
    let outcome = try tool.run("\(recipe) \(more)".split(separator: " ").map(String.init), folder: folder)
    #expect(outcome.problems.isEmpty)
    return outcome
  }

  @Test(
    "A signal saves in the midst of an epoch and leaves with its status; the resumed run ends with the same bytes",
    arguments: [("INT", 130), ("TERM", 143), ("USR1", 75)])
  func signals(signal: String, status: Int) throws {
    try Fixture.withTemporaryFolder { folder in
      let whole = try train("--output whole.h5", in: folder)
      // The file of the first save says that the run is on its way.
      let stopped = try bash(
        """
        cusp-train \(recipe) --output m.h5 --save-every 1 2> errors & process=$!
        until [ -e m.h5 ]; do sleep 0.01; done
        kill -\(signal) $process
        wait $process
        """, folder: folder)
      #expect(Int(stopped.status) == status)
      #expect(RecordSchemas.problems(inOutput: stopped.text).isEmpty)
      #expect(try bytes("\(folder)/errors").isEmpty)
      let progress = try Checkpoint.summary(path: "\(folder)/m.h5").progress
      #expect(progress.epoch < 6)
      #expect(Set(progress.sums.keys) == (progress.step == 0 ? [] : ["loss", "correct"]))
      let resumed = try tool.run(["--quiet", "--resume", "m.h5"], folder: folder)
      #expect(resumed.problems.isEmpty)
      #expect(try bytes("\(folder)/m.h5") == bytes("\(folder)/whole.h5"))
      let ends = try [whole, resumed].map { try $0.records().last }
      #expect(ends[0]?["digest"] == ends[1]?["digest"])
      // Every epoch is told once by one of the two.
      let epochs = try (stopped.records() + resumed.records()).compactMap { $0["epochs"] == nil ? nil : $0["epoch"] }
      #expect(epochs.map(\.integer) == (1...6).map { $0 })
    }
  }

  @Test("How often a run was saved, and where, does not show in its bytes; finished, it stays as it is")
  func bytesOfSaving() throws {
    try Fixture.withTemporaryFolder { folder in
      _ = try train("--output a.h5", in: folder)
      _ = try train("--output b.h5 --save-every 3 --keep 2", in: folder)
      #expect(try bytes("\(folder)/a.h5") == bytes("\(folder)/b.h5"))
      // A kept epoch is as good a place to go on from, under the full command line or none.
      for more in ["--output c.h5", "\(recipe) --output c.h5 --save-every 1"] {
        let arguments = "--quiet --resume b-epoch2.h5 \(more)".split(separator: " ").map(String.init)
        #expect(try tool.run(arguments.filter { $0 != "--quiet" } + ["-q"], folder: folder).problems.isEmpty)
        #expect(try bytes("\(folder)/a.h5") == bytes("\(folder)/c.h5"))
      }
      let before = try FileManager.default.attributesOfItem(atPath: "\(folder)/a.h5")
      let again = try tool.run(["--quiet", "--resume", "a.h5"], folder: folder)
      #expect(again.problems.isEmpty)
      #expect(try again.records().map { $0["type"]?.string } == ["run", "checkpoint"])
      let after = try FileManager.default.attributesOfItem(atPath: "\(folder)/a.h5")
      #expect(before[.systemFileNumber] as? Int == after[.systemFileNumber] as? Int)
      #expect(try tool.run(["--quiet", "--resume", "a.h5", "--output", "d.h5"], folder: folder).problems.isEmpty)
      #expect(try bytes("\(folder)/a.h5") == bytes("\(folder)/d.h5"))
    }
  }

  @Test(
    "What cannot be resumed is one line",
    arguments: [
      ("--resume none.h5", 66, "none.h5: no such file; check the path"),
      ("--resume m.h5 --epochs 1", 64, "--resume m.h5: epochs is 2 there, not 1; leave it out"),
      ("--resume m.h5 --milestones none", 64, "--resume m.h5: milestones is [1] there, not []; leave it out"),
      ("--resume m.h5 --limit 65", 64, "--resume m.h5: limit is 64 there, not 65; leave it out"),
      ("--resume m.h5 --arch lenet", 64, "--resume m.h5: holds another network; leave out --arch and --normalise"),
      ("--resume tiny.h5", 65, "tiny.h5: holds no training to go on with; give a model file of cusp-train"),
      ("--save-every 0", 64, "--save-every 0: give 1 or more; see cusp-train --help"),
    ])
  func refusals(arguments: String, status: Int, message: String) throws {
    try Fixture.withTemporaryFolder { folder in
      try FileManager.default.copyItem(
        atPath: Fixture.path("checkpoints/tiny.h5"), toPath: "\(folder)/tiny.h5")
      _ = try tool.run(["--quiet", "--epochs", "2", "--limit", "64", "--output", "m.h5"], folder: folder)
      let before = try bytes("\(folder)/m.h5")
      let outcome = try tool.run(arguments.split(separator: " ").map(String.init) + ["-q"], folder: folder)
      #expect(Int(outcome.status) == status)
      #expect(outcome.errors == "cusp-train: \(message)\n")
      #expect(try bytes("\(folder)/m.h5") == before)
    }
  }

  @Test("A full disk is 74 and leaves the last whole file, from which the run goes on")
  func fullDisk() throws {
    try Fixture.withTemporaryFolder { folder in
      _ = try train("--output m.h5 --keep 2", in: folder)
      let kept = try bytes("\(folder)/m-epoch2.h5")
      // Files may have 64 KiB at most, and whoever writes more gets an error instead of a signal.
      let outcome = try bash(
        "trap '' XFSZ; ulimit -f 64; cusp-train --quiet --resume m-epoch2.h5", folder: folder)
      #expect(outcome.status == 74)
      #expect(
        outcome.errors == "cusp-train: m-epoch2.h5: File too large; allow larger files by `ulimit -f`, and run again\n")
      #expect(try bytes("\(folder)/m-epoch2.h5") == kept)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["m-epoch2.h5", "m.h5"])
      #expect(try tool.run(["-q", "--resume", "m-epoch2.h5"], folder: folder).problems.isEmpty)
      #expect(try bytes("\(folder)/m-epoch2.h5") == bytes("\(folder)/m.h5"))
    }
  }

  @Test("A run that diverges names the step and keeps the last good file, from which it can be told again")
  func divergence() throws {
    try Fixture.withTemporaryFolder { folder in
      // The rate is harmless in the first epoch; how long the second survives depends on the engine.
      let stages = #"[{"from":1,"learning_rate":0.05},{"from":2,"learning_rate":1000000}]"#
      let curriculum = #"{"epochs":3,"stages":\#(stages)}"#
      let arguments = ["--quiet", "--limit", "640", "--epochs", "3", "--output", "m.h5", "--curriculum", curriculum]
      let first = try tool.run(arguments, folder: folder)
      let line =
        /cusp-train: training: the loss is not finite in epoch 2, step \d+: lower --learning-rate; m.h5 holds epoch 1\n/
      #expect(first.status == 65)
      #expect(try line.wholeMatch(in: first.errors) != nil, "\(first.errors)")
      let saved = try Checkpoint(reading: "\(folder)/m.h5")
      #expect(
        saved.progress == .init(epoch: 1) && saved.parameters.tensors.allSatisfy { $0.values.allSatisfy(\.isFinite) })
      #expect(try tool.run(["--quiet", "--resume", "m.h5"], folder: folder).errors == first.errors)

      // Whoever saves after every step may notice the weights before the loss does.
      let second = try tool.run(arguments + ["--save-every", "1"], folder: folder)
      let detailed =
        /cusp-train: training: .+ is not finite (in|after) epoch 2, step (\d+): lower --learning-rate; m.h5 holds epoch 1, step (\d+) of the next\n/
      #expect(second.status == 65)
      let match = try #require(try detailed.wholeMatch(in: second.errors), "\(second.errors)")
      let last = try Checkpoint(reading: "\(folder)/m.h5")
      #expect(Int(match.2) == last.progress.step + 1 && Int(match.3) == last.progress.step)
      #expect(last.parameters.tensors.allSatisfy { $0.values.allSatisfy(\.isFinite) })
    }
  }

  @Test("What bits depend on is taken from the file; other threads are noted, other algorithms refused")
  func engineSettings() throws {
    try Fixture.withTemporaryFolder { folder in
      let short = "--epochs 2 --limit 64 --output m.h5 --keep 1 --quiet --threads 1 --direct"
      #expect(try tool.run(short.split(separator: " ").map(String.init), folder: folder).problems.isEmpty)
      let whole = try bytes("\(folder)/m.h5")
      let documents = try Checkpoint(reading: "\(folder)/m.h5").documents
      let configuration = try JSON(parsing: documents.configuration)
      #expect(configuration["threads"]?.integer == 1 && configuration["direct"]?.bool == true)
      // Without a word, or repeated.
      for more in [[], ["--threads", "1", "--direct"]] {
        let outcome = try tool.run(["-q", "--resume", "m-epoch1.h5", "--output", "n.h5"] + more, folder: folder)
        #expect(outcome.problems.isEmpty && outcome.errors.isEmpty)
        #expect(try bytes("\(folder)/n.h5") == whole)
      }
      let other = try tool.run(
        ["--resume", "m-epoch1.h5", "--output", "n.h5", "--threads", "2"], folder: folder)
      #expect(other.problems.isEmpty)
      #expect(
        other.errors.hasPrefix(
          "cusp-train: --resume m-epoch1.h5: threads were 1, now 2; the same bytes need the same\n"))
      let noted = try JSON(parsing: Checkpoint(reading: "\(folder)/n.h5").documents.configuration)
      #expect(noted["threads"]?.integer == 2)
      let refused = try tool.run(["--resume", "m-epoch1.h5", "--autotune"], folder: folder)
      #expect(refused.status == 64)
      #expect(refused.errors.hasPrefix("cusp-train: --resume m-epoch1.h5: "))
      #expect(refused.errors.count { $0 == "\n" } == 1)
    }
  }

  @Test("The next run of the same output removes what a killed one left beside it")
  func abandonedFiles() throws {
    try Fixture.withTemporaryFolder { folder in
      let dead = try bash("echo $$").text.trimmingCharacters(in: .newlines)
      for name in ["m.h5", "m-epoch1.h5", "other.h5"] {
        try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/.\(name).cusp-\(dead)-1"))
      }
      let short = "--epochs 2 --limit 64 --output m.h5 --keep 1 --quiet"
      #expect(try tool.run(short.split(separator: " ").map(String.init), folder: folder).problems.isEmpty)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(names == [".other.h5.cusp-\(dead)-1", "m-epoch1.h5", "m.h5"])
    }
  }

  @Test("Killed at random moments, a run still ends with the same bytes")
  func kills() throws {
    let outcome = try bash("'\(Fixture.repository.appending(path: "tools/kill-test").path)' 3")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.text.hasPrefix("kill-test: 3 kills, each resumed: "))
  }
}
