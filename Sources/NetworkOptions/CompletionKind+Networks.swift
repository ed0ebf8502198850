public import ArgumentParser
import Interchange
import Networks

extension CompletionKind {
  /// Model files of all formats that are read.
  public static var modelFiles: CompletionKind {
    .file(extensions: ModelFormat.allCases.filter(\.isRead).flatMap(\.suffixes).filter { !$0.contains(".") })
  }

  /// Networks by name, and files with a definition.
  public static var networks: CompletionKind {
    .list(Architecture.allCases.map(\.name) + ["wrn-#-#", "*.json"])
  }
}
