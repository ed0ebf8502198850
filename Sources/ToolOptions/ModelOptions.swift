public import ArgumentParser
import Checkpoints
import Failures
public import Programs
import Records
public import ToolSupport

/// Which models a program works on.
public struct ModelOptions: ParsableArguments {
  /// Model files; none for the `checkpoint` records on standard input.
  @Argument(
    help: "Model files; without any, every checkpoint record on stdin is taken.", completion: .file(extensions: ["h5"]))
  public var models: [String] = []
  /// Whether a model may have numbers that are not finite.
  @Flag(help: "Take models with numbers that are not finite, too, to look at them.")
  public var allowNonFinite = false

  /// The checkpoints on standard input.
  public init() {}

  /// Hands every model to `body`, one after the other; the records are on standard input, or on `descriptor`.
  ///
  /// - Throws: `Failure` when one cannot be read or is not the one its record announces, and whatever `body` throws.
  public func forEach(
    _ context: ToolContext, on backend: any Backend, descriptor: Int32 = 0, _ body: (LoadedModel) throws -> Void
  ) throws {
    for path in models { try body(LoadedModel(reading: path, allowsNonFinite: allowNonFinite, on: backend)) }
    guard models.isEmpty else { return }
    var records = try CheckpointRecords(context, descriptor: descriptor)
    while let record = try records.next() {
      let model = try LoadedModel(
        reading: record.path, data: record.data, allowsNonFinite: allowNonFinite, on: backend)
      guard model.digest == record.digest else {
        throw Failure(
          .data,
          "\(record.path): holds model \(model.digest.prefix(12)), its record announced "
            + "\(record.digest.prefix(12)): it was replaced since")
      }
      try body(model)
    }
  }
}
