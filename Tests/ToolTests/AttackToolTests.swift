import Foundation
import Records
import TestSupport
import Testing

@Suite struct AttackToolTests {
  private let tool = BuiltTool("cusp-attack")

  /// Attacks the trained model.
  private func attack(_ arguments: String) throws -> BuiltTool.Outcome {
    let model = try TrainedModel.digits.get().path
    return try tool.run([model, "--quiet"] + arguments.split(separator: " ").map(String.init))
  }

  @Test("The default is advertorch's setting; one record an image, in order, by its schema")
  func records() throws {
    let outcome = try attack("--limit 40")
    #expect(outcome.problems.isEmpty)
    let records = try outcome.records()
    #expect(records.map { $0["index"]?.integer } == (0..<40).map { $0 })
    #expect(records.allSatisfy { $0["attack"]?.string == "pgd" && $0["norm"]?.string == "linf" })
    #expect(records.allSatisfy { $0["epsilon"]?.number == 0.3 })
    #expect(
      records.allSatisfy {
        $0["parameters"]?.text
          == #"{"steps":40,"step_size":0.01,"start":"random","restarts":1,"loss":"cross-entropy","seed":"0"}"#
      })
    #expect(records.count { $0["natural"] != $0["perturbed"] } > 20)
  }

  @Test(
    "Records do not depend on batches or shards",
    arguments: ["--steps 3 --logits", "--steps 2 --restarts 3 --epsilon 0.05", "--norm l2 --epsilon 0.5 --steps 2"])
  func independence(setting: String) throws {
    let whole = try attack("--limit 20 --batch-size 64 \(setting)")
    #expect(whole.problems.isEmpty)
    #expect(try whole.records().count == 20)
    for size in [1, 7] { #expect(try attack("--limit 20 --batch-size \(size) \(setting)").output == whole.output) }
    #expect(try attack("--limit 20 \(setting)").output == whole.output)
    let shards = try (1...3).map { try attack("--limit 20 --shard \($0)/3 \(setting)").output }
    #expect(shards.allSatisfy { !$0.isEmpty })
    #expect(Data(shards.joined()) == whole.output)
  }

  @Test(
    "Stopping early gives every image the record it has alone, and fools no fewer",
    arguments: [
      "--epsilon 0.1 --steps 8 --step-size 0.02 --restarts 2", "--norm l2 --epsilon 1 --steps 8 --restarts 2",
      "--epsilon 0.2 --steps 8 --step-size 0.04 --target 3",
    ])
  func earlyStop(setting: String) throws {
    let outcome = try attack("--limit 60 --early-stop \(setting)")
    #expect(outcome.problems.isEmpty)
    #expect(try attack("--limit 60 --early-stop --batch-size 1 \(setting)").output == outcome.output)
    let (early, whole) = (try outcome.records(), try attack("--limit 60 \(setting)").records())
    let isTargeted = setting.contains("target")
    for (stopped, plain) in zip(early, whole) {
      for key in ["label", "natural"] where !isTargeted {
        #expect(plain["perturbed"] == plain[key] || stopped["perturbed"] != stopped[key])
      }
      #expect(plain["perturbed"]?.integer != 3 || stopped["perturbed"]?.integer == 3 || !isTargeted)
      #expect(try #require(stopped["steps"]?.integer) <= 16)
      #expect(plain["steps"] == nil)
    }
    #expect(Set(early.map { $0["steps"]?.integer }).count > 2)
  }

  @Test("Accuracy under attack never rises with epsilon when successes are reused", arguments: ["", "--early-stop"])
  func reuse(option: String) throws {
    let setting = "--limit 100 --steps 4 --step-size 0.03 --reuse \(option)"
    let outcome = try attack("--epsilon 0.02:0.2:0.03 \(setting)")
    #expect(outcome.problems.isEmpty)
    let records = try outcome.records()
    #expect(records.count == 700)
    let images = Dictionary(grouping: records) { $0["index"]?.integer }
    #expect(images.count == 100)
    for series in images.values {
      for (smaller, larger) in zip(series, series.dropFirst()) {
        for key in ["label", "natural"] {
          #expect(smaller["perturbed"] == smaller[key] || larger["perturbed"] != larger[key])
        }
        guard let origin = larger["reused"]?.number else { continue }
        let source = try #require(series.first { $0["epsilon"]?.number == origin })
        #expect(origin < larger["epsilon"]?.number ?? 0)
        for key in ["perturbed", "distance", "natural"] { #expect(larger[key] == source[key]) }
      }
    }
    #expect(try attack("--epsilon 0.02:0.2:0.03 --batch-size 3 \(setting)").output == outcome.output)
  }

  @Test("The same seed gives the same bytes, another seed other images")
  func seeds() throws {
    let outputs = try ["4", "4", "5"].map { seed in
      try attack("--limit 20 --steps 1 --step-size 0.01 --logits --seed \(seed)").records().map { $0["logits"]?.text }
    }
    #expect(outputs[0] == outputs[1])
    #expect(zip(outputs[0], outputs[2]).allSatisfy { $0 != $1 })
  }

  @Test("Nothing happens at epsilon 0", arguments: ["--pgd", "--fgsm", "--norm l2", "--restarts 3", "--loss kl"])
  func nothing(setting: String) throws {
    let outcome = try attack("--limit 40 --epsilon 0 \(setting)")
    #expect(outcome.problems.isEmpty)
    for record in try outcome.records() {
      #expect(record["natural"]?.integer == record["perturbed"]?.integer)
      #expect(record["distance"]?.number == 0)
      #expect(record["failure"] == nil)
    }
  }

  @Test(
    "Every kind of attack stays within its budget and fools",
    arguments: [
      ("--fgsm --epsilon 0.2", 0.2), ("--fgsm --norm l2 --epsilon 2", 2), ("--epsilon 0.2 --steps 5", 0.2),
      ("--epsilon 26/255 --steps 5 --step-size 5/255", 26.0 / 255), ("--norm l2 --epsilon 1.5 --steps 5", 1.5),
      ("--epsilon 0.2 --steps 5 --restarts 3", 0.2), ("--epsilon 0.2 --steps 5 --step-size 0.05 --start clean", 0.2),
      ("--epsilon 0.3 --steps 10 --step-size 0.05 --target 3", 0.3), ("--epsilon 0.2 --steps 5 --loss margin", 0.2),
      ("--epsilon 0.2 --steps 5 --loss kl", 0.2), ("--norm l2 --epsilon 1.5 --steps 5 --target 8 --loss margin", 1.5),
    ] as [(String, Double)])
  func budgets(setting: String, epsilon: Double) throws {
    let outcome = try attack("--limit 40 \(setting)")
    #expect(outcome.problems.isEmpty)
    let records = try outcome.records()
    #expect(records.allSatisfy { $0["epsilon"]?.number == epsilon && $0["failure"] == nil })
    // A distance is in single precision.
    #expect(records.allSatisfy { Float($0["distance"]?.number ?? 9) <= Float(epsilon) })
    #expect(records.contains { $0["distance"]?.number ?? 0 > 0.9 * epsilon })
    #expect(records.contains { $0["natural"] != $0["perturbed"] })
  }

  @Test("A target is what images are taken for; more restarts fool no fewer")
  func strength() throws {
    let targeted = try attack("--limit 60 --epsilon 0.3 --step-size 0.03 --steps 20 --target 3").records()
    #expect(targeted.count { $0["perturbed"]?.integer == 3 } > targeted.count { $0["natural"]?.integer == 3 } + 20)
    #expect(targeted.allSatisfy { $0["parameters"]?["target"]?.integer == 3 })
    let fooled = try [1, 4].map { restarts in
      try attack("--limit 60 --epsilon 0.1 --steps 2 --step-size 0.02 --restarts \(restarts)").records()
        .count { $0["perturbed"] != $0["label"] }
    }
    #expect(fooled[0] <= fooled[1])
  }

  @Test("What another project would report is told, as it counts", arguments: ["foolbox", "torchattacks", "art"])
  func conventions(like: String) throws {
    let model = try TrainedModel.digits.get().path
    let outcome = try tool.run([model, "--limit", "40", "--epsilon", "0.05", "--like", like])
    let records = try outcome.records()
    let right = records.count { $0["natural"] == $0["label"] }
    let held = records.count { $0["perturbed"] == $0["label"] }
    #expect(records.count == 40 && held < right && right < 40)
    let share = { (part: Int, whole: Int) in
      "\((Double(part) / Double(whole) * 1000).rounded() / 10)"
    }
    let figure =
      switch like {
      case "foolbox": "success \(share(40 - held, 40)) %, \(40 - held) of all 40 images misclassified"
      case "art": "success \(share(right - held, right)) %, \(right - held) of the \(right) images that were right"
      default: "robust accuracy \(share(held, 40)) %, \(held) of all 40 images"
      }
    #expect(outcome.errors.contains("as \(like) counts, epsilon 0.05: \(figure)\n"))
  }

  @Test("One perturbation for all images is learnt from training images, and costs no gradient of the others")
  func universal() throws {
    let weak = try attack("--universal --limit 60 --samples 128 --steps 3 --epsilon 0.02,0.4").records()
    #expect(weak.count == 120)
    #expect(weak.allSatisfy { $0["attack"]?.string == "universal" && $0["backwards"]?.integer == 0 })
    #expect(weak[0]["parameters"]?.text == #"{"steps":3,"samples":128}"#)
    let right = { (epsilon: Double) in
      weak.count { $0["epsilon"]?.number == epsilon && $0["perturbed"] == $0["label"] }
    }
    #expect(right(0.4) < right(0.02))
    // Black and white pixels are moved one way alone, so all distances are the budget or less.
    #expect(weak.allSatisfy { $0["distance"]?.number ?? 1 <= ($0["epsilon"]?.number ?? 0) + 1e-6 })
    for (arguments, message) in [
      ("--universal --pgd", "--universal is an attack of its own: leave out --pgd"),
      ("--universal --restarts 3", "--restarts: --universal has no such setting; leave it out"),
      ("--universal --seed 3", "--seed 3: --universal draws nothing; leave it out"),
    ] {
      let outcome = try attack(arguments)
      #expect(outcome.status == 64 && outcome.errors.contains(message))
    }
  }

  @Test("Logits are the perturbed image's, their largest the predicted class")
  func logits() throws {
    for record in try attack("--limit 20 --steps 2 --logits").records() {
      let logits = try #require(record["logits"]?.array).compactMap(\.number)
      #expect(logits.count == 10)
      #expect(logits.firstIndex(of: logits.max() ?? 0) == record["perturbed"]?.integer)
    }
  }

  @Test(
    "Settings that mean nothing are one line and 64",
    arguments: [
      ("--epsilon=-0.1", "--epsilon: give 0 or more"),
      ("--epsilon 1e300", "--epsilon 1e300: pixels are 0...1, so give 1 at most; 8 of 255 levels are 8/255"),
      ("--norm l2 --epsilon 1e300", "epsilon inf: give a finite number, 0 or more"),
      ("--epsilon 16", "--epsilon 16: pixels are 0...1, so give 1 at most; 16 of 255 levels are 16/255"),
      ("--epsilon 0,0", "--epsilon 0,0: 0 comes twice; give each number once"),
      ("--epsilon 0.1 --reuse", "--reuse keeps successes for larger budgets: give --epsilon a list, as in 0.1,0.2,0.3"),
      ("--step-size 0", "--step-size 0: no step would move; give more than 0"),
      ("--fgsm --start random", "--start random: --fgsm starts at the image; leave it out, or take --pgd"),
      ("--fgsm --seed 3", "--seed 3: nothing is drawn here; leave it out"),
      ("--start clean --restarts 5", "--restarts 5: from the image itself all are alike; leave it out"),
      (
        "--loss kl --start clean",
        "--loss kl: its gradient is zero at the image itself, where this attack starts; take --start noise"
      ),
      ("--steps=-1", "-1 steps: give 0 or more"),
      ("--step-size=-1", "step size -1.0: give a finite number, 0 or more"),
      ("--restarts 0", "0 restarts: give 1 or more"),
      ("--target 10", "target 10: the model's classes are 0 to 9"),
      ("--target=-1", "target -1: the model's classes are 0 to 9"),
      ("--target 1 --loss kl", "target 1: the loss kl has none; take another loss"),
      ("--norm l2", "--norm l2 has no customary budget: give --epsilon"),
      ("--fgsm --steps 4", "--fgsm is one step of epsilon: leave out --steps and --step-size, or take --pgd"),
      (
        "--epsilon 0.2,0.1 --reuse",
        "--reuse keeps successes for larger budgets: let epsilon grow, as in 0.1,0.2,0.3"
      ),
      ("--batch-size 0", "--batch-size 0: give 1 or more; see cusp-attack --help"),
      ("--limit 0", "a limit of 0 images leaves none; ask for at least 1"),
      ("--data mnist:", "mnist:: names no folder; write mnist:DIR"),
    ])
  func refusals(setting: String, message: String) throws {
    let outcome = try attack(setting)
    #expect(outcome.status == 64)
    #expect(outcome.errors == "cusp-attack: \(message)\n")
    #expect(outcome.output.isEmpty)
  }

  @Test(
    "What the parser refuses is one line and 64",
    arguments: ["--shard 4/3", "--epsilon x", "--epsilon 1/0", "--norm l3", "--start there", "--pgd --fgsm"])
  func parsing(setting: String) throws {
    let outcome = try attack(setting)
    #expect(outcome.status == 64)
    #expect(outcome.errors.hasPrefix("cusp-attack: "))
    #expect(outcome.errors.hasSuffix("; see cusp-attack --help\n"))
    #expect(outcome.errors.count { $0 == "\n" } == 1)
  }

  @Test("A missing model is 66, what is no model 65")
  func missing() throws {
    let missing = try tool.run(["nowhere/m.h5"])
    #expect(missing.status == 66)
    #expect(missing.errors == "cusp-attack: nowhere/m.h5: no such file; check the path\n")
    let page = Fixture.repository.appending(path: "README.md").path
    let wrong = try tool.run([page])
    #expect(wrong.status == 65)
    #expect(wrong.errors.hasPrefix("cusp-attack: \(page): "))
    #expect(wrong.errors.count { $0 == "\n" } == 1)
  }
}
