import Interchange
import ToolSupport

/// The raw structure of a file, two spaces of indentation a level.
struct TreeText {
  /// One line a node: name, kind and more about it.
  let text: String

  /// The tree below `root`.
  init(_ root: FileNode) {
    var lines: [String] = []
    Self.append(root, indentation: "", to: &lines)
    text = lines.map { $0 + "\n" }.joined()
  }

  private static func append(_ node: FileNode, indentation: String, to lines: inout [String]) {
    let words = [node.name, node.kind, node.detail].filter { !$0.isEmpty }
    lines.append(indentation + Diagnostics.printable(words.joined(separator: "  ")))
    for child in node.children { append(child, indentation: indentation + "  ", to: &lines) }
  }
}
