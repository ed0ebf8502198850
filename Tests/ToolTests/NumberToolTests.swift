import Records
import TestSupport
import Testing

/// Numbers as users type them.
@Suite struct NumberToolTests {
  @Test(
    "Negative and wrong numbers are refused in their own words, by every program alike",
    arguments: [
      ("--epsilon -5", "0 or more"), ("--epsilon -1/255,0", "0 or more"),
      ("--seed -1", "The value '-1' is invalid for '--seed <seed>': give a whole number of 0 to 2^64 - 1"),
      ("--rotation -30", "--rotation -30: give 0 to 360"), ("--rotation 361", "--rotation 361: give 0 to 360"),
      ("--translation -1", "--translation -1: give 0 to 10000"),
      ("--threads -2", "--threads -2: give 1 to 1024"),
    ])
  func refusals(arguments: String, words: String) throws {
    let model = try TrainedModel.digits.get().path
    let commands = [
      "cusp-attack \(model) --pgd", "cusp-evaluate \(model) --pgd",
      "cusp-train --method pgd --limit 64 --output never.h5",
    ]
    for command in commands where !(command.hasPrefix("cusp-train") && arguments.contains(",")) {
      let outcome = try bash("\(command) \(arguments)")
      #expect(outcome.status == 64, "\(command) \(arguments)")
      #expect(outcome.errors.contains(words), "\(outcome.errors)")
      #expect(outcome.errors.count { $0 == "\n" } == 1 && outcome.output.isEmpty)
    }
  }

  @Test(
    "Lists that are none are refused with the form that is taken",
    arguments: [
      ("--rotation 30deg", "give numbers without a unit"), ("--epsilon 0.1:0.3", "0.1:0.3 has no step; give ranges as"),
      ("--rotation 180:0:15", "steps of 15 do not lead from 180 to 0; give FIRST:LAST:STEP"),
    ])
  func lists(arguments: String, words: String) throws {
    let option = arguments.split(separator: " ")[0].dropFirst(2)
    let value = arguments.split(separator: " ")[1]
    for program in ["cusp-attack", "cusp-evaluate"] {
      let outcome = try bash("\(program) m.h5 \(arguments)")
      #expect(outcome.status == 64)
      let start = "\(program): The value '\(value)' is invalid for '--\(option) <\(option)>': "
      #expect(outcome.errors.hasPrefix(start + words), "\(outcome.errors)")
    }
  }

  @Test("An exact rotation may be negative, which turns the other way")
  func negativeRotation() throws {
    let model = try TrainedModel.digits.get().path
    let attack = "cusp-attack --quiet \(model) --spatial --limit 5 --rotation-exact"
    let records = try bash("\(attack) --rotation -30").records()
    #expect(records.map { $0["pose"]?["degrees"]?.number } == Array(repeating: -30, count: 5))
    let classes = { (records: [JSON]) in records.map { $0["perturbed"]?.integer } }
    #expect(try classes(records) == classes(bash("\(attack) --rotation 330").records()))
    let scores = try bash("cusp-evaluate --quiet \(model) --limit 50 --rotation-exact --rotation -30,30")
    #expect(scores.problems.isEmpty)
    #expect(try scores.records().map { $0["rotation"]?.number } == [-30, 30])
    let table = try bash("cusp-evaluate --quiet \(model) --limit 50 --rotation-exact --rotation -30 --compare").text
    #expect(table.contains("rotation -30 exact"))
    #expect(try bash("\(attack) --rotation -361").status == 64)
  }

  @Test("Curricula and the service take the same angles as options")
  func sameAngles() throws {
    for (rotation, status) in [("360", 0), ("361", 65), ("-1", 65)] as [(String, Int32)] {
      let stage = #"{"epochs":1,"stages":[{"from":1,"rotation":\#(rotation)}]}"#
      #expect(try bash("cusp-train --print-curriculum --epochs 1 --curriculum '\(stage)'").status == status)
    }
    let model = try TrainedModel.digits.get().path
    let requests = [
      #""rotation":-30,"rotation_exact":true"#, #""rotation_exact":true,"rotation":-30"#, #""rotation":-30"#,
      #""rotation":361"#, #""rotation":-361,"rotation_exact":true"#,
    ].map { #"{"id":1,"op":"transform","image":{"data":"digits","index":0},"transform":{\#($0)}}"# }
    let replies = try BuiltTool("cusp-serve").run(
      [model, "--quiet"], text: requests.map { "\($0)\n" }.joined()
    ).records().dropFirst()
    #expect(replies.map { $0["pose"]?["degrees"]?.number } == [-30, -30, nil, nil, nil])
    let words = replies.suffix(3).map { $0["message"]?.string?.split(separator: ";").last.map(String.init) }
    #expect(words == [" give 0 to 360", " give 0 to 360", " give -360 to 360"])
  }
}
