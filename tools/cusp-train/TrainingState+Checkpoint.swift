import Checkpoints
import Failures
import Networks
import Optimizers
import Records
import Tensors
import Training

extension TrainingState {
  /// What `checkpoint` has reached, of a run of `configuration` whose complete epochs gave `history`.
  ///
  /// - Throws: `Failure` when tensors of the training are missing or of another shape.
  init(
    _ checkpoint: Checkpoint, history: [JSON], of graph: NetworkGraph, _ configuration: TrainingConfiguration
  ) throws {
    func parameters(_ group: String) throws -> Parameters? {
      let tensors = checkpoint.tensors(of: group)
      return tensors.isEmpty ? nil : try Parameters(of: graph, matching: tensors)
    }
    let sums = checkpoint.progress.sums
    let best = configuration.validation == nil ? nil : Self.best(history)
    self.init(
      parameters: try parameters("weights") ?? checkpoint.parameters,
      average: configuration.averageDecay == nil ? nil : try parameters("average") ?? checkpoint.parameters,
      best: best.map { Best(epoch: $0.epoch, accuracy: $0.accuracy, parameters: checkpoint.parameters) },
      optimizerState: Dictionary(
        uniqueKeysWithValues: configuration.optimizer.stateNames.map { ($0, checkpoint.tensors(of: $0)) }),
      synthetic: checkpoint.optimizer["synthetic.images"],
      epoch: checkpoint.progress.epoch, step: checkpoint.progress.step,
      sums: Sums(loss: sums["loss"] ?? 0, correct: Int(exactly: sums["correct"] ?? 0) ?? 0),
      accuracies: history.compactMap { $0["validation"]?.number })
  }

  /// The first epoch with the best accuracy on the images held out.
  private static func best(_ history: [JSON]) -> (epoch: Int, accuracy: Double)? {
    let measured = history.enumerated().compactMap { index, entry in
      entry["validation"]?.number.map { (epoch: index + 1, accuracy: $0) }
    }
    return measured.reduce(nil) { best, next in next.accuracy > best?.accuracy ?? -1 ? next : best }
  }

  /// What a checkpoint keeps to go on from, beside the model: what the optimiser keeps, weights and average where they are
  /// not the model, and the images made for a substitute.
  var optimizer: [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for (name, kept) in optimizerState { tensors.merge(kept.map { ("\(name).\($0.key)", $0.value) }) { $1 } }
    if average != nil || best != nil { tensors.merge(named("weights", parameters)) { $1 } }
    if let average, best != nil { tensors.merge(named("average", average)) { $1 } }
    tensors["synthetic.images"] = synthetic
    return tensors
  }

  /// The progress that a checkpoint keeps.
  var progress: Checkpoint.Progress {
    let sums = step == 0 ? [:] : ["loss": sums.loss, "correct": Double(sums.correct)]
    return Checkpoint.Progress(epoch: epoch, step: step, sums: sums)
  }
}

/// The tensors of `parameters` by the names that they have as the optimiser's.
private func named(_ group: String, _ parameters: Parameters) -> [String: Tensor] {
  Dictionary(uniqueKeysWithValues: zip(parameters.specs.map { "\(group).\($0.path)" }, parameters.tensors))
}

extension Checkpoint {
  /// The optimiser's tensors `GROUP.PATH` by path.
  fileprivate func tensors(of group: String) -> [ParameterPath: Tensor] {
    let named = optimizer.compactMap { name, tensor in
      name.hasPrefix("\(group).") ? (ParameterPath(String(name.dropFirst(group.count + 1))), tensor) : nil
    }
    return Dictionary(uniqueKeysWithValues: named)
  }
}
