/// Texts on their way into a file, where they stand beside tensors, by key.
public struct OutgoingTexts: Sendable {
  private let texts: [String: String]
  private let provenance: PendingProvenance?

  /// `texts` alone.
  public init(_ texts: [String: String]) { self.init(texts, nil) }

  /// `texts` and a provenance.
  init(_ texts: [String: String], _ provenance: PendingProvenance?) {
    (self.texts, self.provenance) = (texts, provenance)
  }

  /// Texts of the same keys and lengths, at once: for the room that they take before tensors.
  func draft() throws -> [String: String] { try with(provenance?.draft()) }

  /// The texts, which may be waited for.
  ///
  /// - Throws: as `PendingProvenance.json()`.
  func complete() throws -> [String: String] { try with(provenance?.json()) }

  private func with(_ provenance: String?) -> [String: String] {
    var texts = texts
    if let provenance { texts[MetadataKey.provenance] = provenance }
    return texts
  }
}
