/// Architectures of one design: they differ in depth, width, or the group that they commute with.
public struct ArchitectureFamily: Sendable {
  /// What people call it, as in `DenseNet`.
  public let name: String
  /// Its architectures.
  public let members: [Architecture]

  init(_ name: String, _ members: [Architecture]) {
    (self.name, self.members) = (name, members)
  }
}

extension ArchitectureFamily: CaseIterable {
  /// All families, the simple ones first.
  public static let allCases: [ArchitectureFamily] = [
    small, rotatedMNIST, vgg, resNet, preactResNet, wideResNet, groupResNet, resNeXt, regNet, googLeNet, denseNet,
    mobileNet, pnasNet, dpn, shuffleNet, seNet, efficientNet,
  ]
}

extension Architecture: CaseIterable {
  /// The networks by name; wide ResNets of other depths and widths exist besides.
  public static let allCases: [Architecture] = ArchitectureFamily.allCases.flatMap(\.members)
}
