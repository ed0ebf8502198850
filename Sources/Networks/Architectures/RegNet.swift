extension ArchitectureFamily {
  static let regNet = ArchitectureFamily(
    "RegNet",
    [
      .cifar("regnet-x-200mf", from: radosavovic) {
        regNetwork([(1, 24), (1, 56), (4, 152), (7, 368)], groupWidth: 8, classCount: $0)
      },
      .cifar("regnet-x-400mf", from: radosavovic) {
        regNetwork([(1, 32), (2, 64), (7, 160), (12, 384)], groupWidth: 16, classCount: $0)
      },
      .cifar("regnet-y-400mf", from: radosavovic) {
        regNetwork([(1, 32), (2, 64), (7, 160), (12, 384)], groupWidth: 16, isExcited: true, classCount: $0)
      },
    ])

  private static let radosavovic = "Radosavovic et al. 2020"
}

/// Stages of residual blocks without a bottleneck, whose 3x3 convolutions fall into groups of `groupWidth` channels; in
/// RegNet-Y channels are weighed after these.
private func regNetwork(
  _ stages: [(blocks: Int, width: Int)], groupWidth: Int, isExcited: Bool = false, classCount: Int
) -> [Node] {
  var list = NodeList()
  list.addStem(64)
  var channels = 64
  for (index, (blocks, width)) in stages.enumerated() {
    list.addResidualStage(
      "layer\(index + 1)", count: blocks, stride: index < 2 ? 1 : 2, channels: &channels, isExcited: isExcited
    ) { stride in
      .bottleneck(width, to: width, stride: stride, groups: width / groupWidth)
    }
  }
  list.addClassifier("linear", classCount: classCount)
  return list.nodes
}
