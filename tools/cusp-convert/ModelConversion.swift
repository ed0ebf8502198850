import ArgumentParser
import Checkpoints
import Failures
import Files
import Interchange
import Records
import ToolSupport

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The conversion of models to one destination.
struct ModelConversion {
  let output: Destination
  let request: ModelRequest
  /// What is read beside the models.
  let readingToo: [String]
  let data: String?
  let tolerance: Conversion.Tolerance
  let context: ToolContext
  /// What has been written.
  private(set) var written: [String] = []

  /// Converts `model` and says what a person should know; announces a model of our own format.
  mutating func run(_ model: Inputs.Model) throws {
    try checkAnnounced(model)
    let path = output.path(epoch: try epoch(of: model))
    guard !written.contains(where: { leadsTo($0, sameFileAs: path) }) else {
      throw Failure(.usage, "\(path): has an earlier model already; name a file with {epoch} in it")
    }
    written.append(path)
    let derivation = Derivation(
      tool: context.name, version: toolVersion, arguments: ProgramArguments.words)
    let conversion = Conversion(
      model.file, request, data: data ?? model.record?.data, tolerance: tolerance, by: derivation)
    if output.isStream {
      try stream(conversion, of: model)
    } else {
      try context.checkOutput(path, reading: model.file.paths + readingToo)
      let result = try conversion.write(output.format, to: path)
      note(result, of: model)
      try announce(result, at: path)
    }
  }

  private func epoch(of model: Inputs.Model) throws -> Int {
    guard output.path.contains("{epoch}") else { return 0 }
    return try model.record?.epoch ?? model.file.description().progress.epoch
  }

  private func checkAnnounced(_ model: Inputs.Model) throws {
    guard let record = model.record, let digest = try model.file.description().digest, digest != record.digest else {
      return
    }
    throw Failure(
      .data,
      "\(record.path): holds model \(digest.prefix(12)), its record announced "
        + "\(record.digest.prefix(12)): it was replaced since")
  }

  private func stream(_ conversion: Conversion, of model: Inputs.Model) throws {
    guard !context.output.isTerminal else {
      throw Failure(.usage, "standard output is a terminal; name a file to write, or pipe it on")
    }
    try withTemporaryFolder { folder in
      let result = try conversion.write(output.format, to: "\(folder)/output")
      note(result, of: model)
      let copy = try ByteSource(path: "\(folder)/output")
      try copy.forEachPart(of: 0..<copy.count) { part in
        try context.output.write { writer in writer.append(part) }
      }
    }
  }

  private func note(_ result: Conversion.Result, of model: Inputs.Model) {
    for note in result.notes { context.diagnostics.note("\(model.file.path): \(note)") }
  }

  /// Tells the next program of a pipe about a checkpoint.
  private func announce(_ result: Conversion.Result, at path: String) throws {
    guard let checkpoint = result.checkpoint else { return }
    try context.output.write(
      CheckpointRecord(
        path: absolutePath(path), digest: checkpoint.digest, epoch: checkpoint.epoch,
        architecture: checkpoint.architecture, data: result.data ?? "unknown"))
    try context.output.flush()
  }
}
