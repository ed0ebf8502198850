extension ArchitectureFamily {
  static let resNeXt = ArchitectureFamily(
    "ResNeXt",
    [(2, 64), (4, 64), (8, 64), (32, 4)].map { (groups: Int, width: Int) in
      .cifar("resnext29-\(groups)x\(width)d", from: "Xie et al. 2017") {
        resNeXtNetwork(groups: groups, width: width, classCount: $0)
      }
    })
}

/// Three stages of three bottlenecks, of which the middle convolution falls into `groups` of at first `width` channels;
/// the stem is 1x1.
private func resNeXtNetwork(groups: Int, width: Int, classCount: Int) -> [Node] {
  var list = NodeList()
  list.addStem(64, kernelSize: 1)
  var channels = 64
  for stage in 0..<3 {
    let inner = groups * (width << stage)
    list.addResidualStage("layer\(stage + 1)", count: 3, stride: stage > 0 ? 2 : 1, channels: &channels) { stride in
      .bottleneck(inner, to: 2 * inner, stride: stride, groups: groups)
    }
  }
  list.addClassifier("linear", classCount: classCount)
  return list.nodes
}
