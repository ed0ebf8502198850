import Attacks
import Failures
import Networks
import Optimizers
import Testing
import Training

@Suite("The settings of a run")
struct SettingTests {
  @Test(
    "The scaled schedule falls where the paper's does",
    arguments: [
      (120, [50, 100]), (12, [5, 10]), (11, [9]), (6, [5]), (3, [2]), (2, [1]), (1, []),
      (.max, [.max / 12 * 5 + 2, .max / 6 * 5 + 0]),
    ] as [(Int, [Int])])
  func milestones(epochs: Int, expected: [Int]) {
    let schedule = Schedule.scaled(initial: 0.05, epochs: epochs)
    #expect(schedule == Schedule(initial: 0.05, course: .steps(factor: 0.1, milestones: expected)))
  }

  @Test("A rate falls at the start of its epoch, and prints as people expect")
  func rates() {
    let schedule = Schedule.scaled(initial: 0.05, epochs: 120)
    let rates = [0, 49, 50, 99, 100, 119].map { schedule.rate(epoch: $0, epochs: 120).description }
    #expect(rates == ["0.05", "0.05", "0.005", "0.005", "0.0005", "0.0005"])
    #expect(Schedule(initial: 0.1, factor: 0.5, milestones: []).rate(epoch: 1000, epochs: 1001) == 0.1)
    #expect(Schedule(initial: 0.1, factor: 0.5, milestones: [3, 1]).rate(epoch: 1, epochs: 2).description == "0.05")
  }

  @Test(
    "Settings that mean nothing are refused by the option's name",
    arguments: [
      (recipe(epochs: 0), "--epochs 0: give 1 or more"),
      (recipe(batchSize: 1), "--batch-size 1: give 2 or more"),
      (recipe(learningRate: 0), "--learning-rate 0.0: give more than 0"),
      (recipe(learningRate: .infinity), "--learning-rate inf: give more than 0"),
      (recipe(learningRate: .nan), "--learning-rate nan: give more than 0"),
      (recipe(momentum: 1), "--momentum 1.0: give a number from 0 up to, not including, 1"),
      (recipe(momentum: -0.5), "--momentum -0.5: give a number from 0 up to, not including, 1"),
      (
        recipe(.sgd(momentum: 0, isNesterov: true)),
        "--nesterov: looks ahead by the momentum, which is 0; raise --momentum"
      ),
      (recipe(.adamW(beta2: 1)), "--betas 0.9,1.0: give numbers from 0 up to, not including, 1"),
      (recipe(.adamW(epsilon: 0)), "adamw: an epsilon of 0.0: give more than 0"),
      (recipe(shardCount: 0), "--accumulate 0: \(shards)"), (recipe(shardCount: 3), "--accumulate 3: \(shards)"),
      (recipe(shardCount: 16), "--accumulate 16: \(shards)"),
      (recipe(weightDecay: -1), "--weight-decay -1.0: give 0 or more"),
      (recipe(weightDecay: .nan), "--weight-decay nan: give 0 or more"),
    ])
  func refusals(configuration: TrainingConfiguration, message: String) {
    #expect(throws: Failure(.usage, message)) { try configuration.validate() }
  }

  @Test("The customary settings are accepted")
  func accepted() throws {
    try recipe().validate()
    try recipe(epochs: 1, batchSize: 2, momentum: 0, weightDecay: 0, seed: .max).validate()
  }

  @Test("An attack that means nothing is refused when the trainer is made")
  func attack() throws {
    let graph = try digitsGraph()
    let data = try digits(32)
    #expect(throws: Failure(.usage, "epsilon -0.1: give a finite number, 0 or more")) {
      _ = try trainer(recipe(method: .pgd(epsilon: -0.1)), graph, data, on: try TestBackend.all[0].make())
    }
  }

  @Test("Data that do not fit are refused")
  func data() throws {
    let backend = try TestBackend.all[0].make()
    let images = try digits(32)
    #expect(
      throws: Failure(
        .data, "digits: 10 classes of [1x8x8] do not fit dropouts, made for 3 of [1x6x5]")
    ) { _ = try trainer(recipe(), dropoutGraph(), images, on: backend) }
    #expect(
      throws: Failure(.data, "digits: 10 classes of [1x8x8] do not fit digits-cnn, made for 9 of [1x8x8]")
    ) {
      let graph = try NetworkGraph(Architecture.digitsCNN.definition(classCount: 9))
      _ = try trainer(recipe(), graph, images, on: backend)
    }
    #expect(
      throws: Failure(.usage, "digits: 32 images do not fill a batch of 33: lower --batch-size")
    ) { _ = try trainer(recipe(batchSize: 33), digitsGraph(), images, on: backend) }
  }
}

private let shards = "give a power of two that cuts a batch of 16 into equal parts of 2 or more"

private func recipe(_ optimizer: Optimizer) -> TrainingConfiguration {
  var recipe = recipe()
  recipe.optimizer = optimizer
  return recipe
}

private func recipe(shardCount: Int) -> TrainingConfiguration {
  var recipe = recipe()
  recipe.shardCount = shardCount
  return recipe
}
