/// What a running program talks to.
public struct ToolContext: Sendable {
  /// The program's name.
  public let name: String
  /// The data stream.
  public let output: StandardOutput
  /// The talk for people.
  public let diagnostics: Diagnostics

  package init(name: String, output: StandardOutput, diagnostics: Diagnostics) {
    self.name = name
    self.output = output
    self.diagnostics = diagnostics
  }
}
