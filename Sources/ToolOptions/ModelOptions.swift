public import ArgumentParser
import Checkpoints
public import Evaluation
import Failures
import Interchange
public import NetworkOptions
public import Programs
import Records
public import ToolSupport

/// Which models a program works on.
public struct ModelOptions: ParsableArguments {
  /// Model files; `-` or none for what comes on standard input.
  @Argument(
    help: "Model files; - or none for stdin, where a model file or checkpoint records come.",
    completion: .modelFiles)
  public var models: [String] = []
  /// What is said of networks in files of other tools.
  @OptionGroup public var network: NetworkOptions
  /// Whether a model may have numbers that are not finite.
  @Flag(help: "Take models with numbers that are not finite, too, to look at them.")
  public var allowNonFinite = false

  /// The files that are named, with a definition.
  public var files: [String] { models + network.files }

  /// What comes on standard input.
  public init() {}

  /// How many bytes of models that were checked stay in memory until it is their turn; others are read again.
  private static let keptBytes = 1 << 30

  /// Hands every model to `body`, one after the other; `descriptor` is read for standard input.
  ///
  /// Where files are named, all models are read and handed to `check` first, so that none is refused after hours of work
  /// for the others. Those that come on standard input alone are taken as they come.
  /// - Throws: `Failure` when one cannot be read or is not the one its record announces, and whatever `check` and `body`
  ///   throw.
  public func forEach(
    _ context: ToolContext, on backend: any Backend, descriptor: Int32 = 0,
    check: (LoadedModel) throws -> Void = { _ in }, _ body: (LoadedModel) throws -> Void
  ) throws {
    let (sources, request) = (ModelSources(models), try network.request())
    guard models.contains(where: { $0 != "-" }) else {
      return try sources.forEach(context, descriptor: descriptor) { source in
        let model = try load(source, request, on: backend)
        context.diagnostics.note(model)
        try check(model)
        try body(model)
      }
    }
    var (waiting, room) = ([(source: ModelSources.Source, model: LoadedModel?)](), Self.keptBytes)
    try sources.forEach(context, descriptor: descriptor) { source in
      let model = try load(source, request, on: backend)
      context.diagnostics.note(model)
      try check(model)
      let isKept = waiting.isEmpty || model.byteCount <= room
      if isKept { room -= model.byteCount }
      waiting.append((source, isKept ? model : nil))
    }
    waiting.reverse()
    while let (source, model) = waiting.popLast() { try body(model ?? load(source, request, on: backend)) }
  }

  /// The model of a source, which is the one that its record announced, if one did.
  private func load(
    _ source: ModelSources.Source, _ request: ModelRequest, on backend: any Backend
  ) throws -> LoadedModel {
    let model = try LoadedModel(
      reading: source.file, request, data: source.record?.data, allowsNonFinite: allowNonFinite, on: backend)
    if let record = source.record, model.digest != record.digest {
      throw Failure(
        .data,
        "\(record.path): holds model \(model.digest.prefix(12)), its record announced "
          + "\(record.digest.prefix(12)): it was replaced since")
    }
    return model
  }
}

extension Diagnostics {
  /// Says what a person should know of `model`, one line each.
  public func note(_ model: LoadedModel) {
    for text in model.notes { note("\(model.path): \(text)") }
  }
}
