import ArgumentParser
import Failures
import Optimizers
import Records
import ToolSupport
import Training

/// How gradients change the weights, as typed.
struct OptimizerOptions: ParsableArguments {
  /// The rules by name.
  enum Name: String, CaseIterable, ExpressibleByArgument {
    case sgd, adamw
  }

  /// How gradients of several ranks are summed.
  enum Reduction: String, EnumerableFlag {
    case deterministicReduction = "deterministic-reduction"
    case fastReduction = "fast-reduction"

    static func help(for value: Reduction) -> ArgumentHelp? {
      switch value {
      case .deterministicReduction: "Sum gradients of ranks to the same bits on any number of them, as by default."
      case .fastReduction: "Sum them as MPI likes, in less time."
      }
    }
  }

  @Option(help: "How gradients change the weights: sgd, or adamw.") var optimizer: Name = .sgd
  @Option(help: "With sgd: the share of the last direction that a step keeps; the default is 0.9.")
  var momentum: Float?
  @Flag(help: "With sgd: look ahead by the momentum, as Nesterov does.") var nesterov = false
  @Option(
    help: "With adamw: what the running means of gradients and of their squares keep; the default is 0.9,0.999.",
    transform: NumberList.typed)
  var betas: NumberList?
  @Option(help: "The pull of all weights towards zero; the default is 0.0005, of adamw 0.01.") var weightDecay: Float?
  @Option(
    help:
      "Cut every batch into so many shards, a power of two, that go through the network one by one, or on several ranks; the default is 1, or as many as there are ranks."
  )
  var accumulate: Int?
  @Flag(help: "How gradients of several ranks are summed.") var reduction: Reduction?
  @Flag(help: "Batch norms go by the images of whole batches: ranks share statistics, forward and backward.")
  var syncBatchNorm = false

  /// The learning rate that fits the rule.
  var customaryRate: Float { optimizer == .adamw ? 1e-3 : 0.05 }

  /// The pull towards zero.
  var decay: Float { weightDecay ?? (optimizer == .adamw ? 0.01 : 5e-4) }

  /// An option that means nothing to a rank by itself, and what it is; nil where there is none.
  var optionOfSeveralRanks: String? {
    if syncBatchNorm { return "--sync-batch-norm: is for the norms of several ranks" }
    return reduction == .fastReduction ? "--fast-reduction: is how several ranks sum" : nil
  }

  /// The rule with its numbers.
  ///
  /// - Throws: `Failure` (`usage`) for numbers that the rule does not have.
  func rule() throws -> Optimizer {
    switch optimizer {
    case .sgd:
      if betas != nil { throw Failure(.usage, "--betas needs --optimizer adamw") }
      return .sgd(momentum: momentum ?? 0.9, isNesterov: nesterov)
    case .adamw:
      if momentum != nil { throw Failure(.usage, "--momentum needs --optimizer sgd; adamw has --betas") }
      if nesterov { throw Failure(.usage, "--nesterov needs --optimizer sgd") }
      let numbers = betas?.values.map { Float($0) } ?? [0.9, 0.999]
      guard numbers.count == 2 else { throw Failure(.usage, "--betas: give two numbers, as in 0.9,0.999") }
      return .adamW(beta1: numbers[0], beta2: numbers[1])
    }
  }
}

extension TrainingConfiguration {
  /// What the optimiser is told, by the names of options.
  var optimizerMembers: [JSON.Member] {
    var members: [JSON.Member] = []
    switch optimizer {
    case .sgd(let momentum, let isNesterov):
      members.append(.init("momentum", number(momentum)))
      if isNesterov { members.append(.init("nesterov", .bool(true))) }
    case .adamW(let beta1, let beta2, _):
      members.append(.init("optimizer", .string("adamw")))
      members.append(.init("betas", .array([number(beta1), number(beta2)])))
    }
    members.append(.init("weight_decay", number(weightDecay)))
    if shardCount > 1 { members.append(.init("accumulate", .integer(Int64(shardCount)))) }
    if sharesStatistics { members.append(.init("sync_batch_norm", .bool(true))) }
    return members
  }
}
