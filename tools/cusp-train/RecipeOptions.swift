import ArgumentParser
import Attacks
import Failures
import Records
import Spatial
import ToolSupport
import Training

/// How to train: everything that a `TrainingConfiguration` holds, as typed.
struct RecipeOptions: ParsableArguments {
  /// The methods by name.
  enum Method: String, CaseIterable, ExpressibleByArgument {
    case natural, pgd, trades, cusp
    case transformedTrades = "transformed-trades"
  }

  /// The courses of the learning rate by name.
  enum Course: String, CaseIterable, ExpressibleByArgument {
    case steps, cosine, cyclic
    case oneCycle = "one-cycle"
  }

  @Option(help: "natural; pgd: train on attacked images; trades; transformed-trades; cusp: by a curriculum.")
  var method: Method = .natural
  @Option(help: "What happens from which epoch on: cusp-cifar10, cusp-mnist or a JSON file, stretched to --epochs.")
  var curriculum: CurriculumOption?
  @Option(help: "With cusp: what is inside the curriculum instead of pgd, such as trades.") var inner: MethodName?
  @Flag(help: "Only print, epoch by epoch, what would happen.") var printCurriculum = false
  @Option(help: "How often every image is seen; of a substitute, in every round.") var epochs = 10
  @Option(help: "Images a step; the default is 128, or 32 where there are fewer than 10,000 images.") var batchSize:
    Int?
  @Option(
    help: "The learning rate before its falls, unless the curriculum says; the default is 0.05, of adamw 0.001.")
  var learningRate: Float?
  @Option(help: "How the learning rate changes: steps, cosine, one-cycle or cyclic.") var schedule: Course = .steps
  @Option(help: "With --schedule cyclic: how often it rises and falls; the default is 1.") var cycles: Int?
  @Option(
    help:
      "With --schedule steps: after which epochs the rate falls to a tenth, as in 5,8, or none; the default is 5/6 of them, from 12 on also 5/12.",
    transform: EpochList.typed)
  var milestones: EpochList?
  @Option(help: "Let the learning rate rise linearly during so many epochs first.") var warmUp = 0
  @OptionGroup var descent: OptimizerOptions
  @Option(help: "The share of a label's probability that is spread over all classes.") var labelSmoothing: Float = 0
  @Option(help: "Shorten the gradient of all weights together to this length where it is longer.")
  var clipGradient: Float?
  @Option(help: "Keep a moving average of the weights as the model, of which a step keeps this share, as in 0.999.")
  var averageWeights: Float?
  @Option(help: "The model is that of the best epoch: by natural, spatial or robust accuracy on images held out.")
  var keepBest: Validation.Metric?
  @Option(
    help: "With --keep-best: how many images are held out, or a share of them below 1; the default is 0.1.",
    transform: HeldOutImages.typed)
  var validation: HeldOutImages?
  @Option(help: "Turn every image by up to so many degrees either way.") var rotation: Double?
  @Option(help: "Move every image by up to so many pixels along each axis.") var translation: Double?
  @Option(help: "Put so many black pixels around images and cut out a window at random.") var crop: Int?
  @Flag(help: "Mirror every other image.") var flip = false
  @Option(
    help:
      "With pgd and cusp: the attack by name: pgd, the default, fgsm, bim, r-fgsm, mi-fgsm, ni-fgsm, vmi-fgsm or sparse-l1.",
    completion: .list(AttackCatalogue.adversaries.map(\.name)), transform: AttackCatalogue.adversary(named:))
  var adversary: AttackDescription?
  @Option(
    help: "With mi-fgsm and its kin: what share of the momentum stays from step to step; the default is 1.",
    transform: ExactNumber.typed)
  var decay: ExactNumber?
  @Option(help: "With attacks: how distance is measured, linf, the default, l2 or l1.") var norm: Norm?
  @Option(
    help: "With attacks: the budget in pixel units; the default is 0.3 for one-channel images, 8/255 for colour.",
    transform: ExactNumber.typed)
  var epsilon: ExactNumber?
  @Option(help: "With attacks: steps; the default is 10, of fgsm 1.") var steps: Int?
  @Option(
    help:
      "With attacks: a step's length in pixel units; the default is 2.5 epsilon / steps, for TRADES in l2 2 epsilon / steps.",
    transform: ExactNumber.typed)
  var stepSize: ExactNumber?
  @Option(
    help: "With trades: the weight of the divergence; the default is 1 for one-channel images, else 6, in cusp 5.")
  var beta: Float?
  @Option(help: "With pgd: the share of every batch that is not attacked.") var cleanShare: Float = 0
  @Option(
    help: "With pgd: how turning and attacking join: composed, the default, alternating, random, maximum or average.")
  var mixture: Mixture?
  @Option(help: "The seed of all random numbers; the default is 0.", transform: Seed.typed) var seed: UInt64 = 0

  /// The learning rate before its falls.
  private var firstRate: Float { learningRate ?? descent.customaryRate }

  /// The name of the method, for a file.
  var name: String { curriculum != nil && method == .natural ? "curriculum" : method.rawValue }

  /// The configuration for images of `channels`, of which there are `imageCount`, or for a substitute that many at first.
  func configuration(channels: Int, imageCount: Int, augmentation: Augmentation?) throws -> TrainingConfiguration {
    // Stages are scaled to them.
    guard epochs >= 1 else { throw Failure(.usage, "--epochs \(epochs): give 1 or more") }
    let (epochs, overflows) = epochs.multipliedReportingOverflow(by: augmentation?.rounds ?? 1)
    guard !overflows else { throw Failure(.usage, "--epochs \(self.epochs): too many for so many rounds; lower it") }
    var configuration = TrainingConfiguration(
      stages: try stages(channels: channels), epochs: epochs,
      batchSize: batchSize ?? (imageCount < 10_000 ? min(32, imageCount) : 128),
      schedule: try makeSchedule(epochs: epochs), optimizer: try descent.rule(),
      weightDecay: descent.decay, seed: seed)
    (configuration.shardCount, configuration.sharesStatistics) = (descent.accumulate ?? 1, descent.syncBatchNorm)
    configuration.cleanShare = cleanShare
    (configuration.labelSmoothing, configuration.longestGradient) = (labelSmoothing, clipGradient)
    (configuration.averageDecay, configuration.augmentation) = (averageWeights, augmentation)
    configuration.validation = keepBest.map {
      Validation(metric: $0, imageCount: (validation ?? .share(0.1)).count(of: imageCount))
    }
    if validation != nil, keepBest == nil { throw Failure(.usage, "--validation needs --keep-best") }
    try refuseIdleSchedule(configuration)
    try configuration.validate()
    return configuration
  }

  /// Refuses a schedule where the curriculum says all learning rates.
  private func refuseIdleSchedule(_ configuration: TrainingConfiguration) throws {
    guard configuration.stages.allSatisfy({ $0.learningRate != nil }) else { return }
    let customary = Schedule.scaled(initial: firstRate, epochs: epochs)
    // What a model file says of its run repeats the customary ones.
    let idle = [
      ("--learning-rate", firstRate != descent.customaryRate), ("--schedule", schedule != .steps),
      ("--warm-up", warmUp != 0),
      ("--milestones", milestones.map { .steps(factor: 0.1, milestones: $0.epochs) != customary.course } ?? false),
    ]
    if let name = idle.first(where: \.1)?.0 {
      throw Failure(.usage, "\(name): the curriculum says the learning rate; leave it out")
    }
  }

  private func makeSchedule(epochs: Int) throws -> Schedule {
    guard schedule == .steps || milestones == nil else { throw Failure(.usage, "--milestones needs --schedule steps") }
    guard schedule == .cyclic || cycles == nil else { throw Failure(.usage, "--cycles needs --schedule cyclic") }
    var made =
      milestones.map { Schedule(initial: firstRate, milestones: $0.epochs) }
      ?? .scaled(initial: firstRate, epochs: epochs)
    switch schedule {
    case .steps: break
    case .cosine: made.course = .cosine
    case .oneCycle: made.course = .oneCycle
    case .cyclic: made.course = .cyclic(count: cycles ?? 1)
    }
    made.warmUp = warmUp
    return made
  }
}
