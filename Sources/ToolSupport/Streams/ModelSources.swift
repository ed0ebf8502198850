public import Files
public import Records

/// The model files that a program works on: those that its command line names, `-` or nothing at all standing for
/// standard input, where a model file comes, or `checkpoint` records that announce some.
public struct ModelSources {
  /// One model file.
  public struct Source: Sendable {
    /// The file.
    public let file: InputFile
    /// The record that announced it.
    public let record: CheckpointRecord?
  }

  private let paths: [String]

  /// The files at `paths`.
  public init(_ paths: [String]) { self.paths = paths }

  /// Hands every file to `body`, one after the other as they come.
  ///
  /// - Parameters:
  ///   - descriptor: what is read for standard input.
  ///   - passesOthers: whether other records on standard input go to the output.
  /// - Throws: `Failure` when standard input is a terminal or holds no model, and whatever `body` throws.
  public func forEach(
    _ context: ToolContext, descriptor: Int32 = 0, passesOthers: Bool = true, _ body: (Source) throws -> Void
  ) throws {
    for path in paths.isEmpty ? ["-"] : paths {
      try checkInput(path, besides: context.output.stream)
      guard path == "-" else {
        try body(Source(file: InputFile(path: path), record: nil))
        continue
      }
      try context.refuseTerminal(
        CheckpointRecords.what, example: CheckpointRecords.example(context), descriptor: descriptor)
      let input = try SequentialInput(descriptor: descriptor, name: "stdin")
      switch input.kind {
      case .json, .text, .empty:
        var records = try CheckpointRecords(
          context, descriptor: descriptor, first: input.first, passesOthers: passesOthers)
        while let record = try records.next() {
          try body(Source(file: InputFile(onDisk: record.path), record: record))
        }
      default: try body(Source(file: InputFile(input), record: nil))
      }
    }
  }
}
