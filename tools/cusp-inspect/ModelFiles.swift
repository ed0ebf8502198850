import Failures
import Files
import Inspection
import Interchange
import Records
import ToolSupport

/// The model files to look at, in the order of `ModelSources`.
struct ModelFiles {
  let paths: [String]
  /// What was asked for of their networks.
  let request: ModelRequest

  /// Hands every file to `body`, one after the other.
  func forEach(_ context: ToolContext, _ body: (ModelFile) throws -> Void) throws {
    try ModelSources(paths).forEach(context) { source in
      try body(ModelFile(input: source.file, request: request, announced: source.record?.digest))
    }
  }
}

/// One file that should hold a model.
struct ModelFile {
  let input: InputFile
  let request: ModelRequest
  /// The digest that the file's record has; nil without a record.
  let announced: String?

  /// The file, open for a look.
  /// - Throws: `Failure(.data)` that says what the file is if it is no model, or if another was announced.
  func open() throws -> OpenedModel {
    let model = try OpenedModel(input, request)
    try refuseAnother(model)
    return model
  }

  /// Whether the file holds what it says, to the last bit, and the line that says so; one that is damaged does not.
  /// - Throws: `Failure(.data)` for a file of another kind, and if another model was announced.
  func verdict() throws -> OpenedModel.Verdict {
    try OpenedModel.refuseOtherKinds(input)
    // Opened once: a hostile file takes seconds each time.
    return try unlessDamaged {
      try TensorFile(input)
    } then: { file in
      try OpenedModel.refuseOtherKinds(file)
      return try unlessDamaged {
        try OpenedModel(file, request)
      } then: { model in
        try refuseAnother(model)
        return try model.verify()
      }
    }
  }

  /// What `next` finds in what `open` opens; if that is damaged, the verdict that it is not sound.
  private func unlessDamaged<Opened>(
    _ open: () throws -> Opened, then next: (Opened) throws -> OpenedModel.Verdict
  ) throws -> OpenedModel.Verdict {
    let opened: Opened
    do {
      opened = try open()
    } catch let failure as Failure where failure.kind == .data {
      return OpenedModel.Verdict(isSound: false, line: failure.message)
    }
    return try next(opened)
  }

  private func refuseAnother(_ model: OpenedModel) throws {
    let digest = model.description.digest
    guard let announced, announced != digest else { return }
    let found = digest.map { "holds model \($0.prefix(12))" } ?? "holds no model of this package"
    throw Failure(.data, "\(input.name): \(found), its record announced \(announced.prefix(12)): it was replaced since")
  }
}
