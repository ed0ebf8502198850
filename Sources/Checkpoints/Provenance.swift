internal import Failures
public import Files

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// How a file came to be: one step for each tool that had a hand in it, as `formats/provenance.md` gives it.
///
/// It names no time and no host, so the same steps make the same bytes.
public struct Provenance: Equatable, Sendable {
  /// What a tool worked on.
  public enum Parent: Hashable, Sendable {
    /// A model of this package, by its digest.
    case model(digest: String)
    /// Any other file, by the SHA-256 of its bytes, as `sha256sum` prints it.
    case file(sha256: String)
  }

  /// One run of one tool.
  public struct Step: Equatable, Sendable {
    /// The program, as in `cusp-convert`.
    public var tool: String
    /// Its version.
    public var version: String
    /// The command line after the program's name, or one that comes to the same.
    public var arguments: [String]
    /// The engine that computed, where somebody chose among its algorithms.
    public var engine: String?
    /// What it worked on; nil for a tool that begins with nothing, as training does.
    public var parent: Parent?

    /// A step.
    public init(tool: String, version: String, arguments: [String], engine: String? = nil, parent: Parent? = nil) {
      (self.tool, self.version, self.arguments, self.engine, self.parent) = (tool, version, arguments, engine, parent)
    }
  }

  /// The steps, the first one first; never empty.
  public let steps: [Step]

  /// Its first `count` steps; nil for none.
  public func prefix(_ count: Int) -> Provenance? { count > 0 ? Provenance(steps: Array(steps.prefix(count))) : nil }

  private init(steps: [Step]) { self.steps = steps }

  /// The way of a file that `step` made from one with the provenance `parent`, or from one without any.
  public init(_ step: Step, after parent: Provenance? = nil) { steps = (parent?.steps ?? []) + [step] }

  /// The provenance that `json`, a document of a checkpoint or an entry of a foreign file, holds; nil if it is no such
  /// document.
  public init?(json: String) {
    guard let file = try? JSONDecoder().decode(Document.self, from: Data(json.utf8)) else { return nil }
    steps = (file.ancestors ?? []) + [file.last]
  }

  /// The JSON that a file keeps: keys sorted, no spaces.
  ///
  /// - Throws: `.internal` if it cannot be written.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let ancestors = Array(steps.dropLast())
    do {
      let document = Document(last: steps[steps.count - 1], ancestors: ancestors.isEmpty ? nil : ancestors)
      return String(decoding: try encoder.encode(document), as: UTF8.self)
    } catch {
      throw Failure(.internal, "provenance has no JSON: \(error)")
    }
  }
}

extension Provenance.Parent {
  /// The file at `path`, whatever it holds; reads it to the end, about a second per 500 MB.
  ///
  /// - Throws: `.noInput` if there is none; `.inputOutput` if the disk fails.
  public init(fileAt path: String) throws {
    try self.init(ByteSource(path: path))
  }

  /// The file `source`, whatever it holds; reads it to the end.
  ///
  /// - Throws: `.inputOutput` if the disk fails.
  public init(_ source: ByteSource) throws { self = .file(sha256: try sha256(of: source)) }

  /// A file of which only the bytes are known, as one from a pipe.
  public init(bytes: [UInt8]) {
    var digest = RunningDigest()
    bytes.withUnsafeBytes { digest.add($0) }
    self = .file(sha256: digest.text)
  }
}

/// The last step at the top, where people look, those before it in a list.
private struct Document: Codable {
  let last: Provenance.Step
  let ancestors: [Provenance.Step]?

  private enum CodingKeys: CodingKey { case ancestors }

  init(last: Provenance.Step, ancestors: [Provenance.Step]?) { (self.last, self.ancestors) = (last, ancestors) }

  init(from decoder: any Decoder) throws {
    last = try Provenance.Step(from: decoder)
    ancestors = try decoder.container(keyedBy: CodingKeys.self)
      .decodeIfPresent([Provenance.Step].self, forKey: .ancestors)
  }

  func encode(to encoder: any Encoder) throws {
    try last.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(ancestors, forKey: .ancestors)
  }
}

extension Provenance.Step: Codable {
  private enum CodingKeys: CodingKey { case tool, version, arguments, engine, parent }

  /// Reads a step; one without `arguments` has none.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    tool = try container.decode(String.self, forKey: .tool)
    version = try container.decode(String.self, forKey: .version)
    arguments = try container.decodeIfPresent([String].self, forKey: .arguments) ?? []
    engine = try container.decodeIfPresent(String.self, forKey: .engine)
    parent = try container.decodeIfPresent(Provenance.Parent.self, forKey: .parent)
  }
}

extension Provenance.Parent: Codable {
  private enum CodingKeys: CodingKey { case model, file }

  /// Reads `{"model": DIGEST}` or `{"file": SHA256}`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if let digest = try container.decodeIfPresent(String.self, forKey: .model) {
      self = .model(digest: digest)
    } else {
      self = .file(sha256: try container.decode(String.self, forKey: .file))
    }
  }

  /// Writes the same.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .model(let digest): try container.encode(digest, forKey: .model)
    case .file(let sha256): try container.encode(sha256, forKey: .file)
    }
  }
}
