public import Checkpoints
internal import Interchange
internal import ToolSupport

extension OpenedModel {
  /// How the file came to be, as lines for a shell, the first command first; a comment alone where it does not say.
  public var history: [String] { provenance?.commandLines ?? ["# \(file.path): does not say how it was made"] }
}

extension Provenance {
  /// One line for a shell a step, each with its version and what it worked on in a comment.
  public var commandLines: [String] {
    steps.map { step in
      let parent =
        switch step.parent {
        case .model(let digest): ", of the model \(digest)"
        case .file(let sha256): ", of the file \(sha256)"
        case nil: ""
        }
      let engine = step.engine.map { ", by \($0)" } ?? ""
      return ShellText.command([step.tool] + step.arguments) + "  # \(step.version)\(engine)\(parent)"
    }
  }
}
