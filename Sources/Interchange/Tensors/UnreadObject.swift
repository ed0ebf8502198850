/// An object of a model file that is listed by name and not read.
public struct UnreadObject: Equatable, Sendable {
  /// What it lies in, as of a `StoredTensor`.
  public let group: String
  /// Its name in the group.
  public let name: String
  /// Why it is not read, as in `complex numbers are not read`.
  public let reason: String

  /// Group and name, with a dot between them.
  public var path: String { group.isEmpty ? name : "\(group).\(name)" }
}
