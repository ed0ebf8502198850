import ArgumentParser
import Attacks
import Evaluation
import Failures
import Records
import Testing
import ToolOptions
import ToolSupport

@Suite("Options of attacks")
struct AttackOptionsTests {
  private struct Names: ParsableArguments {
    @Flag var name: AttackName = .pgd
  }

  /// The attack that a command line means for images of `channels`.
  private func attack(
    _ arguments: [String] = [], name: AttackName = .pgd, epsilon: String? = nil, channels: Int = 1
  ) throws -> NamedAttack {
    let budgets = try epsilon.map { try #require(NumberList($0)) }
    return try #require(
      try AttackOptions.parse(arguments).attacks(name, epsilon: budgets, channels: channels).first)
  }

  @Test("Without options it is advertorch's attack on digits: 0.3 in 40 steps of 0.01")
  func grayDefaults() throws {
    let named = try attack()
    #expect((named.name, named.epsilon) == ("pgd", 0.3))
    #expect(
      named.descent
        == ProjectedGradientDescent(
          norm: .linf, epsilon: 0.3, steps: 40, stepSize: 0.01, start: .random, restarts: 1, loss: .crossEntropy,
          target: nil, seed: 0))
  }

  @Test("On colour images it is 8/255 in 10 steps of 2/255, to the bit", arguments: [3, 4])
  func colourDefaults(channels: Int) throws {
    let named = try attack(channels: channels)
    #expect(named.epsilon == 0.03137254901960784)
    #expect(named.descent.steps == 10)
    // numpy.float32(8 / 255) and numpy.float32(2 / 255)
    #expect(named.descent.epsilon.bitPattern == 0x3D00_8081)
    #expect(named.descent.stepSize.bitPattern == 0x3C00_8081)
    #expect(try attack(["--step-size", "2/255"], epsilon: "8/255", channels: channels) == named)
  }

  @Test("Every option reaches the attack")
  func everyOption() throws {
    let arguments =
      "--norm l2 --steps 7 --step-size 0.25 --start noise --restarts 3 --target 2 --loss margin --seed "
      + "18446744073709551615"
    let named = try attack(arguments.split(separator: " ").map(String.init), epsilon: "1/4", channels: 3)
    #expect(
      named.descent
        == ProjectedGradientDescent(
          norm: .l2, epsilon: 0.25, steps: 7, stepSize: 0.25, start: .noise, restarts: 3, loss: .margin, target: 2,
          seed: .max))
    #expect(try AttackOptions.parse(["--loss", "kl"]).settings.values == [.loss: .text("kl")])
  }

  @Test("A list of budgets is an attack each, and stopping early is told in records")
  func lists() throws {
    let options = try AttackOptions.parse(["--early-stop", "--reuse", "--norm", "l2", "--steps", "5"])
    #expect(options.reuse)
    let attacks = try options.attacks(.pgd, epsilon: NumberList("0.5,1"), channels: 1)
    #expect(attacks.map(\.epsilon) == [0.5, 1])
    #expect(attacks.map(\.descent.stepSize) == [0.25, 0.5])
    #expect(attacks.allSatisfy { $0.stopsEarly && $0.parameters["early_stop"] == .bool(true) })
    #expect(attacks.map { $0.parameters["reuse"]?.text } == [nil, "[0.5]"])
    let plain = try AttackOptions.parse([]).attacks(.fgsm, epsilon: nil, channels: 3)
    #expect(plain.map(\.epsilon) == [8.0 / 255])
    #expect(plain.allSatisfy { !$0.stopsEarly && $0.parameters["early_stop"] == nil })
  }

  @Test("Steps scale with a budget of one's own and with their number")
  func ownBudget() throws {
    let named = try attack(epsilon: "0.1")
    #expect(named.epsilon == 0.1)
    #expect((named.descent.epsilon, named.descent.steps, named.descent.stepSize) == (0.1, 40, Float(0.1 / 30)))
    #expect(try attack(["--steps", "5"]).descent.stepSize == 0.08)
    #expect(try attack(["--steps", "20"], epsilon: "4/255", channels: 3).descent.stepSize == Float(0.5 / 255))
    #expect(try (attack(epsilon: "0").descent.epsilon, attack(epsilon: "0").descent.stepSize) == (0, 0))
    for budget in ["0.001", "0.3", "1"] {
      for channels in [1, 3] { #expect(try !attack(epsilon: budget, channels: channels).descent.fallsShort) }
    }
  }

  @Test("Steps that do not reach the budget are told, with how far they lead")
  func shortfall() throws {
    func told(_ arguments: String, epsilon: String) throws -> String? {
      try AttackOptions.parse(arguments.split(separator: " ").map(String.init))
        .attacks(.pgd, epsilon: NumberList(epsilon), channels: 1).shortfall
    }
    #expect(
      try told("--steps 10 --step-size 0.01", epsilon: "0,0.1,8/255,0.2,0.3")
        == "10 steps of 0.01 lead 0.1 at most from where they start, less than epsilon 0.2, 0.3: "
        + "take more or longer steps")
    #expect(try told("--steps 0", epsilon: "0.3")?.hasPrefix("0 steps of 0.4 lead 0 at most") == true)
    #expect(try told("--steps 10", epsilon: "0.3") == nil)
    #expect(try told("--norm l2 --steps 3 --step-size 0.5", epsilon: "1.5") == nil)
    #expect([NamedAttack]().shortfall == nil)
  }

  @Test("Under l2 a step goes 2.5 epsilon / steps, and no steps divide by nothing")
  func euclideanSteps() throws {
    #expect(try attack(["--norm", "l2", "--steps", "20"], epsilon: "0.5").descent.stepSize == 0.0625)
    #expect(try attack(["--norm", "l2"], epsilon: "2").descent.stepSize == 0.125)
    #expect(try attack(["--norm", "l2"], epsilon: "2", channels: 3).descent.stepSize == 0.5)
    #expect(try attack(["--norm", "l2", "--steps", "0"], epsilon: "2").descent.stepSize == 5)
    #expect(try attack(["--norm", "l2"], epsilon: "200").descent.epsilon == 200)
    #expect(try attack(["--norm", "l2", "--step-size", "0.1"], epsilon: "2").descent.stepSize == 0.1)
  }

  @Test("FGSM is one step of the whole budget from the clean image")
  func fastGradientSign() throws {
    let expected = ProjectedGradientDescent(
      norm: .linf, epsilon: 0.3, steps: 1, stepSize: 0.3, start: .clean, restarts: 1, loss: .crossEntropy)
    let named = try attack(
      ["--seed", "0", "--steps", "1", "--step-size", "0.30", "--start", "clean", "--restarts", "1"], name: .fgsm)
    #expect((named.name, named.epsilon, named.descent) == ("fgsm", 0.3, expected))
    let euclidean = try attack(["--norm", "l2", "--target", "1", "--loss", "margin"], name: .fgsm, epsilon: "1/2")
    #expect(euclidean.descent.norm == .l2)
    #expect((euclidean.descent.stepSize, euclidean.descent.target, euclidean.descent.loss) == (0.5, 1, .margin))
  }

  @Test("Steps and step sizes of PGD are refused for FGSM", arguments: [["--steps", "9"], ["--step-size", "0.5"]])
  func moreThanOneStep(arguments: [String]) {
    let message = "--fgsm is one step of epsilon: leave out --steps and --step-size, or take --pgd"
    #expect(throws: Failure(.usage, message)) { try attack(arguments, name: .fgsm) }
  }

  @Test("Budgets that mean nothing are refused")
  func badBudgets() {
    #expect(throws: Failure(.usage, "--norm l2 has no customary budget: give --epsilon")) {
      try attack(["--norm", "l2"])
    }
    #expect(throws: Failure(.usage, "--epsilon: give 0 or more")) { try attack(epsilon: "-8/255") }
    for (text, example) in [("8", 8), ("1.5", 8), ("255", 255), ("256", 8), ("1e300", 8)] {
      let message = "\(text): pixels are 0...1, so give 1 at most; \(example) of 255 levels are \(example)/255"
      #expect(throws: Failure(.usage, "--epsilon \(message)")) { try attack(epsilon: text, channels: 3) }
      #expect(throws: Failure(.usage, "--step-size \(message)")) { try attack(["--step-size", text]) }
    }
    #expect(throws: Failure(.usage, "--epsilon 0,0.1,0.00: 0.00 comes twice; give each number once")) {
      try attack(epsilon: "0,0.1,0.00")
    }
  }

  @Test(
    "Settings that change nothing are refused by name",
    arguments: [
      ("--start clean --restarts 5", "--restarts 5: from the image itself all are alike; leave it out"),
      (
        "--loss kl --start clean",
        "--loss kl: its gradient is zero at the image itself, where this attack starts; take --start noise"
      ),
      ("--start clean --steps 0", "--steps 0: from the image itself nothing would move; give 1 or more"),
      ("--start clean --seed 5", "--seed 5: nothing is drawn here; leave it out"),
      ("--steps 0 --step-size 0.1", "--step-size: no step is taken; leave it out"),
      ("--step-size 0", "--step-size 0: no step would move; give more than 0"),
      ("--reuse", "--reuse keeps successes for larger budgets: give --epsilon a list, as in 0.1,0.2,0.3"),
      ("--bim --steps 0", "--steps 0: from the image itself nothing would move; give 1 or more"),
      ("--fgsm --start random", "--start random: --fgsm starts at the image; leave it out, or take --pgd"),
      ("--fgsm --restarts 2", "--restarts 2: from the image itself all are alike; leave it out"),
      ("--fgsm --seed 1", "--seed 1: nothing is drawn here; leave it out"),
      ("--mi-fgsm --seed 1", "--seed 1: nothing is drawn here; leave it out"),
      (
        "--fgsm --loss kl",
        "--loss kl: its gradient is zero at the image itself, where this attack starts; take --start noise"
      ),
    ])
  func idle(arguments: String, message: String) {
    let words = arguments.split(separator: " ").map(String.init)
    let name = AttackName(rawValue: String(words[0].dropFirst(2)))
    #expect(throws: Failure(.usage, message)) {
      try attack(name == nil ? words : Array(words.dropFirst()), name: name ?? .pgd)
    }
  }

  @Test("A seed that decides poses is none that nothing is drawn by, and every setting of an attack is known by name")
  func given() throws {
    let options = try AttackOptions.parse(["--seed", "5"])
    #expect(try options.attacks(.fgsm, epsilon: nil, channels: 1, drawsPoses: true)[0].descent.seed == 5)
    #expect(options.given == [])
    #expect(throws: (any Error).self) { try options.refuseIdleSeed(drawsPoses: false) }
    try options.refuseIdleSeed(drawsPoses: true)
    try AttackOptions.parse(["--seed", "0"]).refuseIdleSeed(drawsPoses: false)
    let all = "--norm linf --steps 40 --step-size 0.1 --start random --restarts 1 --target 0 --loss margin --early-stop"
    let words = (all + " --reuse").split(separator: " ").map(String.init)
    #expect(try AttackOptions.parse(words).given == words.filter { $0.hasPrefix("--") })
  }

  @Test("The name of an attack is a flag, PGD without one, and only one")
  func names() throws {
    #expect(try Names.parse([]).name == .pgd)
    #expect(try Names.parse(["--pgd"]).name == .pgd)
    #expect(try Names.parse(["--fgsm"]).name == .fgsm)
    #expect(throws: (any Error).self) { try Names.parse(["--fgsm", "--pgd"]) }
    #expect(throws: (any Error).self) { try Names.parse(["--carlini"]) }
  }

  @Test(
    "What is no setting is refused by name",
    arguments: [
      (["--norm", "l3"], "The value 'l3' is invalid for '--norm <norm>'"),
      (["--steps", "1.5"], "The value '1.5' is invalid for '--steps <steps>'"),
      (["--step-size", "1/0"], "The value '1/0' is invalid for '--step-size <step-size>'"),
      (["--step-size", "nan"], "The value 'nan' is invalid for '--step-size <step-size>'"),
      (
        ["--start", "x"], "The value 'x' is invalid for '--start <start>'"
      ), (["--restarts", "-"], "The value '-' is invalid for '--restarts <restarts>'"),
      (["--target", "cat"], "The value 'cat' is invalid for '--target <target>'"),
      (["--seed=-1"], "The value '-1' is invalid for '--seed <seed>'"),
      (["--seed", "18446744073709551616"], "The value '18446744073709551616' is invalid for '--seed <seed>'"),
      (
        ["--loss", "hinge"],
        "The value 'hinge' is invalid for '--loss <loss>'"
      ),
    ])
  func refusals(arguments: [String], message: String) { expectRefusal(AttackOptions.self, arguments, message) }
}

extension NamedAttack {
  /// The attack, which is one of projected gradients.
  var descent: ProjectedGradientDescent { attack as? ProjectedGradientDescent ?? .fastGradientSign(epsilon: .nan) }
}
