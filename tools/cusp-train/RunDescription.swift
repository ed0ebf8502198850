import Attacks
import Records
import ToolSupport
import Training

extension TrainingConfiguration {
  /// Everything that decided the run, with defaults filled in, for the checkpoint: every key is an option's name, so that
  /// the run can be resumed from it.
  func json(data: String, limit: Int?) -> JSON {
    var members: [JSON.Member] = [
      .init("data", .string(data)), .init("limit", limit.map { .integer(Int64($0)) } ?? .null),
      .init("epochs", .integer(Int64(epochs))), .init("batch_size", .integer(Int64(batchSize))),
      .init("learning_rate", number(schedule.initial)),
      .init("milestones", .array(schedule.milestones.map { .integer(Int64($0)) })),
      .init("momentum", number(momentum)), .init("weight_decay", number(weightDecay)),
      .init("seed", .string(String(seed))),
    ]
    switch method {
    case .natural: members.append(.init("method", .string("natural")))
    case .pgd(let attack):
      members += [
        .init("method", .string("pgd")), .init("norm", .string(attack.norm.rawValue)),
        .init("epsilon", number(attack.epsilon)), .init("steps", .integer(Int64(attack.steps))),
        .init("step_size", number(attack.stepSize)),
      ]
    }
    return .object(members)
  }
}

/// The double that prints as the float does.
private func number(_ value: Float) -> JSON { .number(Double(value.description) ?? Double(value)) }

extension EpochRecord {
  /// What training measured.
  init(_ summary: EpochSummary) {
    self.init(
      epoch: summary.epoch, epochs: summary.epochs, learningRate: shortest(summary.learningRate), rotation: 0,
      translation: 0, epsilon: shortest(summary.epsilon), loss: summary.loss, accuracy: summary.accuracy,
      imagesPerSecond: summary.imagesPerSecond, seconds: summary.seconds)
  }

  /// What the checkpoint keeps of it: all but the times, which differ from run to run.
  var historyEntry: JSON {
    .object([
      .init("epoch", .integer(Int64(epoch))), .init("learning_rate", .number(learningRate)),
      .init("rotation", .number(rotation)), .init("translation", .number(translation)),
      .init("epsilon", .number(epsilon)), .init("loss", .number(loss)), .init("accuracy", .number(accuracy)),
    ])
  }
}

private func shortest(_ value: Float) -> Double { Double(value.description) ?? Double(value) }

extension EpochSummary {
  /// How much of the epoch is done, 0...1.
  var fraction: Double { Double(images) / Double(max(imagesPerEpoch, 1)) }

  /// Loss, accuracy, speed and the time left, for a line that is redrawn.
  var progressText: String {
    let left = imagesPerSecond > 0 ? Double(imagesPerEpoch - images) / imagesPerSecond : 0
    return "\(finalText), \(NumberText.duration(seconds: left)) left"
  }

  /// Loss, accuracy and speed.
  var finalText: String {
    "loss \(NumberText.decimal(loss, places: 4)), accuracy \(NumberText.percent(accuracy)), "
      + "\(NumberText.decimal(imagesPerSecond, places: 0)) images/s"
  }
}
