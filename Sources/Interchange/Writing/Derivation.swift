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

  /// The provenance of a file made from `file`: one step more than the file's own.
  func provenance(of file: TensorFile, _ description: ModelDescription) -> PendingProvenance {
    PendingProvenance(
      step: Provenance.Step(tool: tool, version: version, arguments: arguments),
      earlier: Provenance(json: description.documents.provenance),
      parent: description.digest.map { .model(digest: $0) } ?? .file(PendingDigest(of: file.source)))
  }
}

/// A provenance whose last parent's digest another thread may still be taking.
struct PendingProvenance: Sendable {
  fileprivate enum Parent: Sendable {
    case model(digest: String)
    case file(PendingDigest)
  }

  fileprivate let step: Provenance.Step
  fileprivate let earlier: Provenance?
  fileprivate let parent: Parent

  /// JSON of as many bytes as `json()`, at once.
  func draft() throws -> String { try json { _ in String(repeating: "0", count: 64) } }

  /// The JSON, as soon as the digest is there.
  ///
  /// - Throws: `.inputOutput` if the parent cannot be read any more.
  func json() throws -> String { try json { try $0.text() } }

  private func json(_ text: (PendingDigest) throws -> String) throws -> String {
    var step = step
    switch parent {
    case .model(let digest): step.parent = .model(digest: digest)
    case .file(let digest): step.parent = .file(sha256: try text(digest))
    }
    return try Provenance(step, after: earlier).json()
  }
}
