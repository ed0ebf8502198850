/// The one name of a parameter in code, file, optimiser state and message: its dotted PyTorch name.
public struct ParameterPath: Hashable, Sendable, Comparable, CustomStringConvertible, ExpressibleByStringLiteral {
  /// As in `layer1.0.conv1.weight`.
  public let text: String

  /// The path written `text`.
  public init(_ text: String) { self.text = text }

  /// The path written as a literal.
  public init(stringLiteral value: String) { self.init(value) }

  /// The parameter `name` of the node `node`.
  public init(node: String, _ name: String) { self.init("\(node).\(name)") }

  /// The dotted path.
  public var description: String { text }

  /// Order by text.
  public static func < (left: ParameterPath, right: ParameterPath) -> Bool { left.text < right.text }
}
