import Attacks
import Evaluation
import Records
import Spatial
import ToolOptions
import ToolSupport
import Training

extension TrainingConfiguration {
  /// Everything that decided the run, with defaults filled in, for the checkpoint: every key is an option's name, so that
  /// the run can be resumed from it.
  ///
  /// The engine's settings are among them: bits depend on them.
  func json(_ command: TrainCommand) -> JSON {
    var members: [JSON.Member] = [
      .init("data", .string(command.data)), .init("limit", command.imageLimit.map { .integer(Int64($0)) } ?? .null),
      .init("epochs", .integer(Int64(command.recipe.epochs))), .init("batch_size", .integer(Int64(batchSize))),
      .init("learning_rate", number(schedule.initial)),
    ]
    members += command.start.members + (augmentation.map(command.substitute.members) ?? [])
    switch schedule.course {
    case .steps(_, let milestones):
      members.append(.init("milestones", .array(milestones.map { .integer(Int64($0)) })))
    case .cosine: members.append(.init("schedule", .string("cosine")))
    case .oneCycle: members.append(.init("schedule", .string("one-cycle")))
    case .cyclic(let count):
      members += [.init("schedule", .string("cyclic")), .init("cycles", .integer(Int64(count)))]
    }
    if schedule.warmUp > 0 { members.append(.init("warm_up", .integer(Int64(schedule.warmUp)))) }
    members += optimizerMembers
    if command.recipe.descent.reduction == .fastReduction { members.append(.init("fast_reduction", .bool(true))) }
    members += [
      .init("seed", .string(String(seed))), .init("threads", .integer(Int64(command.engine.threadCount))),
    ]
    if command.engine.choice != .auto { members.append(.init("engine", .string(command.engine.choice.rawValue))) }
    if let algorithms = command.engine.algorithms { members.append(.init(algorithms.rawValue, .bool(true))) }
    if cleanShare > 0 { members.append(.init("clean_share", number(cleanShare))) }
    if labelSmoothing > 0 { members.append(.init("label_smoothing", number(labelSmoothing))) }
    if let longestGradient { members.append(.init("clip_gradient", number(longestGradient))) }
    if let averageDecay { members.append(.init("average_weights", number(averageDecay))) }
    if let validation {
      members += [
        .init("keep_best", .string(validation.metric.rawValue)),
        .init("validation", .integer(Int64(validation.imageCount))),
      ]
    }
    guard !command.recipe.followsCurriculum, let stage = stages.first else {
      return .object(members + [.init("curriculum", Curriculum(epochs: epochs, stages: stages).json)])
    }
    return .object(members + stage.methodMembers)
  }
}

extension PoseDistribution {
  /// What is set, by the names of options.
  var members: [JSON.Member] {
    [
      rotation == 0 ? nil : .init("rotation", .number(rotation)),
      translation == 0 ? nil : .init("translation", .number(translation)),
      cropPadding == 0 ? nil : .init("crop", .integer(Int64(cropPadding))),
      isFlipping ? .init("flip", .bool(true)) : nil,
    ].compactMap(\.self)
  }
}

extension EpochRecord {
  /// What training measured.
  init(_ summary: EpochSummary) {
    self.init(
      epoch: summary.epoch, epochs: summary.epochs, learningRate: shortest(summary.learningRate),
      rotation: summary.rotation,
      translation: summary.translation, epsilon: shortest(summary.epsilon), loss: summary.loss,
      accuracy: summary.accuracy, validation: summary.validation, kept: summary.kept,
      imagesPerSecond: summary.imagesPerSecond, seconds: summary.seconds)
  }

  /// What the checkpoint keeps of it: all but the times, which differ from run to run.
  var historyEntry: JSON {
    .object(
      [
        .init("epoch", .integer(Int64(epoch))), .init("learning_rate", .number(learningRate)),
        .init("rotation", .number(rotation)), .init("translation", .number(translation)),
        .init("epsilon", .number(epsilon)), .init("loss", .number(loss)), .init("accuracy", .number(accuracy)),
      ] + (validation.map { [.init("validation", .number($0))] } ?? []))
  }
}

extension EpochSummary {
  /// How much of the epoch is done, 0...1.
  var fraction: Double { Double(images) / Double(max(imagesPerEpoch, 1)) }

  /// How far the epoch is, and what it measures.
  var facts: ProgressFacts {
    let left = imagesPerSecond > 0 ? Double(imagesPerEpoch - images) / imagesPerSecond : 0
    return ProgressFacts(
      images: images, loss: loss, accuracy: accuracy, imagesPerSecond: imagesPerSecond, secondsLeft: left)
  }

  /// Loss, accuracy, speed, and how the epoch compares with those before.
  var finalText: String {
    var facts = facts
    facts.secondsLeft = nil
    guard let validation, let kept else { return facts.text }
    return "\(facts.text), validation \(NumberText.percent(validation)), best in epoch \(kept)"
  }
}
