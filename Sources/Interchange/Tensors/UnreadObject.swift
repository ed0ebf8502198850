/// An object of a model file that is listed by name and not read.
public struct UnreadObject: Equatable, Sendable {
  /// What it lies in, as of a `StoredTensor`.
  public let group: String
  /// Its name in the group.
  public let name: String
  /// Why it is not read, as in `complex numbers are not read`.
  public let reason: String
  /// Whether it may be one of a network's tensors; text is none.
  public let mayBeTensor: Bool

  init(group: String, name: String, reason: String, mayBeTensor: Bool = true) {
    (self.group, self.name, self.reason, self.mayBeTensor) = (group, name, reason, mayBeTensor)
  }

  /// Group and name, with a dot between them.
  public var path: String { group.isEmpty ? name : "\(group).\(name)" }
}
