import Checkpoints

/// Which program made a file from another one.
public struct Derivation: Sendable {
  /// The program's name.
  public let tool: String
  /// The program's version.
  public let version: String
  /// Its arguments as they were typed.
  public let arguments: [String]

  /// What `tool` of `version` was asked for by `arguments`.
  public init(tool: String, version: String, arguments: [String]) {
    self.tool = tool
    self.version = version
    self.arguments = arguments
  }

  /// The provenance, as JSON, of a file made from `file`: one step more than the file's own.
  func provenance(of file: TensorFile, _ description: ModelDescription) throws -> String {
    let digest = description.digest
    let parent = try digest.map { Provenance.Parent.model(digest: $0) } ?? Provenance.Parent(fileAt: file.path)
    let step = Provenance.Step(tool: tool, version: version, arguments: arguments, parent: parent)
    return try Provenance(step, after: Provenance(json: description.documents.provenance)).json()
  }
}
