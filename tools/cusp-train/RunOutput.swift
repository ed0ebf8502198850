import Datasets
import Failures
import Networks
import Records
import ToolSupport
import Training

/// What a run writes to standard output: records, or for people a line an epoch and the model's file at the end.
struct RunOutput {
  let output: StandardOutput
  let isForPeople: Bool

  /// The output in `format`.
  ///
  /// - Throws: `Failure` (`usage`) for one that holds records of one kind.
  init(_ output: StandardOutput, format: FormatOptions) throws {
    if let chosen = format.chosen, chosen != .text, chosen != .ndjson {
      let words = "a run has records of several kinds; take text or ndjson"
      throw Failure(.usage, "--format \(chosen.rawValue): \(words)")
    }
    (self.output, isForPeople) = (output, format.format(for: output) == .text)
  }

  /// Writes what is to be trained, and how.
  func begin(_ record: RunRecord, _ run: TrainingRun) throws {
    guard isForPeople else { return try output.write(record) }
    let configuration = run.configuration
    let images = run.images.count == 1 ? "1 image" : "\(NumberText.grouped(run.images.count)) images"
    let parts = [
      run.graph.definition.architecture, "\(images) of \(run.images.name)",
      NumberText.count(configuration.epochs, "epoch"), "seed \(configuration.seed)",
    ]
    try write(parts.joined(separator: ", "))
  }

  /// Writes what an epoch came to.
  func write(_ record: EpochRecord, _ summary: EpochSummary) throws {
    guard isForPeople else { return try output.write(record) }
    let seconds = NumberText.duration(seconds: record.seconds)
    try write("epoch \(record.epoch)/\(record.epochs): \(summary.finalText), \(seconds)")
  }

  /// Writes where a model is.
  func write(_ record: CheckpointRecord) throws {
    guard isForPeople else { return try output.write(record) }
    try write("model of epoch \(record.epoch): \(record.path), digest \(record.digest.prefix(12))")
  }

  /// Hands on everything.
  func flush() throws { try output.flush() }

  private func write(_ line: String) throws { try output.write(Diagnostics.printable(line) + "\n") }
}
