public import ArgumentParser
public import Attacks
import Networks
public import Records
import ToolSupport

extension AttackLoss: ExpressibleByArgument {}
extension Start: ExpressibleByArgument {}
extension Projection: ExpressibleByArgument {}
extension StepDirection: ExpressibleByArgument {}

/// What can be set of attacks besides norm, budget and seed: an option for each setting of the catalogue.
public struct AttackSettingOptions: ParsableArguments {
  @Option(help: "Steps of PGD; the default is 40 for one-channel images, 10 for colour.")
  var steps: Int?

  /// How far a step goes, in pixel units.
  @Option(
    help:
      "A step's length in pixel units; the default is 4/3 epsilon / steps for one-channel images, 2.5 epsilon / steps for colour and with l2 and l1.",
    transform: ExactNumber.typed)
  public var stepSize: ExactNumber?

  @Option(
    help:
      "Where PGD starts: random, within the budget, the default; noise, near the image as in TRADES; signs, a step in random directions; uniform or radial under l2, as in Foolbox and torchattacks; or clean."
  )
  var start: Start?

  @Option(help: "Random starts an image; the first that fools counts. The default is 1.")
  var restarts: Int?

  @Option(help: "The class (from 0) that the image shall be taken for; without it, any but its own.")
  var target: Int?

  @Option(help: "What the attack climbs: cross-entropy, the default, margin or kl.")
  var loss: AttackLoss?

  @Option(help: "What share of the momentum stays from step to step; the default is 1.", transform: ExactNumber.typed)
  var decay: ExactNumber?

  @Option(help: "How many classes targeted attacks aim at in turn; the default is 9, of apgd-t under l1 5.")
  var targets: Int?

  @Option(help: "How often attacks without gradients may ask the network; the default is 5000.")
  var queries: Int?

  @Option(
    help: "By what share a step of DeepFool or SparseFool goes beyond the boundary; the default is 0.02.",
    transform: ExactNumber.typed)
  var overshoot: ExactNumber?

  @Option(
    help:
      "How many constants cw, ead, lbfgs and stadv try, and minimal-apgd budgets; the default is 9, of stadv 3, of cw under linf 73, of minimal-apgd 20."
  )
  var searches: Int?

  @Option(
    help: "By how much the wrong logit must lead, for Carlini and Wagner's attack; the default is 0.",
    transform: ExactNumber.typed)
  var confidence: ExactNumber?

  @Option(help: "The learning rate of attacks that use Adam; of cw 0.01.", transform: ExactNumber.typed)
  var learningRate: ExactNumber?

  @Option(
    help:
      "How many random points a step of spsa, nes, n-attack, hop-skip-jump (its first) or vmi-fgsm asks about; the default is 128, 100, 100, 100 or 5."
  )
  var samples: Int?

  @Option(help: "The side of the Gaussian that momentum attacks blur gradients with; the default, 1, blurs nothing.")
  var kernel: Int?

  @Option(
    help:
      "How probable it is that momentum attacks take a gradient at the image made smaller and put on black; the default is 0.",
    transform: ExactNumber.typed)
  var diversity: ExactNumber?

  @Option(
    help: "The share of slopes that move nothing in sparse-l1; the default is 0.99.", transform: ExactNumber.typed)
  var quantile: ExactNumber?

  @Option(
    help: "What comes last after a step of PGD under l2 or l1: ball-last, the default, or range-last, as in Foolbox.")
  var projection: Projection?

  @Option(
    help: "Which way a step of PGD goes under l1: steepest, one pixel value's, the default, or gradient, as in Foolbox."
  )
  var direction: StepDirection?

  @Option(
    help: "Attacks by name, as in pgd,square, each on what survived those before.",
    completion: .list(AttackCatalogue.all.map { "\($0.name),..." }))
  var ensemble: String?

  /// No setting but the attack's own.
  public init() {}

  /// What was given, in the order of the catalogue's settings.
  public var values: [AttackSetting: AttackParameter.Value] {
    let values: [AttackSetting: AttackParameter.Value?] = [
      .steps: integer(steps), .stepSize: number(stepSize), .start: text(start), .restarts: integer(restarts),
      .target: integer(target), .loss: text(loss), .decay: number(decay), .targets: integer(targets),
      .queries: integer(queries), .overshoot: number(overshoot), .searches: integer(searches),
      .confidence: number(confidence), .learningRate: number(learningRate), .samples: integer(samples),
      .kernel: integer(kernel), .diversity: number(diversity),
      .quantile: number(quantile), .projection: text(projection), .direction: text(direction),
      .members: members,
    ]
    return values.compactMapValues { $0 }
  }

  private var members: AttackParameter.Value? {
    ensemble.map { .list($0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)) }
  }

  private func integer(_ value: Int?) -> AttackParameter.Value? { value.map { .integer($0) } }
  private func number(_ value: ExactNumber?) -> AttackParameter.Value? { value.map { .number(Float($0.value)) } }
  private func text(_ value: (some RawRepresentable<String>)?) -> AttackParameter.Value? {
    value.map { .text($0.rawValue) }
  }
}
