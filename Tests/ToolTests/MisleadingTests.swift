import Checkpoints
import Foundation
import Networks
import Records
import Tensors
import TestSupport
import Testing

/// Answers that would mislead: models without gradient or with answers that are no numbers, mixed runs, and streams that
/// are cut short.
@Suite struct MisleadingTests {
  /// Writes the trained model with `change` done to the numbers of its last layer.
  private func write(_ name: String, in folder: String, _ change: (Float) -> Float) throws {
    let trained = try Checkpoint(reading: TrainedModel.digits.get().path)
    let last = try #require(trained.parameters.specs.last { $0.shape.rank > 1 }?.path)
    let parameters = try Parameters(of: NetworkGraph(trained.definition)) { spec in
      let place = try #require(trained.parameters.specs.firstIndex { $0.path == spec.path })
      let tensor = trained.parameters.tensors[place]
      return spec.path == last ? Tensor(tensor.shape, tensor.values.map(change)) : tensor
    }
    try Checkpoint(definition: trained.definition, parameters: parameters).write(to: "\(folder)/\(name)")
  }

  @Test("A gradient that is zero is counted, and told with advice")
  func zeroGradients() throws {
    try Fixture.withTemporaryFolder { folder in
      try write("flat.h5", in: folder) { $0 * 100_000 }
      let attack = "--epsilon 0.1 --steps 3 --limit 100"
      let outcome = try bash("cusp-attack flat.h5 \(attack) > records", folder: folder)
      #expect(outcome.status == 0)
      #expect(
        outcome.errors.contains("pgd digits: the gradient was exactly zero at the first step for ")
          && outcome.errors.contains(" % of predictions: try --loss margin\n"))
      let rates = try bash("cusp-fooling-rate --quiet < records", folder: folder)
      #expect(rates.problems.isEmpty)
      let share = try #require(try rates.records()[0]["zero_gradients"]?.number)
      #expect(share > 0.5)
      let records = try bash("cat records", folder: folder)
      #expect(records.problems.isEmpty)
      let flat = try records.records().filter { $0["zero_gradient"]?.bool == true }
      #expect(flat.count == Int((share * 100).rounded()))
      let margin = try bash("cusp-evaluate flat.h5 \(attack) --loss margin", folder: folder)
      #expect(margin.problems.isEmpty && !margin.errors.contains("zero"))
      #expect(try margin.records()[0]["zero_gradients"] == nil)
      let sound = try bash(
        "cusp-attack \(TrainedModel.digits.get().path) \(attack) | cusp-fooling-rate", folder: folder)
      #expect(!sound.errors.contains("zero") && sound.problems.isEmpty)
    }
  }

  @Test(
    "Answers that are not finite are counted with the true reason, told, and readable", arguments: ["", "--early-stop"])
  func notFinite(option: String) throws {
    try Fixture.withTemporaryFolder { folder in
      try write("broken.h5", in: folder) { $0 * .infinity }
      let attack = "--epsilon 0.1 --steps 3 --limit 20 --logits --allow-non-finite \(option)"
      let outcome = try bash("cusp-attack broken.h5 \(attack) > records", folder: folder)
      #expect(outcome.status == 0)
      #expect(
        outcome.errors.contains("pgd digits: failed for 20 of 20 predictions: the model's logits are not finite\n"))
      let records = try bash("cat records", folder: folder)
      #expect(records.problems.isEmpty)
      #expect(try records.records().allSatisfy { $0["failure"]?.string == "the model's logits are not finite" })
      #expect(try records.records().allSatisfy { $0["logits"]?.array?.contains(.null) == true })
      let rates = try bash("cusp-fooling-rate < records", folder: folder)
      #expect(rates.problems.isEmpty)
      #expect(try rates.records()[0]["failed"]?.integer == 20)
      #expect(rates.errors == "cusp-fooling-rate: failed for 20 of 20 images; their records say why\n")
      #expect(try bash("cusp-attack broken.h5 --strict --quiet \(attack)", folder: folder).status == 1)
      let scores = try bash("cusp-evaluate broken.h5 --allow-non-finite --quiet --limit 20", folder: folder)
      #expect(try scores.records()[0]["failed"]?.integer == 20)
    }
  }

  @Test("Runs of other settings are rates of their own, the same run given again is not, and a lost shard is told")
  func settings() throws {
    let model = try TrainedModel.digits.get().path
    let settings = [
      "--steps 2", "--steps 3", "--steps 2 --step-size 0.25", "--steps 2 --target 3", "--steps 2 --split train",
      "--steps 2 --seed 1", "--steps 2 --start clean", "--steps 2 --restarts 2", "--steps 2 --loss margin",
      "--steps 2 --early-stop", "--steps 2 --direct", "--fgsm", "--steps 2 --epsilon 0.2",
      "--steps 2 --norm l2 --epsilon 1",
      "--steps 2 --rotation 5", "--steps 2 --translation 1", "--spatial --rotation 5",
      "--spatial --rotation 5 --seed 1",
      "--spatial --rotation 5 --rotation-exact", "--steps 2 --epsilon 0.1,0.2 --reuse",
    ]
    let commands =
      settings.map { "cusp-attack \(model) --quiet --limit 3 \($0)" } + [
        "cusp-evaluate \(model) --quiet --limit 3 --predictions --steps 2",
        "cusp-evaluate \(model) --quiet --limit 3 --predictions", "cusp-attack \(model) --quiet --limit 4 --steps 2",
      ]
    let outcome = try bash("(\(commands.joined(separator: "; "))) | cusp-fooling-rate")
    #expect(outcome.problems.isEmpty)
    // One setting more with a list of two budgets, the same again from the other program, and another whole.
    let rates = try outcome.records()
    #expect(rates.count == settings.count + 1 + 2)
    #expect(rates.allSatisfy { $0["count"]?.integer == $0["total"]?.integer })
    #expect(outcome.errors == "cusp-fooling-rate: 3 records came again, byte for byte: counted once\n")

    let shards = try bash(
      "(for i in 1 3; do cusp-attack \(model) --quiet --limit 9 --steps 2 --shard $i/3; done) | cusp-fooling-rate")
    #expect(try shards.records()[0]["missing"]?.integer == 3)
    #expect(shards.errors == "cusp-fooling-rate: images are missing, 3 of 9; the rates are of the others\n")
  }

  @Test(
    "An interrupted stream has every batch that was done, and ends with a whole record", arguments: ["INT", "TERM"])
  func interruption(signal: String) throws {
    try Fixture.withTemporaryFolder { folder in
      let model = try TrainedModel.digits.get().path
      // Bash lets its background jobs ignore SIGINT unless job control is on.
      let outcome = try bash(
        """
        set -m
        cusp-attack \(model) --quiet --split train --steps 200 --epsilon 0.1 --batch-size 4 > records &
        for i in {1..600}; do [ -s records ] && break; sleep 0.05; done
        kill -\(signal) $!
        wait $!
        """, folder: folder)
      #expect(outcome.status == (signal == "INT" ? 130 : 143))
      let records = try bash("cat records", folder: folder)
      #expect(records.problems.isEmpty)
      #expect(records.text.hasSuffix("}\n"))
      let indices = try records.records().map { $0["index"]?.integer }
      #expect(!indices.isEmpty && indices.count < 1437 && indices == Array(indices.indices))
    }
  }
}
