import ArgumentParser
import Attacks
import Failures
import ToolSupport
import Training

/// How to train: everything that a `TrainingConfiguration` holds, as typed.
struct RecipeOptions: ParsableArguments {
  /// The methods by name.
  enum Method: String, CaseIterable, ExpressibleByArgument {
    case natural, pgd
  }

  @Option(help: "natural, or pgd: train on attacked images.") var method: Method = .natural
  @Option(help: "How often every image is seen.") var epochs = 10
  @Option(help: "Images a step; the default is 128, or 32 where there are fewer than 10,000 images.") var batchSize:
    Int?
  @Option(help: "The learning rate before its falls.") var learningRate: Float = 0.05
  @Option(
    help:
      "The learning rate falls to a tenth after so many epochs, as in 5,8, or none; the default is 5/6 of them, from 12 on also 5/12."
  )
  var milestones: EpochList?
  @Option(help: "The share of the last direction that a step keeps.") var momentum: Float = 0.9
  @Option(help: "The pull of all weights towards zero.") var weightDecay: Float = 5e-4
  @Option(help: "With pgd: how distance is measured, linf or l2.") var norm: Norm = .linf
  @Option(help: "With pgd: the budget in pixel units; the default is 0.3 for one-channel images, 8/255 for colour.")
  var epsilon: ExactNumber?
  @Option(help: "With pgd: steps of the attack.") var steps = 10
  @Option(help: "With pgd: a step's length in pixel units; the default is a quarter of epsilon.")
  var stepSize: ExactNumber?
  @Option(help: "The seed of all random numbers.") var seed: UInt64 = 0

  /// The configuration for images of `channels`, of which there are `imageCount`.
  func configuration(channels: Int, imageCount: Int) throws -> TrainingConfiguration {
    let schedule =
      milestones.map { StepSchedule(initial: learningRate, milestones: $0.epochs) }
      ?? .scaled(initial: learningRate, epochs: epochs)
    let configuration = TrainingConfiguration(
      method: try method(channels: channels), epochs: epochs,
      batchSize: batchSize ?? (imageCount < 10_000 ? min(32, imageCount) : 128),
      schedule: schedule, momentum: momentum, weightDecay: weightDecay, seed: seed)
    try configuration.validate()
    return configuration
  }

  private func method(channels: Int) throws -> TrainingConfiguration.Method {
    guard method == .pgd else {
      if epsilon != nil || stepSize != nil { throw Failure(.usage, "--epsilon and --step-size need --method pgd") }
      return .natural
    }
    guard norm == .linf || epsilon != nil else {
      throw Failure(.usage, "--norm l2 has no customary budget: give --epsilon")
    }
    let radius = Float(epsilon?.value ?? (channels == 1 ? 0.3 : 8.0 / 255))
    let length = stepSize.map { Float($0.value) } ?? radius / 4
    return .pgd(ProjectedGradientDescent(norm: norm, epsilon: radius, steps: steps, stepSize: length, seed: seed))
  }
}

/// Epochs as typed, `5,10`, each 1 or more, or `none`.
struct EpochList: ExpressibleByArgument {
  let epochs: [Int]

  init?(argument: String) {
    if argument == "none" {
      epochs = []
      return
    }
    let epochs = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard epochs.allSatisfy({ $0.map { $0 >= 1 } ?? false }) else { return nil }
    self.epochs = epochs.compactMap { $0 }
  }
}
