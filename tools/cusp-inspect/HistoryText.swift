import Checkpoints
import Inspection
import Interchange
import ToolSupport

/// How a model came to be, as lines for a shell.
struct HistoryText {
  /// The commands, the first one first; a comment alone where the file does not say.
  let text: String

  /// What `model` says.
  init(_ model: OpenedModel) {
    let lines = model.provenance.map { Self.lines(of: $0) } ?? ["# \(model.file.path): does not say how it was made"]
    text = lines.map { Diagnostics.printable($0) + "\n" }.joined()
  }

  /// One line a step, each with its version and what it worked on in a comment.
  static func lines(of provenance: Provenance) -> [String] {
    provenance.steps.map { step in
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
