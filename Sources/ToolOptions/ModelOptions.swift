public import ArgumentParser
import Checkpoints
import Failures
public import Programs
import Records
public import ToolSupport

/// Which models a program works on.
public struct ModelOptions: ParsableArguments {
  /// Model files; `-` or none for what comes on standard input.
  @Argument(
    help: "Model files; - or none for stdin, where a model file or checkpoint records come.",
    completion: .file(extensions: ["h5"]))
  public var models: [String] = []
  /// Whether a model may have numbers that are not finite.
  @Flag(help: "Take models with numbers that are not finite, too, to look at them.")
  public var allowNonFinite = false

  /// What comes on standard input.
  public init() {}

  /// Hands every model to `body`, one after the other; `descriptor` is read for standard input.
  ///
  /// - Throws: `Failure` when one cannot be read or is not the one its record announces, and whatever `body` throws.
  public func forEach(
    _ context: ToolContext, on backend: any Backend, descriptor: Int32 = 0, _ body: (LoadedModel) throws -> Void
  ) throws {
    try ModelSources(models).forEach(context, descriptor: descriptor) { source in
      let model = try LoadedModel(
        reading: source.file, data: source.record?.data, allowsNonFinite: allowNonFinite, on: backend)
      if let record = source.record, model.digest != record.digest {
        throw Failure(
          .data,
          "\(record.path): holds model \(model.digest.prefix(12)), its record announced "
            + "\(record.digest.prefix(12)): it was replaced since")
      }
      try body(model)
    }
  }
}
