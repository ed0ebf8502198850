import Checkpoints
import Foundation
import Networks
import Records
import TestSupport
import Testing

@Suite struct TrainToolTests {
  private let tool = BuiltTool("cusp-train")
  private let short = ["--epochs", "1", "--limit", "64", "--quiet"]

  @Test("A run announces itself, its epochs and the checkpoint, all by their schemas")
  func records() throws {
    let model = try TrainedModel.digits.get()
    #expect(RecordSchemas.problems(inOutput: model.records).isEmpty)
    let records = try model.records.split(separator: "\n").map { try JSON(parsing: String($0)) }
    #expect(records.map { $0["type"]?.string } == ["run", "epoch", "epoch", "checkpoint"])
    #expect(records[0]["seed"]?.string == "0")
    #expect(records[0]["arguments"]?.array?.compactMap(\.string).prefix(2) == ["--epochs", "2"])
    #expect(records[1]["epoch"]?.integer == 1)
    #expect(records[2]["learning_rate"]?.number == 0.005)
    let losses = records[1...2].compactMap { $0["loss"]?.number }
    #expect(losses[1] < losses[0])
    #expect(records[3]["path"]?.string == model.path)
    #expect(records[3]["architecture"]?.string == "digits-cnn")
    #expect(records[3]["data"]?.string == "digits")
    let checkpoint = try Checkpoint(reading: model.path)
    #expect(records[3]["digest"]?.string == checkpoint.digest)
    #expect(checkpoint.progress.epoch == 2)
  }

  @Test("The model keeps what decided the run, and how it went but for the time")
  func documents() throws {
    let documents = try Checkpoint(reading: try TrainedModel.digits.get().path).documents
    #expect(
      documents.configuration == """
        {"data":"digits","limit":null,"epochs":2,"batch_size":32,"learning_rate":0.05,\
        "milestones":[1],"momentum":0.9,"weight_decay":0.0005,"seed":"0","threads":\(sysconf(Int32(_SC_NPROCESSORS_ONLN))),"method":"natural"}
        """)
    let history = try JSON(parsing: documents.history).array ?? []
    #expect(history.map { $0["epoch"]?.integer } == [1, 2])
    #expect(history.allSatisfy { $0["seconds"] == nil && $0["loss"] != nil })
    #expect(
      documents.provenance == """
        {"arguments":["--arch=digits-cnn","--data=digits","--epochs=2","--batch-size=32","--learning-rate=0.05",\
        "--milestones=1","--momentum=0.9","--weight-decay=0.0005","--seed=0",\
        "--threads=\(sysconf(Int32(_SC_NPROCESSORS_ONLN)))","--method=natural"],\
        "tool":"cusp-train","version":"0.1.0"}
        """)
  }

  @Test("The command line of a model's provenance makes that model again", arguments: ["", "curriculum"])
  func provenance(kind: String) throws {
    try Fixture.withTemporaryFolder { folder in
      let curriculum = #"{"epochs":1,"stages":[{"from":1,"learning_rate":0.1,"rotation":10}]}"#
      let recipe = kind.isEmpty ? ["--normalise", "0.5/0.25", "--seed", "3", "--flip"] : ["--curriculum", curriculum]
      #expect(try tool.run(short + recipe + ["--output", "a.h5"], folder: folder).problems.isEmpty)
      let first = try Checkpoint(reading: "\(folder)/a.h5")
      let step = try #require(Provenance(json: first.documents.provenance)?.steps.first)
      #expect(step.parent == nil)
      #expect(try tool.run(step.arguments + ["--output", "b.h5", "--quiet"], folder: folder).problems.isEmpty)
      let files = try ["a", "b"].map { try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0).h5")) }
      #expect(files[0] == files[1])
    }
  }

  #if CUSP_ONEDNN
    @Test("A choice of algorithms is said and goes into provenance", arguments: ["--autotune", "--direct"])
    func algorithms(_ option: String) throws {
      try Fixture.withTemporaryFolder { folder in
        let outcome = try tool.run(["--epochs", "1", "--limit", "64", option, "--output", "m.h5"], folder: folder)
        #expect(outcome.status == 0)
        #expect(outcome.errors.contains("autotune: 16>32 3x3/1") == (option == "--autotune"))
        let provenance = try JSON(parsing: Checkpoint(reading: "\(folder)/m.h5").documents.provenance)
        let engine = try #require(provenance["engine"]?.string)
        #expect(engine.contains(option == "--autotune" ? ", autotuned: 16>32 3x3/1" : ", direct"))
      }
    }
  #endif

  @Test("The same seed gives the same bytes in every folder, another seed others", arguments: ["natural", "pgd"])
  func determinism(method: String) throws {
    let files = try [("7", "a.h5", []), ("7", "b.h5", ["--quiet"]), ("8", "a.h5", [])].map { seed, name, more in
      try Fixture.withTemporaryFolder { folder in
        let outcome = try tool.run(
          ["--epochs", "1", "--limit", "64", "--seed", seed, "--method", method, "--output", name] + more,
          folder: folder)
        #expect(outcome.problems.isEmpty)
        return try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
      }
    }
    #expect(files[0] == files[1])
    #expect(files[0] != files[2])
  }

  @Test("The model of averaged weights is the average, and the file keeps the weights to go on from")
  func averaging() throws {
    try Fixture.withTemporaryFolder { folder in
      let files = try [("plain.h5", []), ("averaged.h5", ["--average-weights", "0.9"])].map { name, more in
        _ = try tool.run(short + ["--output", name] + more, folder: folder)
        return try Checkpoint(reading: "\(folder)/\(name)")
      }
      let (plain, averaged) = (files[0], files[1])
      #expect(averaged.parameters != plain.parameters && averaged.digest != plain.digest)
      for (spec, tensor) in zip(plain.parameters.specs, plain.parameters.tensors) {
        #expect(averaged.optimizer["weights.\(spec.path)"] == tensor)
      }
      let rest = averaged.optimizer.filter { !$0.key.hasPrefix("weights.") }
      #expect(rest == plain.optimizer && Set(rest.keys.map { $0.prefix(9) }) == ["momentum."])
      #expect(try JSON(parsing: averaged.documents.configuration)["average_weights"]?.number == 0.9)
    }
  }

  @Test("The best epoch is in the records, and its model is the file's, whatever came later")
  func keepingBest() throws {
    try Fixture.withTemporaryFolder { folder in
      let command =
        "--epochs 5 --limit 160 --learning-rate 0.3 --quiet --keep-best natural --validation 0.5 --keep 1,2,3,4"
      let outcome = try tool.run(command.split(separator: " ").map(String.init) + ["--output", "m.h5"], folder: folder)
      #expect(outcome.problems.isEmpty)
      let records = try outcome.records()
      let epochs = records.filter { $0["type"]?.string == "epoch" }
      let accuracies = epochs.compactMap { $0["validation"]?.number }
      #expect(accuracies.count == 5 && accuracies.allSatisfy { $0 * 80 == ($0 * 80).rounded() })
      let best = try #require(accuracies.firstIndex(of: accuracies.max() ?? 0)) + 1
      let kept = epochs.compactMap { $0["kept"]?.integer }
      #expect(kept.last == best && kept == kept.sorted())
      #expect(records.last?["epoch"]?.integer == best)
      let file = try Checkpoint(reading: "\(folder)/m.h5")
      #expect(records.last?["digest"]?.string == file.digest && file.progress.epoch == 5)
      if best < 5 { #expect(try Checkpoint(reading: "\(folder)/m-epoch\(best).h5").digest == file.digest) }
      let document = try JSON(parsing: file.documents.configuration)
      #expect(document["keep_best"]?.string == "natural" && document["validation"]?.integer == 80)
    }
  }

  @Test("Epochs to keep are kept and announced beside the last")
  func keeping() throws {
    try Fixture.withTemporaryFolder { folder in
      let outcome = try tool.run(
        ["--epochs", "3", "--limit", "64", "--keep", "1,2", "--output", "m.h5", "--quiet"], folder: folder)
      #expect(outcome.problems.isEmpty)
      let checkpoints = try outcome.records().filter { $0["type"]?.string == "checkpoint" }
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(names == ["m-epoch1.h5", "m-epoch2.h5", "m.h5"])
      #expect(checkpoints.compactMap { $0["epoch"]?.integer } == [1, 2, 3])
      for checkpoint in checkpoints {
        let path = try #require(checkpoint["path"]?.string)
        #expect(try Checkpoint(reading: path).digest == checkpoint["digest"]?.string)
      }
    }
  }

  @Test("Without --output the file is named after network and method; PGD's budget is in the records")
  func names() throws {
    try Fixture.withTemporaryFolder { folder in
      let outcome = try tool.run(short + ["--method", "pgd"], folder: folder)
      #expect(outcome.problems.isEmpty)
      #expect(try outcome.records()[1]["epsilon"]?.number == 0.3)
      let configuration = try Checkpoint(reading: "\(folder)/digits-cnn-pgd.h5").documents.configuration
      #expect(configuration.hasSuffix(#""method":"pgd","norm":"linf","epsilon":0.3,"steps":10,"step_size":0.075}"#))
    }
  }

  @Test("Progress goes to standard error, one line an epoch, unless quiet")
  func progress() throws {
    try Fixture.withTemporaryFolder { folder in
      let told = try tool.run(["--epochs", "2", "--limit", "64"], folder: folder).errors.split(separator: "\n")
      let lines = told.filter { $0.hasPrefix("cusp-train: epoch ") }
      #expect(lines.count == 2)
      #expect(lines.first?.hasPrefix("cusp-train: epoch 1/2: loss 2.") == true)
      #expect(try tool.run(short + ["--force"], folder: folder).errors.filter { $0 == "\n" }.isEmpty)
    }
  }

  @Test(
    "Settings that mean nothing are one line and 64, and no file is made",
    arguments: [
      ("--epochs 0", "--epochs 0: give 1 or more"),
      ("--batch-size 1", "--batch-size 1: give 2 or more"),
      ("--limit 20 --batch-size 32", "digits: 20 images do not fill a batch of 32: lower --batch-size"),
      ("--limit 0", "a limit of 0 images leaves none; ask for at least 1"),
      ("--learning-rate 0", "--learning-rate 0.0: give more than 0"),
      ("--momentum 1", "--momentum 1.0: give a number from 0 up to, not including, 1"),
      ("--weight-decay=-1", "--weight-decay -1.0: give 0 or more"),
      ("--epsilon 0.1", "--epsilon needs --method pgd or another with an attack"),
      ("--step-size 0.1", "--step-size needs --method pgd or another with an attack"),
      ("--method pgd --norm l2", "--norm l2 has no customary budget: give --epsilon"),
      ("--method pgd --epsilon=-1", "--epsilon -1: give 0 or more"),
      ("--method pgd --steps=-1", "-1 steps: give 0 or more"),
      (
        "--data nothing",
        "\"nothing\": not a data set; choose digits, mnist:DIR, fashion:DIR, kmnist:DIR, emnist:DIR, cifar10:DIR, cifar100:DIR, svhn:DIR, "
          + "folder:DIR, image:LABEL:FILE, FILE.npz or FILE.h5"
      ),
      ("--threads 0", "--threads 0: give 1 to 1024; see cusp-train --help"),
    ])
  func refusals(arguments: String, message: String) throws {
    try Fixture.withTemporaryFolder { folder in
      let outcome = try tool.run(arguments.split(separator: " ").map(String.init), folder: folder)
      #expect(outcome.status == 64)
      #expect(outcome.errors == "cusp-train: \(message)\n")
      #expect(outcome.output.isEmpty)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }

  @Test(
    "What the parser refuses is one line and 64",
    arguments: ["--method magic", "--arch magic", "--milestones 0", "--keep x", "--normalise 0.5", "--seed -1", "x"])
  func parsing(arguments: String) throws {
    let outcome = try tool.run(arguments.split(separator: " ").map(String.init))
    #expect(outcome.status == 64)
    #expect(outcome.errors.hasPrefix("cusp-train: "))
    #expect(outcome.errors.hasSuffix("; see cusp-train --help\n"))
    #expect(outcome.errors.count { $0 == "\n" } == 1)
  }

  @Test("An output that cannot be made is refused before training")
  func unwritable() throws {
    try Fixture.withTemporaryFolder { folder in
      let outcome = try tool.run(["--epochs", "1000000", "--output", "missing/m.h5"], folder: folder)
      #expect(outcome.status == 73)
      #expect(
        outcome.errors == "cusp-train: missing/m.h5: cannot create: no such folder; make it first\n")
      #expect(outcome.output.isEmpty)
      let onFolder = try tool.run(["--epochs", "1000000", "--output", folder])
      #expect(onFolder.status == 73)
      #expect(onFolder.errors.count { $0 == "\n" } == 1)
    }
  }

  @Test("A run that diverges is one line and 65")
  func divergence() throws {
    try Fixture.withTemporaryFolder { folder in
      let outcome = try tool.run(short + ["--learning-rate", "1e30"], folder: folder)
      #expect(outcome.status == 65)
      #expect(outcome.errors.hasPrefix("cusp-train: training: "))
      #expect(outcome.errors.hasSuffix(": lower --learning-rate\n"))
      #expect(outcome.errors.count { $0 == "\n" } == 1)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }
}
