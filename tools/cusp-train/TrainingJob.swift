import ArgumentParser
import Failures
import Ranks
import Records
import ToolSupport
import Training

/// A run at work, on this rank: all ranks train, the first one saves and tells.
struct TrainingJob {
  let ranks: RankGroup
  let context: ToolContext
  let run: TrainingRun
  let trainer: Trainer
  let output: RunOutput
  /// Nil on all ranks but the first.
  let writer: CheckpointWriter?
  /// After how many steps of an epoch it also saves; nil for none.
  let saveEvery: Int?
  /// What to do after a signal.
  let advice: String

  /// Trains until the run is finished, and announces what came of it.
  ///
  /// - Throws: `Failure`, `RankEnd` where another rank tells, and `ExitCode` after a signal.
  func train(_ record: RunRecord) throws {
    try trainer.checkRanks()
    try ranks.first {
      try output.begin(record, run)
      if trainer.isFinished, let checkpoint = run.resumed, let record = try writer?.conclude(checkpoint) {
        try output.write(record)
      }
    }
    StopRequest.watch()
    do {
      while !trainer.isFinished { try runEpoch() }
    } catch let failure as Failure {
      throw writer?.describing(failure) ?? failure
    }
  }

  private func runEpoch() throws {
    let epochs = trainer.configuration.epochs
    var line = ProgressLine(context.diagnostics, label: "epoch \(trainer.epoch + 1)/\(epochs)")
    let summary = try trainer.runEpoch { summary in
      line.update(summary.fraction, summary.facts)
      let stop = try ranks.stopRequest()
      guard stop != nil || saveEvery.map({ summary.step % $0 == 0 }) ?? false else { return }
      try ranks.first { try writer?.save(trainer.state()) }
      if let stop {
        let place = "epoch \(summary.epoch), step \(summary.step)"
        context.diagnostics.note("\(stop.name) in \(place): saved; \(advice)")
        throw ExitCode(stop.exitStatus)
      }
    }
    line.finish(summary.finalText, summary.facts, isToldElsewhere: output.isForPeople)
    let record = EpochRecord(summary)
    try ranks.first {
      // Told once it is saved, so that a run that goes on tells it no second time.
      let announced = try writer?.save(trainer.state(), after: record) ?? []
      try output.write(record, summary)
      for checkpoint in announced { try output.write(checkpoint) }
      try output.flush()
    }
  }
}

extension RankGroup {
  /// The signal that came to any rank, if one did: all of them then stop after the same step.
  fileprivate func stopRequest() throws -> StopRequest? {
    let signals = try gather(1) { [Double(StopRequest.pending?.signal ?? 0)] }
    return signals.first { $0 != 0 }.map { StopRequest(signal: Int32($0)) }
  }

  /// Runs `body` and leaves the job; where only this rank knows that it failed, ends the others, too.
  func run(_ diagnostics: Diagnostics, _ body: () throws -> Void) throws {
    do {
      try body()
    } catch let end as RankEnd {
      leave()
      throw ExitCode(end.status)
    } catch let failure as Failure where hasEnded && !isAlone {
      // Before it leaves: the launcher ends a job of which one process has failed, and whoever has not spoken by then.
      diagnostics.report(failure)
      leave()
      throw ExitCode(failure.kind.exitStatus)
    } catch let error where isAlone || hasEnded || error is ExitCode {
      leave()
      throw error
    } catch {
      let failure = error as? Failure ?? Failure(.internal, "internal error: \(error); please report it")
      diagnostics.report(Failure(failure.kind, "rank \(rank): \(failure.message)"))
      abort(status: failure.kind.exitStatus)
    }
    leave()
  }
}
