import Checkpoints
import Foundation
import Records
import Tensors
import TestSupport
import Testing

/// Surrogates of a model of which only the classes it gives are used, from training to transfer.
@Suite struct SubstituteToolTests {
  private let tool = BuiltTool("cusp-train")

  private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

  /// Calls `body` in a folder with the oracle, `oracle.h5`.
  private func withOracle(_ body: (String) throws -> Void) throws {
    try Fixture.withTemporaryFolder { folder in
      try FileManager.default.copyItem(atPath: TrainedModel.digits.get().path, toPath: "\(folder)/oracle.h5")
      try body(folder)
    }
  }

  private func train(_ arguments: String, in folder: String) throws -> BuiltTool.Outcome {
    try tool.run(
      "--quiet --threads 1 --substitute-for oracle.h5 \(arguments)".split(separator: " ").map(String.init),
      folder: folder)
  }

  @Test("A substitute learns from 150 images, and what is made against it transfers better than noise")
  func transfer() throws {
    try withOracle { folder in
      let outcome = try train("--epochs 5 --output s.h5", in: folder)
      #expect(outcome.problems.isEmpty)
      let epochs = try outcome.records().filter { $0["type"]?.string == "epoch" }
      #expect(epochs.map { $0["epoch"]?.integer } == (1...30).map { $0 })
      #expect(epochs.allSatisfy { $0["epochs"]?.integer == 30 })
      #expect(epochs.last?["accuracy"]?.number ?? 0 > 0.9)

      let rates = try bash(
        """
        cusp-attack oracle.h5 --source s.h5 --quiet --pgd --epsilon 0.2 > transferred
        cusp-attack oracle.h5 --quiet --noise --restarts 1 --epsilon 0.2 > noise
        cat transferred noise | cusp-fooling-rate --quiet
        """, folder: folder)
      #expect(rates.problems.isEmpty)
      var fooled: [String: Double] = [:]
      for rate in try rates.records() { fooled[rate["attack"]?.string ?? ""] = rate["rate"]?.number }
      let (transferred, noise) = (try #require(fooled["pgd"]), try #require(fooled["noise"]))
      #expect(transferred > noise + 0.2, "\(fooled)")
    }
  }

  @Test("The model says whose substitute it is and how it grew; the same arguments make the same bytes")
  func provenance() throws {
    try withOracle { folder in
      let options = "--epochs 1 --limit 64 --augmentations 2 --augmentation-step 8/255"
      #expect(try train("\(options) --output a.h5", in: folder).problems.isEmpty)
      let model = try Checkpoint(reading: "\(folder)/a.h5")
      let configuration = try JSON(parsing: model.documents.configuration)
      #expect(configuration["substitute_for"]?.string == "oracle.h5")
      #expect(configuration["augmentations"]?.integer == 2)
      #expect(configuration["augmentation_step"]?.number.map { abs($0 - 8 / 255) < 1e-8 } == true)
      #expect(configuration["epochs"]?.integer == 1 && configuration["limit"]?.integer == 64)
      #expect(model.progress.epoch == 3)
      let step = try #require(Provenance(json: model.documents.provenance)?.steps.last)
      #expect(step.parent == .model(digest: try Checkpoint(reading: "\(folder)/oracle.h5").digest))
      #expect(
        try tool.run(step.arguments + ["--output", "b.h5", "--quiet"], folder: folder).problems.isEmpty)
      #expect(try bytes("\(folder)/a.h5") == bytes("\(folder)/b.h5"))
      let otherwise = try train("\(options.replacing("8/255", with: "0.2")) --output c.h5", in: folder)
      #expect(try otherwise.problems.isEmpty && bytes("\(folder)/a.h5") != bytes("\(folder)/c.h5"))
    }
  }

  @Test("Without a name it does not take the oracle's; images begin with 150")
  func defaults() throws {
    try withOracle { folder in
      #expect(try train("--epochs 1 --augmentations 0", in: folder).problems.isEmpty)
      let model = try Checkpoint(reading: "\(folder)/digits-cnn-substitute.h5")
      #expect(
        model.documents.configuration.hasPrefix(
          #"{"data":"digits","limit":150,"epochs":1,"batch_size":32,"learning_rate":0.05,"#
            + #""substitute_for":"oracle.h5","augmentations":0,"milestones":"#))
    }
  }

  @Test("A run goes on from any file it kept, wherever its oracle is now, and ends with the same bytes")
  func resuming() throws {
    try withOracle { folder in
      let options = "--epochs 2 --limit 64 --augmentations 2 --output m.h5"
      #expect(try train("\(options) --keep 1,2,3,4,5 --save-every 3", in: folder).problems.isEmpty)
      let whole = try bytes("\(folder)/m.h5")
      let kept = try (1...5).map { try Checkpoint(reading: "\(folder)/m-epoch\($0).h5") }
      #expect(kept.map { $0.optimizer["synthetic.images"]?.shape[0] } == [nil, nil, 64, 64, 192])
      #expect(try Checkpoint(reading: "\(folder)/m.h5").optimizer["synthetic.images"] == nil)
      try FileManager.default.moveItem(atPath: "\(folder)/oracle.h5", toPath: "\(folder)/moved.h5")
      let lost = try tool.run(["--quiet", "--resume", "m-epoch1.h5"], folder: folder)
      #expect(lost.status == 66 && lost.errors == "cusp-train: oracle.h5: no such file; check the path\n")
      let other = try tool.run(
        ["--quiet", "--resume", "m-epoch1.h5", "--substitute-for", "m-epoch2.h5"], folder: folder)
      #expect(other.status == 64)
      #expect(
        other.errors == "cusp-train: --resume m-epoch1.h5: was begun for another oracle than m-epoch2.h5\n")
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder)/oracle.h5", withDestinationPath: "moved.h5")
      for epoch in 1...5 {
        let resumed = try tool.run(["--quiet", "--resume", "m-epoch\(epoch).h5"], folder: folder)
        #expect(resumed.problems.isEmpty)
        #expect(try bytes("\(folder)/m-epoch\(epoch).h5") == whole)
      }
      let refused = try tool.run(["--quiet", "--resume", "m.h5", "--augmentations", "3"], folder: folder)
      #expect(refused.errors == "cusp-train: --resume m.h5: augmentations is 2 there, not 3; leave it out\n")
    }
  }

  @Test(
    "A signal saves the images made so far, and the resumed run ends with the same bytes",
    arguments: [("INT", 130), ("USR1", 75)])
  func signals(signal: String, status: Int) throws {
    try withOracle { folder in
      let recipe = "--quiet --threads 1 --substitute-for oracle.h5 --epochs 3"
      #expect(try train("--epochs 3 --output whole.h5", in: folder).problems.isEmpty)
      // The first file that has doubled its images says that the run is well on its way.
      let stopped = try bash(
        """
        cusp-train \(recipe) --output m.h5 --keep 4 > records & process=$!
        until [ -e m-epoch4.h5 ]; do sleep 0.01; done
        kill -\(signal) $process
        wait $process
        """, folder: folder)
      #expect(Int(stopped.status) == status)
      let file = try Checkpoint(reading: "\(folder)/m.h5")
      #expect((4..<18).contains(file.progress.epoch) && file.optimizer["synthetic.images"] != nil)
      #expect(try tool.run(["--quiet", "--resume", "m.h5"], folder: folder).problems.isEmpty)
      #expect(try bytes("\(folder)/m.h5") == bytes("\(folder)/whole.h5"))
    }
  }

  @Test(
    "What does not go together is one line",
    arguments: [
      ("--augmentations 2", 64, "--augmentations needs --substitute-for"),
      ("--augmentation-step 0.1", 64, "--augmentation-step needs --substitute-for"),
      ("--substitute-for none.h5", 66, "none.h5: no such file; check the path"),
      ("--substitute-for tiny.h5", 65, "digits: images are [1x8x8], tiny.h5 takes [1x4x4]"),
      ("--substitute-for oracle.h5 --augmentations 21", 64, "--augmentations 21: give 0 to 20"),
      (
        "--substitute-for oracle.h5 --augmentations 9223372036854775807", 64,
        "--augmentations 9223372036854775807: give 0 to 20"
      ),
      (
        "--substitute-for oracle.h5 --augmentations 15", 64,
        "--augmentations 15: 150 images doubled so often take more than 1 GiB; lower it, or give --limit 128"
      ),
      (
        "--substitute-for oracle.h5 --augmentation-step 8", 64,
        "--augmentation-step 8.0: give more than 0, at most 1"
      ),
      (
        "--substitute-for oracle.h5 --augmentations 0 --augmentation-step 0.1", 64,
        "--augmentation-step: no image is moved under --augmentations 0; leave it out"
      ),
      (
        "--substitute-for oracle.h5 --epochs 9223372036854775807", 64,
        "--epochs 9223372036854775807: too many for so many rounds; lower it"
      ),
      (
        "--substitute-for oracle.h5 --epochs 1 --limit 8 --batch-size 9", 64,
        "digits: 8 images do not fill a batch of 9: lower --batch-size"
      ),
    ])
  func refusals(arguments: String, status: Int, message: String) throws {
    try withOracle { folder in
      try FileManager.default.copyItem(
        atPath: Fixture.path("checkpoints/tiny.h5"), toPath: "\(folder)/tiny.h5")
      let outcome = try tool.run(arguments.split(separator: " ").map(String.init), folder: folder)
      #expect(Int(outcome.status) == status)
      #expect(outcome.errors == "cusp-train: \(message)\n")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["oracle.h5", "tiny.h5"])
    }
  }

  @Test(
    "Only natural training of images as they are makes a substitute",
    arguments: [
      "--method pgd", "--method cusp", "--curriculum cusp-mnist", "--rotation 30", "--translation 1", "--crop 2",
      "--flip", "--keep-best natural", "--average-weights 0.9",
    ])
  func otherMethods(option: String) throws {
    try withOracle { folder in
      let outcome = try train(option, in: folder)
      let name = option.hasPrefix("--method") ? option : option.split(separator: " ")[0].description
      #expect(outcome.status == 64)
      #expect(
        outcome.errors
          == "cusp-train: \(name): a substitute is trained naturally, on images as its oracle classified them; leave it out\n"
      )
    }
  }

  @Test("The oracle is never written over, by whatever name")
  func outputs() throws {
    try withOracle { folder in
      let before = try bytes("\(folder)/oracle.h5")
      try FileManager.default.createSymbolicLink(atPath: "\(folder)/link.h5", withDestinationPath: "oracle.h5")
      for output in ["oracle.h5", "link.h5"] {
        let outcome = try train("--epochs 1 --force --output \(output)", in: folder)
        #expect(outcome.status == 64 && outcome.errors.hasPrefix("cusp-train: \(output): is "), "\(outcome.errors)")
        #expect(try bytes("\(folder)/oracle.h5") == before)
      }
    }
  }
}
