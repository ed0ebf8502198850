import Foundation
import Records
import TestSupport
import Testing

@Suite struct SpatialToolTests {
  private func run(_ tool: String, _ arguments: String) throws -> BuiltTool.Outcome {
    let model = try TrainedModel.digits.get().path
    return try BuiltTool(tool).run([model, "--quiet"] + arguments.split(separator: " ").map(String.init))
  }

  @Test("A spatial profile is a score a budget; turned further, fewer images are recognised")
  func profile() throws {
    let outcome = try run("cusp-evaluate", "--rotation 0:180:60")
    #expect(outcome.problems.isEmpty)
    let scores = try outcome.records()
    #expect(scores.map { $0["rotation"]?.number } == [0, 60, 120, 180])
    #expect(scores.allSatisfy { $0["attack"]?.string == "none" && $0["translation"]?.number == 0 })
    #expect(Set(scores.map { $0["natural_accuracy"]?.text }).count == 1)
    let accuracies = scores.compactMap { $0["accuracy"]?.number }
    #expect(accuracies[0] == scores[0]["natural_accuracy"]?.number)
    #expect(accuracies == accuracies.sorted(by: >) && accuracies[3] < accuracies[0] - 0.2)
    #expect(scores[0]["fooling_rate"]?.number == 0)
  }

  @Test("Turned, moved and attacked: every combination is a setting, the same from both programs")
  func both() throws {
    let setting = "--rotation 0,30 --translation 0:1:1 --limit 12 --seed 3"
    let plain = try run("cusp-evaluate", "--predictions \(setting)")
    #expect(plain.problems.isEmpty)
    #expect(try run("cusp-attack", "--spatial \(setting)").output == plain.output)
    let attacked = try run("cusp-attack", "--epsilon 0,0.1 --steps 3 --batch-size 5 \(setting)")
    #expect(attacked.problems.isEmpty)
    #expect(try run("cusp-evaluate", "--predictions --epsilon 0,0.1 --steps 3 \(setting)").output == attacked.output)
    let records = try attacked.records()
    #expect(records.count == 12 * 8)
    let budgets: [[Double?]] = records.prefix(8).map { record in
      ["rotation", "translation", "epsilon"].map { record[$0]?.number }
    }
    let expected: [[Double?]] = [
      [0, 0, 0], [0, 0, 0.1], [0, 1, 0], [0, 1, 0.1], [30, 0, 0], [30, 0, 0.1], [30, 1, 0], [30, 1, 0.1],
    ]
    #expect(budgets == expected)
    let poses = try plain.records().map { $0["pose"]?.text }
    #expect(poses == stride(from: 0, to: records.count, by: 2).map { records[$0]["pose"]?.text })
    #expect(Set(poses).count > 24)
  }

  @Test("Exact and bilinear rotations are settings of their own, down to the fooling rate")
  func kinds() throws {
    let model = try TrainedModel.digits.get().path
    let commands = ["", "--rotation-exact", "--interpolation bilinear"].map {
      "cusp-attack \(model) --quiet --spatial --rotation 30 --limit 50 \($0)"
    }
    let outcome = try bash("(\(commands.joined(separator: "; "))) | cusp-fooling-rate")
    #expect(outcome.problems.isEmpty)
    let rates = try outcome.records()
    #expect(rates.map { $0["count"]?.integer } == [50, 50, 50])
    #expect(rates.map { $0["rotation_exact"]?.bool } == [nil, true, nil])
    #expect(rates.map { $0["interpolation"]?.string } == [nil, nil, "bilinear"])
    let table = try run("cusp-evaluate", "--rotation 30 --rotation-exact --limit 50 --format text").text
    #expect(table.contains("  30 exact  "))
    let exact = try run("cusp-attack", "--spatial --rotation 30 --rotation-exact --limit 5").records()
    #expect(exact.allSatisfy { $0["pose"]?.text == #"{"degrees":30,"dx":0,"dy":0}"# })
  }

  @Test("The worst of several poses: more poses, fewer images hold; the same from both programs, shards and batches")
  func worst() throws {
    let budgets = "--rotation 25 --translation 0.4 --interpolation bilinear --limit 90"
    let searches = ["--worst-of 1", "--worst-of 10", "--grid 3x3x9"]
    var accuracies: [Double] = []
    for (search, count) in zip(searches, [1, 10, 81]) {
      let scores = try run("cusp-evaluate", "\(budgets) \(search)")
      #expect(scores.problems.isEmpty)
      accuracies += try scores.records().compactMap { $0["accuracy"]?.number }
      let found = try run("cusp-attack", "--spatial \(budgets) \(search)")
      #expect(found.problems.isEmpty)
      #expect(try run("cusp-evaluate", "--predictions --batch-size 7 \(budgets) \(search)").output == found.output)
      let shards = try (1...3).flatMap {
        try run("cusp-attack", "--spatial --shard \($0)/3 \(budgets) \(search)").output
      }
      #expect(shards == Array(found.output))
      let records = try found.records()
      for record in records where record["perturbed"] == record["label"] {
        #expect(record["forwards"]?.integer == count)
      }
      #expect(records.contains { $0["perturbed"] == $0["label"] })
      #expect(records.allSatisfy { (1...count).contains($0["forwards"]?.integer ?? 0) })
    }
    let alone = try run("cusp-evaluate", budgets).records()
    #expect(accuracies.first == alone.first?["accuracy"]?.number)
    #expect(accuracies.count == 3 && accuracies[0] > accuracies[1] && accuracies[1] > accuracies[2])
  }

  @Test(
    "What contradicts itself is refused",
    arguments: [
      ("--spatial", "--spatial: by how much? give --rotation or --translation"),
      ("--spatial --rotation 3 --pgd", "--spatial only turns and moves: leave out --epsilon and the attack's name"),
      (
        "--spatial --rotation 3 --epsilon 1",
        "--spatial only turns and moves: leave out --epsilon and the attack's name"
      ),
      ("--rotation 400", "--rotation 400: give 0 to 360 degrees"),
      (
        "--spatial --rotation 3 --restarts 10",
        "--restarts is of an attack, and --spatial only turns and moves: leave one of them out"
      ),
      (
        "--spatial --rotation 3 --early-stop",
        "--early-stop is of an attack, and --spatial only turns and moves: leave one of them out"
      ),
      ("--spatial --rotation 3 --rotation-exact --seed 1", "--seed 1: nothing is drawn here; leave it out"),
      ("--interpolation bilinear", "--interpolation bilinear: nothing is turned; give --rotation"),
      ("--rotation 3 --pose-steps 5", "--pose-steps climbs to poses without an attack: add --spatial"),
      (
        "--spatial --rotation 3 --pose-steps 0", "--pose-steps 0: give 1 or more, from all starts at most 1000000 poses"
      ),
      (
        "--spatial --rotation 3 --pose-steps 5 --interpolation nearest",
        "--interpolation nearest: has no gradient by pose; leave it out, or --pose-steps"
      ),
      ("--spatial --rotation 3 --pose-steps 5 --grid 1x1x3", "--pose-steps climbs, --grid has its own poses; take one"),
      ("--spatial --rotation 3 --trace", "--trace is of an attack, and --spatial only turns and moves; leave it out"),
      ("--spatial --worst-of 10", "--worst-of 10: nothing is drawn here; leave it out"),
      ("--spatial --rotation 3 --grid 1x1x3 --seed 1", "--seed 1: nothing is drawn here; leave it out"),
    ])
  func refusals(arguments: String, message: String) throws {
    let outcome = try run("cusp-attack", arguments)
    #expect(outcome.status == 64)
    #expect(outcome.errors == "cusp-attack: \(message); see cusp-attack --help\n")
    #expect(outcome.output.isEmpty)
  }

  @Test("An evaluation attacks in every pose, too, and climbs to poses without an attack")
  func attacked() throws {
    let outcome = try run("cusp-evaluate", "--rotation 3 --pose-steps 5 --pgd")
    #expect(outcome.status == 64)
    #expect(
      outcome.errors.contains("--pose-steps climbs to poses without an attack: leave out --pose-steps or the att"))
  }

  @Test("Saved predictions take one budget")
  func saved() throws {
    let outcome = try run("cusp-evaluate", "--rotation 10,20 --save-predictions p.npy")
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("--save-predictions p.npy: is one file for 2 settings"))
  }
}
