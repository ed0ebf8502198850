import Foundation
import Records
import TestSupport
import Testing

/// The engine that is asked for computes, and says so where files and records name it.
@Suite struct EngineToolTests {
  @Test("cusp-bench times the engine that is named")
  func bench() throws {
    let words = ["lenet", "--batch", "4", "--repeats", "1", "--quiet", "--format", "ndjson"]
    let plain = try BuiltTool("cusp-bench").run(words + ["--engine", "portable"]).records()
    #expect(plain.first?["backend"]?.string?.hasPrefix("portable") == true)
    let fastest = try BuiltTool("cusp-bench").run(words + ["--engine", "auto"]).records()
    #expect(try BuiltTool("cusp-bench").run(words).records().first?["backend"] == fastest.first?["backend"])
  }

  @Test("A model trained on one engine predicts on the other alike, and is the same whenever it is trained again")
  func training() throws {
    try Fixture.withTemporaryFolder { folder in
      let train = BuiltTool("cusp-train")
      for name in ["a.h5", "b.h5"] {
        let words = ["--engine", "portable", "--epochs", "1", "--limit", "64", "--quiet", "--output", name]
        #expect(try train.run(words, folder: folder).status == 0)
      }
      let files = try ["a.h5", "b.h5"].map { try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)")) }
      #expect(files[0] == files[1])
      let resumed = try train.run(["--resume", "a.h5", "--quiet"], folder: folder)
      #expect(resumed.status == 0, "\(resumed.errors)")
      let refused = try train.run(["--resume", "a.h5", "--engine", "auto", "--quiet"], folder: folder)
      #expect(refused.status == 64 && refused.errors.contains("engine is "), "\(refused.errors)")
      let predictions = try ["portable", "auto"].map { engine in
        try BuiltTool("cusp-evaluate").run(
          ["a.h5", "--predictions", "--limit", "50", "--engine", engine, "--quiet"], folder: folder
        ).records().map { $0["natural"] }
      }
      #expect(predictions[0] == predictions[1] && predictions[0].count == 50)
    }
  }

  @Test("Training by AdamW in shards is kept in the file, and goes on from it")
  func optimizer() throws {
    try Fixture.withTemporaryFolder { folder in
      let train = BuiltTool("cusp-train")
      let words = [
        "--optimizer", "adamw", "--betas", "0.8,0.99", "--accumulate", "2", "--milestones", "none", "--limit", "64",
        "--quiet",
      ]
      #expect(try train.run(words + ["--epochs", "2", "--output", "whole.h5"], folder: folder).status == 0)
      #expect(try train.run(words + ["--epochs", "1", "--output", "part.h5"], folder: folder).status == 0)
      let longer = try train.run(["--resume", "part.h5", "--epochs", "2", "--quiet"], folder: folder)
      #expect(longer.status == 0, "\(longer.errors)")
      let digests = try ["whole.h5", "part.h5"].map { name in
        try BuiltTool("cusp-inspect").run([name, "--json"], folder: folder).records().first?["digest"]?.string
      }
      #expect(digests[0] != nil && digests[0] == digests[1])
    }
  }

  @Test("Processes that a launcher means to train together are told that they do not", arguments: [0, 1])
  func launch(rank: Int) throws {
    try Fixture.withTemporaryFolder { folder in
      let outcome = try BuiltTool("cusp-train").run(
        ["--epochs", "1", "--limit", "32", "--output", "m.h5", "--progress", "none"],
        environment: ["SLURM_PROCID": "\(rank)", "SLURM_STEP_NUM_TASKS": "2"], folder: folder)
      #expect(outcome.problems.isEmpty)
      let line =
        "cusp-train: 2 processes were started, and each trains by itself: give srun --mpi=pmix, or take mpirun\n"
      #expect(outcome.errors == (rank == 0 ? line : ""))
    }
  }

  @Test(
    "Numbers of another rule are refused in one line",
    arguments: [
      ("--betas 0.9,0.99", "--betas needs --optimizer adamw"),
      ("--optimizer adamw --momentum 0.5", "--momentum needs --optimizer sgd; adamw has --betas"),
      ("--optimizer adamw --nesterov", "--nesterov needs --optimizer sgd"),
      ("--optimizer adamw --betas 0.9", "--betas: give two numbers, as in 0.9,0.999"),
      ("--nesterov --momentum 0", "--nesterov: looks ahead by the momentum, which is 0; raise --momentum"),
      (
        "--accumulate 3",
        "--accumulate 3: give a power of two that cuts a batch of 32 into equal parts of 2 or more"
      ),
      (
        "--fast-reduction",
        "--fast-reduction: is how several ranks sum, and there is one; start more by mpirun, or leave it out"
      ),
      (
        "--sync-batch-norm",
        "--sync-batch-norm: is for the norms of several ranks, and there is one; start more by mpirun, or leave it out"
      ),
    ])
  func refusals(options: String, message: String) throws {
    let words = options.split(separator: " ").map(String.init)
    let outcome = try BuiltTool("cusp-train").run(words + ["--output", "/nonexistent/m.h5"])
    #expect(outcome.status == 64)
    #expect(outcome.errors == "cusp-train: \(message)\n")
  }
}
