import Files
import Interchange
import Records
import ToolSupport

/// The models to convert: a file, or on standard input one file or `checkpoint` records.
struct Inputs {
  /// One model.
  struct Model {
    let file: TensorFile
    /// The record that announced it.
    let record: CheckpointRecord?
  }

  private let path: String

  init(_ path: String) { self.path = path }

  /// Hands every model to `body`, one after the other.
  func forEach(_ context: ToolContext, passesOthers: Bool, _ body: (Model) throws -> Void) throws {
    try ModelSources([path]).forEach(context, passesOthers: passesOthers) { source in
      try body(Model(file: TensorFile(source.file), record: source.record))
    }
  }
}
