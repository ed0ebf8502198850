/// A CIFAR ResNet whose norms and ReLUs come before the convolutions, in `kuangliu/pytorch-cifar`'s form: nothing follows
/// the last block.
func preactivatedResNet(_ blocks: [Int], classCount: Int) -> [Node] {
  var list = NodeList()
  list.addConvolution("conv1", 64, kernelSize: 3)
  for (stage, count) in blocks.enumerated() {
    list.addPreactivatedBlocks(
      (0..<count).map { "layer\(stage + 1).\($0)" }, width: 64 << stage, stride: stage > 0 ? 2 : 1,
      projecting: stage > 0 ? "shortcut.0" : nil)
  }
  list.addClassifier("linear", classCount: classCount)
  return list.nodes
}

/// A wide ResNet: three stages of `blocks` blocks with 16, 32 and 64 times `width` channels; TRADES' names, without dropout.
func wideResNetwork(blocks: Int, width: Int, classCount: Int) -> [Node] {
  var list = NodeList(initialWeights: .kaimingNormalFanOut)
  list.addConvolution("conv1", 16, kernelSize: 3)
  for stage in 0..<3 {
    list.addPreactivatedBlocks(
      (0..<blocks).map { "block\(stage + 1).layer.\($0)" }, width: 16 * width << stage,
      stride: stage > 0 ? 2 : 1, projecting: stage > 0 || width > 1 ? "convShortcut" : nil)
  }
  list.addNorm("bn1")
  list.add("relu", .relu)
  list.addClassifier("fc", classCount: classCount)
  return list.nodes
}

extension NodeList {
  /// A stage of blocks: norm, ReLU and 3x3 convolution, twice, and the shortcut. Where the stage changes the shape, the
  /// shortcut of its first block is a 1x1 convolution of what follows the first ReLU, under the name `projecting`.
  fileprivate mutating func addPreactivatedBlocks(
    _ names: [String], width: Int, stride: Int, projecting shortcut: String?
  ) {
    for (index, name) in names.enumerated() {
      let input = last
      addNorm("\(name).bn1")
      add("\(name).relu1", .relu)
      let activated = last
      addConvolution("\(name).conv1", width, kernelSize: 3, stride: index == 0 ? stride : 1)
      addNorm("\(name).bn2")
      add("\(name).relu2", .relu)
      addConvolution("\(name).conv2", width, kernelSize: 3)
      let trunk = last
      let projects = index == 0 && shortcut != nil
      if let shortcut, projects {
        addConvolution("\(name).\(shortcut)", width, kernelSize: 1, stride: stride, reading: activated)
      }
      add("\(name).sum", .sum, reading: [trunk, projects ? last : input])
    }
  }
}
