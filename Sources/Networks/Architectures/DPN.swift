extension ArchitectureFamily {
  static let dpn = ArchitectureFamily(
    "DPN",
    [("dpn26", [2, 2, 2, 2]), ("dpn92", [3, 4, 20, 3])].map { name, blocks in
      .cifar(name, from: "Chen et al. 2017") { dualPathNetwork(blocks, classCount: $0) }
    })
}

/// A dual path network: of what a block makes, the first channels are added to those that came in, the rest joins them.
private func dualPathNetwork(_ blocks: [Int], classCount: Int) -> [Node] {
  var list = NodeList()
  list.addStem(64)
  for (stage, (count, growth)) in zip(blocks, [16, 32, 24, 128]).enumerated() {
    let (inner, added) = (96 << stage, 256 << stage)
    for index in 0..<count {
      list.addDualPathBlock(
        "layer\(stage + 1).\(index)", inner: inner, added: added, growth: growth, tail: (index + 1) * growth,
        stride: index == 0 && stage > 0 ? 2 : 1, isFirst: index == 0)
    }
  }
  list.addClassifier("linear", classCount: classCount)
  return list.nodes
}

extension NodeList {
  /// `tail` counts the channels behind the `added` ones of what the block makes larger.
  fileprivate mutating func addDualPathBlock(
    _ name: String, inner: Int, added: Int, growth: Int, tail: Int, stride: Int, isFirst: Bool
  ) {
    var input = last
    let made: [BlockConvolution] = .bottleneck(inner, to: added + growth, stride: stride, groups: 32)
    for (index, convolution) in made.enumerated() {
      addNormed(index + 1, of: name, convolution, activated: index < 2)
    }
    let trunk = last
    if isFirst {
      addConvolution("\(name).shortcut.0", added + growth, kernelSize: 1, stride: stride, reading: input)
      addNorm("\(name).shortcut.1")
      input = last
    }
    func slice(_ part: String, _ source: String, _ start: Int, _ count: Int) -> String {
      add("\(name).\(part)", .channelSlice(ChannelSlice(start: start, count: count)), reading: [source])
      return last
    }
    let heads = [slice("head", input, 0, added), slice("new-head", trunk, 0, added)]
    let tails = [slice("tail", input, added, tail), slice("new-tail", trunk, added, growth)]
    add("\(name).sum", .sum, reading: heads)
    add("\(name).concatenation", .concatenation, reading: [last] + tails)
    addReLU("\(name).relu")
  }
}
