import Checkpoints
import Foundation
import Records
import TestSupport
import Testing

/// Methods and curricula as the program takes them.
@Suite struct CurriculumToolTests {
  private let tool = BuiltTool("cusp-train")

  private func run(_ arguments: String, in folder: String) throws -> BuiltTool.Outcome {
    try tool.run(arguments.split(separator: " ").map(String.init), folder: folder)
  }

  @Test("What would happen is printed epoch by epoch, and nothing is written")
  func printing() throws {
    try Fixture.withTemporaryFolder { folder in
      let outcome = try run("--method cusp --epochs 6 --print-curriculum --quiet", in: folder)
      #expect(
        outcome.text == """
          epoch  learning rate  method  rotation  translation  epsilon  steps  step size
              1           0.05  pgd           10            0      0.1     10      0.025
              2           0.05  pgd           10            0      0.1     10      0.025
              3           0.05  pgd           20            0      0.2     10       0.05
              4           0.05  pgd           20            0      0.2     10       0.05
              5           0.05  pgd           30            0      0.3     10      0.075
              6          0.005  pgd           30            0      0.3     10      0.075

          """)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
      let warm = try run(
        "--method trades --schedule cosine --warm-up 1 --epochs 2 --limit 128 --print-curriculum", in: folder)
      let lines = warm.text.split(separator: "\n").dropFirst().map { $0.split(separator: " ") }
      #expect(lines.map { $0[0] } == ["1", "2"])
      #expect(lines[0][1...3] == ["0.0125", "to", "0.034567084"])
      #expect(lines[0][4] == "trades")
    }
  }

  @Test("The curricula of the page are those that are built in")
  func page() throws {
    let blocks = try MarkdownBlock.blocks(of: "formats/curriculum.md").filter { $0.language == "json" }
    #expect(blocks.count == 2)
    try Fixture.withTemporaryFolder { folder in
      for (name, block) in zip(["cusp-mnist", "cusp-cifar10"], blocks) {
        let file = URL(fileURLWithPath: "\(folder)/page.json")
        try Data(block.lines.joined(separator: "\n").utf8).write(to: file)
        let printed = try ["page.json", name].map {
          try run("--curriculum \($0) --epochs 120 --print-curriculum", in: folder).text
        }
        #expect(printed[0] == printed[1] && printed[0].count { $0 == "\n" } == 121)
      }
    }
  }

  @Test(
    "Every method trains by its records, and resumes to the byte",
    arguments: [
      "--method trades --epsilon 0.1 --steps 2 --rotation 15", "--method transformed-trades --steps 2 --translation 1",
      "--method trades --norm l2 --epsilon 1 --steps 2 --crop 1 --flip", "--method cusp",
      "--method cusp --inner trades",
      "--curriculum c.json --warm-up 1 --label-smoothing 0.1 --clip-gradient 1 --average-weights 0.5",
      "--schedule one-cycle --milestones-not",
      "--keep-best natural --validation 20",
      "--method pgd --epsilon 0.1 --steps 2 --average-weights 0.9 --keep-best robust --validation 0.25",
      "--method cusp --keep-best spatial", "--curriculum one.json",
      "--method cusp --curriculum one.json --inner trades",
      "--method pgd --epsilon 0.1 --steps 2 --clean-share 0.5 --schedule cosine --rotation 10",
      "--method pgd --adversary mi-fgsm --decay 0.5 --epsilon 0.1 --steps 2 --rotation 10 --clean-share 0.5",
      "--method pgd --adversary fgsm --norm l2 --epsilon 1 --keep-best robust --validation 0.25",
      "--method cusp --adversary bim", "--curriculum adversaries.json",
      "--method cusp --curriculum one.json --adversary mi-fgsm --decay 0.5",
      "--method pgd --epsilon 0.1 --steps 2 --rotation 30 --mixture random --schedule cyclic --cycles 2",
      "--method pgd --epsilon 0.1 --steps 2 --translation 1 --mixture average", "--curriculum mixtures.json",
    ])
  func methods(arguments: String) throws {
    try Fixture.withTemporaryFolder { folder in
      let curriculum = """
        {"epochs":2,"stages":[{"from":1,"rotation":5.5,"flip":true},
        {"from":2,"method":"pgd","norm":"l2","epsilon":"128/255","steps":2,"translation":1}]}
        """
      try Data(curriculum.utf8).write(to: URL(fileURLWithPath: "\(folder)/c.json"))
      let single = #"{"epochs":1,"stages":[{"from":1,"rotation":5.5,"method":"pgd","epsilon":0.1,"steps":1}]}"#
      try Data(single.utf8).write(to: URL(fileURLWithPath: "\(folder)/one.json"))
      let adversaries = """
        {"epochs":3,"stages":[{"from":1,"method":"pgd","adversary":"fgsm","epsilon":"8/255"},
        {"from":2,"method":"pgd","adversary":"mi-fgsm","epsilon":0.1,"steps":2,"decay":0.5},
        {"from":3,"method":"pgd","adversary":"bim","norm":"l1","epsilon":3,"steps":2}]}
        """
      try Data(adversaries.utf8).write(to: URL(fileURLWithPath: "\(folder)/adversaries.json"))
      let mixtures = """
        {"epochs":3,"stages":[{"from":1,"method":"pgd","rotation":30,"epsilon":0.1,"steps":2,"mixture":"alternating"},
        {"from":2,"method":"pgd","rotation":30,"epsilon":0.1,"steps":2,"mixture":"maximum"}]}
        """
      try Data(mixtures.utf8).write(to: URL(fileURLWithPath: "\(folder)/mixtures.json"))
      let arguments = arguments.replacingOccurrences(of: " --milestones-not", with: "")
      let recipe = "--quiet --threads 1 --limit 96 --epochs 3 \(arguments)"
      let outcome = try run("\(recipe) --output m.h5 --keep 1,2", in: folder)
      #expect(outcome.problems.isEmpty)
      #expect(try outcome.records().filter { $0["type"]?.string == "epoch" }.count == 3)
      let whole = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/m.h5"))
      // From the file alone, and with the command line said again.
      for (resumed, more) in [
        ("m-epoch1.h5", ""), ("m-epoch2.h5", recipe.replacingOccurrences(of: "--quiet", with: "")),
      ] {
        #expect(try run("-q --resume \(resumed) --save-every 1 \(more)", in: folder).problems.isEmpty)
        #expect(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(resumed)")) == whole)
      }
    }
  }

  @Test("Steps scale with their number, and a budget out of their reach is told")
  func reach() throws {
    try Fixture.withTemporaryFolder { folder in
      let scaled = try run("--method pgd --epsilon 0.1 --steps 4 --epochs 1 --print-curriculum", in: folder)
      #expect(scaled.text.hasSuffix("  0.1      4     0.0625\n") && scaled.errors.isEmpty)
      let short = try run(
        "--method pgd --epsilon 0.1 --steps 4 --step-size 0.01 --epochs 1 --limit 64 --output m.h5", in: folder)
      #expect(short.status == 0)
      #expect(
        short.errors.hasPrefix(
          "cusp-train: 4 steps of 0.01 lead 0.04 at most from where they start, less than epsilon 0.1: "
            + "take more or longer steps\n"))
    }
  }

  @Test("The file says the adversary where it is not PGD, which named makes the same file as unnamed")
  func adversaries() throws {
    try Fixture.withTemporaryFolder { folder in
      let recipe = "--quiet --threads 1 --limit 64 --epochs 1 --method pgd --epsilon 0.1"
      var digests: Set<String> = []
      for (name, settings) in [
        ("pgd", #""norm":"linf","epsilon":0.1,"steps":10,"step_size":0.025}"#),
        ("fgsm", #""adversary":"fgsm","norm":"linf","epsilon":0.1,"steps":1,"step_size":0.1}"#),
        ("bim", #""adversary":"bim","norm":"linf","epsilon":0.1,"steps":10,"step_size":0.025}"#),
        ("mi-fgsm", #""adversary":"mi-fgsm","norm":"linf","epsilon":0.1,"steps":10,"step_size":0.025,"decay":1}"#),
      ] {
        let outcome = try run("\(recipe) --adversary \(name) --output \(name).h5", in: folder)
        #expect(outcome.problems.isEmpty)
        let checkpoint = try Checkpoint(reading: "\(folder)/\(name).h5")
        digests.insert(checkpoint.digest)
        #expect(checkpoint.documents.configuration.hasSuffix(#""method":"pgd",\#(settings)"#))
      }
      #expect(digests.count == 4)
      #expect(try run("\(recipe) --output unnamed.h5", in: folder).problems.isEmpty)
      let files = try ["pgd", "unnamed"].map { try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0).h5")) }
      #expect(files[0] == files[1])
    }
  }

  @Test("An adversary in the place of a curriculum's keeps its budgets and steps")
  func replacedAdversary() throws {
    try Fixture.withTemporaryFolder { folder in
      let outcome = try run(
        "--quiet --limit 64 --epochs 3 --method cusp --adversary mi-fgsm --decay 0.5 --output m.h5", in: folder)
      #expect(outcome.problems.isEmpty)
      let document = try JSON(parsing: Checkpoint(reading: "\(folder)/m.h5").documents.configuration)
      let schema = try #require(try RecordSchemas.schema(of: "curriculum"))
      #expect(schema.problems(document["curriculum"] ?? .null) == [])
      #expect(
        document["curriculum"]?["stages"]?.array?.last?.text
          == #"{"from":3,"method":"pgd","rotation":30,"adversary":"mi-fgsm","norm":"linf","epsilon":0.3,"steps":10,"#
          + #""step_size":0.075,"decay":0.5}"#)
    }
  }

  @Test("Budgets of the stage are in the records and in the file")
  func budgets() throws {
    try Fixture.withTemporaryFolder { folder in
      let outcome = try run("--quiet --limit 64 --epochs 3 --method cusp --inner trades --output m.h5", in: folder)
      let epochs = try outcome.records().filter { $0["type"]?.string == "epoch" }
      #expect(epochs.map { $0["rotation"]?.number } == [10, 20, 30])
      #expect(epochs.map { $0["epsilon"]?.number } == [0.1, 0.2, 0.3])
      let document = try JSON(parsing: Checkpoint(reading: "\(folder)/m.h5").documents.configuration)
      #expect(document["method"] == nil)
      let schema = try #require(try RecordSchemas.schema(of: "curriculum"))
      #expect(schema.problems(document["curriculum"] ?? .null) == [])
      #expect(
        document["curriculum"]?["stages"]?.array?.last?.text
          == #"{"from":3,"method":"trades","rotation":30,"norm":"linf","epsilon":0.3,"steps":10,"step_size":0.075,"beta":5}"#
      )
    }
  }

  @Test(
    "What means nothing is one line",
    arguments: [
      (
        "--method cusp --epsilon 0.1", 64,
        "--epsilon: the curriculum says; leave it out, or take another method than cusp"
      ),
      (
        "--curriculum cusp-mnist --flip", 64,
        "--flip: the curriculum says; leave it out, or take another method than cusp"
      ),
      ("--curriculum cusp-mnist --method pgd", 64, "--curriculum says the method: leave out --method pgd"),
      ("--inner trades", 64, "--inner needs --method cusp or --curriculum"),
      ("--method pgd --beta 2", 64, "--beta needs --method trades"),
      ("--method cusp --beta 2", 64, "--beta needs trades"),
      ("--steps 3", 64, "--steps needs --method pgd or another with an attack"),
      ("--norm l2", 64, "--norm needs --method pgd or another with an attack"),
      ("--step-size 0.1", 64, "--step-size needs --method pgd or another with an attack"),
      ("--method pgd --step-size 0", 64, "--step-size 0: no step would move; give more than 0"),
      ("--method pgd --steps 0 --step-size 0.1", 64, "--step-size: no step is taken; leave it out"),
      ("--method trades --steps 0", 64, "--steps 0: the attack of TRADES would not move; give 1 or more"),
      (
        "--method pgd --epsilon 8", 64,
        "--epsilon 8: pixels are 0...1, so give 1 at most; 8 of 255 levels are 8/255"
      ),
      ("--adversary fgsm", 64, "--adversary needs --method pgd or another with an attack"),
      (
        "--method trades --adversary bim", 64,
        "--adversary: TRADES climbs a divergence that is flat at the image, where bim starts; take pgd"
      ),
      (
        "--method cusp --inner trades --adversary fgsm", 64,
        "--adversary: TRADES climbs a divergence that is flat at the image, where fgsm starts; take pgd"
      ),
      ("--method pgd --decay 0.5", 64, "--decay: pgd has no such setting; leave it out"),
      ("--method cusp --decay 0.5", 64, "--decay needs --adversary mi-fgsm"),
      (
        "--method pgd --adversary fgsm --steps 3", 64,
        "--steps: fgsm is one step of epsilon; leave it out, or take pgd"
      ),
      (
        "--method pgd --adversary fgsm --step-size 0.1", 64,
        "--step-size: fgsm is one step of epsilon; leave it out, or take pgd"
      ),
      ("--method pgd --adversary bim --steps 0", 64, "--steps: without one bim would not move; give 1 or more"),
      ("--method pgd --adversary mi-fgsm --norm l1 --epsilon 1", 64, "--norm: mi-fgsm measures by linf or l2"),
      (
        "--method pgd --adversary square", 64,
        "The value 'square' is invalid for '--adversary <adversary>': square asks for no gradients, but for more passes "
          + "than a step of training can wait for; take pgd, fgsm, bim, r-fgsm, mi-fgsm, ni-fgsm, vmi-fgsm, sparse-l1; see cusp-train --help"
      ),
      ("--keep 5 --epochs 2", 64, "--keep 5: the run has 2 epochs; give 1 to that many"),
      (
        "--method cusp --steps 3", 64, "--steps: the curriculum says; leave it out, or take another method than cusp"
      ),
      ("--method cusp --norm linf", 64, "--norm: the curriculum says; leave it out, or take another method than cusp"),
      ("--method cusp --inner pgd --beta 2", 64, "--beta needs trades"),
      (
        "--curriculum cusp-cifar10 --learning-rate 0.3", 64,
        "--learning-rate: the curriculum says the learning rate; leave it out"
      ),
      (
        "--curriculum cusp-cifar10 --schedule cosine", 64,
        "--schedule: the curriculum says the learning rate; leave it out"
      ),
      (
        "--curriculum cusp-cifar10 --milestones 3", 64,
        "--milestones: the curriculum says the learning rate; leave it out"
      ),
      ("--curriculum cusp-cifar10 --warm-up 1", 64, "--warm-up: the curriculum says the learning rate; leave it out"),
      ("--clean-share 0.5", 64, "--clean-share needs --method pgd or cusp"),
      ("--schedule cosine --milestones 3", 64, "--milestones needs --schedule steps"),
      ("--cycles 2", 64, "--cycles needs --schedule cyclic"),
      ("--schedule cyclic --cycles 11", 64, "--cycles 11: give 1 to 10"),
      ("--mixture random", 64, "--mixture needs --method pgd or another with an attack"),
      ("--method trades --rotation 9 --mixture random", 64, "--mixture random: goes with --method pgd alone"),
      (
        "--method pgd --mixture random", 64,
        "--mixture random: nothing is turned or moved; give --rotation or --translation"
      ),
      (
        "--method cusp --mixture random", 64,
        "--mixture: the curriculum says; leave it out, or take another method than cusp"
      ),
      ("--validation 0.2", 64, "--validation needs --keep-best"),
      ("--keep-best robust", 64, "--keep-best robust needs a method that attacks: pgd, trades or cusp"),
      ("--warm-up 11", 64, "--warm-up 11: give 0 to 10 epochs"),
      ("--rotation=-1", 64, "--rotation -1: give 0 to 360"),
      ("--curriculum nowhere", 66, "nowhere: no such curriculum; give cusp-cifar10, cusp-mnist or a file"),
    ])
  func refusals(arguments: String, status: Int, message: String) throws {
    try Fixture.withTemporaryFolder { folder in
      let outcome = try run(arguments, in: folder)
      #expect(Int(outcome.status) == status)
      #expect(outcome.errors == "cusp-train: \(message)\n")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }

  @Test(
    "A file that is no curriculum is refused by file, stage and key",
    arguments: [
      ("{", "line 1, column 2: "),
      ("[]", "is no curriculum: give `epochs` of 1 or more and a list of `stages`"),
      (#"{"epochs":0,"stages":[{"from":1}]}"#, "is no curriculum: give `epochs`"),
      (#"{"epochs":1,"stages":[{"from":1}],"x":1}"#, "no key `x`; a curriculum has `epochs` and `stages`"),
      (
        #"{"epochs":1,"growth":"fast","stages":[{"from":1}]}"#,
        #"`growth` is "fast"; choose one of steps, linear, exponential"#
      ),
      (
        #"{"epochs":2,"growth":"exponential","stages":[{"from":1},{"from":2,"rotation":9}]}"#,
        "`growth`: stages 1 and 2 differ in more than budgets, or one of 0 grows by a factor"
      ),
      (#"{"epochs":1,"stages":[{}]}"#, "stage 1: `from` is not a whole number of 1 to 1000000"),
      (#"{"epochs":1,"stages":[{"from":2}]}"#, "`from` is 1 in the first stage and then rises, up to `epochs`"),
      (#"{"epochs":3,"stages":[{"from":1},{"from":1}]}"#, "`from` is 1 in the first stage and then rises"),
      (#"{"epochs":3,"stages":[{"from":1},{"from":4}]}"#, "`from` is 1 in the first stage and then rises"),
      (
        #"{"epochs":3,"stages":[{"from":1,"learning_rate":1},{"from":2}]}"#,
        "give every stage a `learning_rate`, or none"
      ),
      (
        #"{"epochs":1,"stages":[{"from":1,"mixture":"maximum"}]}"#,
        "stage 1: `mixture` has no effect in the method natural; leave it out"
      ),
      (
        #"{"epochs":1,"stages":[{"from":1,"method":"pgd","epsilon":0.1,"mixture":"both"}]}"#,
        #"stage 1: `mixture` is "both"; choose one of composed, alternating, random, maximum, average"#
      ),
      (#"{"epochs":1,"stages":[{"from":1,"epsilom":1}]}"#, "stage 1: no setting `epsilom`; see formats/curriculum.md"),
      (
        #"{"epochs":1,"stages":[{"from":1,"method":"cusp"}]}"#,
        #"stage 1: `method` is "cusp"; choose one of natural, pgd"#
      ),
      (
        #"{"epochs":1,"stages":[{"from":1,"rotation":-1}]}"#,
        "stage 1: `rotation` is neither a number of 0 to 360 nor"
      ),
      (
        #"{"epochs":1,"stages":[{"from":1,"translation":1e300}]}"#, "stage 1: `translation` is neither a number of 0 to"
      ),
      (#"{"epochs":1,"stages":[{"from":1,"flip":1}]}"#, "stage 1: `flip` is neither true nor false"),
      (#"{"epochs":1,"stages":[1]}"#, "stage 1: is not an object"),
      (
        #"{"epochs":1,"stages":[{"from":1,"epsilon":0.1}]}"#,
        "stage 1: `epsilon` has no effect in the method natural; leave it out"
      ),
      (
        #"{"epochs":1,"stages":[{"from":1,"steps":3}]}"#,
        "stage 1: `steps` has no effect in the method natural; leave it out"
      ),
      (
        #"{"epochs":1,"stages":[{"from":1,"method":"pgd","epsilon":0.1,"beta":3}]}"#,
        "stage 1: `beta` has no effect in the method pgd; leave it out"
      ),
      (
        #"{"epochs":1,"stages":[{"from":1,"method":"pgd"}]}"#,
        "stage 1: the method pgd attacks within nothing; give `epsilon`"
      ),
      (#"{"epochs":1,"stages":[{"from":1,"method":"pgd","epsilon":8}]}"#, "stage 1: epsilon 8.0: pixels are 0...1"),
      (
        #"{"epochs":1,"stages":[{"from":1,"method":"pgd","epsilon":0.1,"step_size":0}]}"#,
        "stage 1: step size 0: no step would move"
      ),
      (
        #"{"epochs":1,"stages":[{"from":1,"adversary":"bim"}]}"#,
        "stage 1: `adversary` has no effect in the method natural; leave it out"
      ),
      (
        #"{"epochs":1,"stages":[{"from":1,"method":"trades","epsilon":0.1,"adversary":"bim"}]}"#,
        "stage 1: `adversary`: TRADES climbs a divergence that is flat at the image, where bim starts; take pgd"
      ),
      (
        #"{"epochs":1,"stages":[{"from":1,"method":"pgd","epsilon":0.1,"adversary":"deepfool"}]}"#,
        "stage 1: `adversary`: deepfool looks for the nearest image, and training attacks within a budget; take pgd, "
      ),
      (
        #"{"epochs":1,"stages":[{"from":1,"method":"pgd","epsilon":0.1,"adversary":7}]}"#,
        "stage 1: `adversary`: no attack `7`; take pgd, fgsm, bim, r-fgsm, mi-fgsm, ni-fgsm, vmi-fgsm, sparse-l1"
      ),
      (
        #"{"epochs":1,"stages":[{"from":1,"method":"pgd","epsilon":0.1,"decay":1}]}"#,
        "stage 1: `decay`: pgd has no such setting; leave it out"
      ),
      (
        #"{"epochs":1,"stages":[{"from":1,"method":"pgd","epsilon":0.1,"adversary":"fgsm","steps":2}]}"#,
        "stage 1: `steps`: fgsm is one step of epsilon; leave it out, or take pgd"
      ),
    ])
  func files(text: String, message: String) throws {
    try Fixture.withTemporaryFolder { folder in
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/c.json"))
      let outcome = try run("--curriculum c.json", in: folder)
      #expect(outcome.status == 65)
      #expect(outcome.errors.hasPrefix("cusp-train: c.json: \(message)"), "\(outcome.errors)")
      #expect(outcome.errors.count { $0 == "\n" } == 1)
    }
  }
}
