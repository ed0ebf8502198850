/// A network this package knows by name.
///
/// To add one, see `CONTRIBUTING.md`. Parameter names and initial weights are those of the published code, so that its
/// checkpoints convert.
public struct Architecture: Sendable {
  /// Its name, as in `vgg16`.
  public let name: String
  /// Who published it.
  public let source: String
  /// One image's sizes `[c, h, w]` where the data do not say otherwise.
  public let imageShape: [Int]
  private let nodes: @Sendable (_ classCount: Int) -> [Node]
  private let unusedParameters: [UnusedParameter]

  init(
    _ name: String, from source: String, imageShape: [Int], unusedParameters: [UnusedParameter] = [],
    nodes: @escaping @Sendable (_ classCount: Int) -> [Node]
  ) {
    (self.name, self.source, self.imageShape, self.nodes) = (name, source, imageShape, nodes)
    self.unusedParameters = unusedParameters
  }

  /// The network as data, for images of `imageShape` and `classCount` classes; `NetworkGraph` refuses it when the images
  /// are too small for it.
  public func definition(
    imageShape: [Int]? = nil, classCount: Int = 10, preprocessing: Preprocessing = .none
  ) -> NetworkDefinition {
    NetworkDefinition(
      architecture: name, imageShape: imageShape ?? self.imageShape, classCount: classCount,
      preprocessing: preprocessing, nodes: nodes(classCount), unusedParameters: unusedParameters)
  }
}

extension Architecture: RawRepresentable, Hashable {
  /// Its name.
  public var rawValue: String { name }

  /// The network named `rawValue`: one of `allCases`, or a wide ResNet `wrn-DEPTH-WIDTH`.
  public init?(rawValue: String) {
    guard let found = Self.allCases.first(where: { $0.name == rawValue }) ?? .wideResNet(named: rawValue) else {
      return nil
    }
    self = found
  }
}
