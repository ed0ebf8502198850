extension ArchitectureFamily {
  static let seNet = ArchitectureFamily(
    "SENet", [.cifar("senet18", from: "Hu et al. 2018") { seNetwork([2, 2, 2, 2], classCount: $0) }])
}

/// A pre-activation ResNet whose blocks weigh their channels before the shortcut is added; unlike there norm and ReLU follow
/// the first convolution.
private func seNetwork(_ blocks: [Int], classCount: Int) -> [Node] {
  var list = NodeList()
  list.addStem(64)
  for (stage, count) in blocks.enumerated() {
    let width = 64 << stage
    list.addPreactivatedBlocks(
      (0..<count).map { "layer\(stage + 1).\($0)" }, stride: stage > 0 ? 2 : 1,
      projecting: stage > 0 ? "shortcut.0" : nil,
      excitedFrom: width / 16
    ) { .pair(width, stride: $0) }
  }
  list.addClassifier("linear", classCount: classCount)
  return list.nodes
}
