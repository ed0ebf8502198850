extension ArchitectureFamily {
  static let preactResNet = ArchitectureFamily(
    "pre-activation ResNet",
    [
      .preactResNet18,
      .cifar("preact-resnet34", from: Architecture.heLater) { preactivatedResNet([3, 4, 6, 3], classCount: $0) },
      .cifar("preact-resnet50", from: Architecture.heLater) {
        preactivatedResNet([3, 4, 6, 3], bottleneck: true, classCount: $0)
      },
      .cifar("preact-resnet101", from: Architecture.heLater) {
        preactivatedResNet([3, 4, 23, 3], bottleneck: true, classCount: $0)
      },
      .cifar("preact-resnet152", from: Architecture.heLater) {
        preactivatedResNet([3, 8, 36, 3], bottleneck: true, classCount: $0)
      },
      .cifar("preact-resnet18-bn", from: "Rice et al. 2020") {
        preactivatedResNet([2, 2, 2, 2], endsInNorm: true, classCount: $0)
      },
      .cifar("preact-resnet18-bn-early", from: "Wong et al. 2020") {
        preactivatedResNet([2, 2, 2, 2], endsInNorm: true, projectsInput: true, classCount: $0)
      },
    ])

  static let wideResNet = ArchitectureFamily("wide ResNet", [.wideResNet34, .challengeResNet])
}

extension Architecture {
  /// Architectures whose tensors have the names and shapes of another's, which computes something else of them: by name the
  /// one that files are not taken for unless it is asked for.
  public static let twins = ["preact-resnet18-bn": "preact-resnet18-bn-early"]
}

/// A CIFAR ResNet whose norms and ReLUs come before the convolutions, in `kuangliu/pytorch-cifar`'s form: nothing follows
/// the last block, unless it ends in a norm and a ReLU. Shortcuts read what follows the first ReLU, or the block's input
/// where that is what is projected.
func preactivatedResNet(
  _ blocks: [Int], bottleneck: Bool = false, endsInNorm: Bool = false, projectsInput: Bool = false, classCount: Int
) -> [Node] {
  var list = NodeList()
  list.addConvolution("conv1", 64, kernelSize: 3)
  for (stage, count) in blocks.enumerated() {
    let width = 64 << stage
    list.addPreactivatedBlocks(
      (0..<count).map { "layer\(stage + 1).\($0)" }, stride: stage > 0 ? 2 : 1,
      projecting: stage > 0 || bottleneck ? "shortcut.0" : nil, ofInput: projectsInput
    ) { stride in
      bottleneck ? .bottleneck(width, to: 4 * width, stride: stride) : .pair(width, stride: stride)
    }
  }
  if endsInNorm {
    list.addNorm("bn")
    list.addReLU("relu")
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
      (0..<blocks).map { "block\(stage + 1).layer.\($0)" }, stride: stage > 0 ? 2 : 1,
      projecting: stage > 0 || width > 1 ? "convShortcut" : nil
    ) { stride in
      .pair(16 * width << stage, stride: stride)
    }
  }
  list.addNorm("bn1")
  list.addReLU("relu")
  list.addClassifier("fc", classCount: classCount)
  return list.nodes
}

extension NodeList {
  /// A stage of blocks: norm, ReLU and convolution, for each of the block's convolutions, and the shortcut. Where the stage
  /// changes the shape, the shortcut of its first block is a 1x1 convolution of what follows the first ReLU, under the name
  /// `projecting`; or of the block's input, where that is asked for. With `excitedFrom` channels are weighed before the sum, by way of so many.
  mutating func addPreactivatedBlocks(
    _ names: [String], stride: Int, projecting shortcut: String?, ofInput: Bool = false, excitedFrom hidden: Int? = nil,
    block: (_ stride: Int) -> [BlockConvolution]
  ) {
    for (index, name) in names.enumerated() {
      var input = last
      let convolutions = block(index == 0 ? stride : 1)
      for (position, convolution) in convolutions.enumerated() {
        addNorm("\(name).bn\(position + 1)")
        addReLU("\(name).relu\(position + 1)")
        addConvolution("\(name).conv\(position + 1)", convolution)
      }
      let outputs = convolutions.last?.channels ?? 0
      if let hidden {
        addExcitation(name, "fc1", "fc2", channels: outputs, hidden: hidden, activation: .relu)
      }
      let trunk = last
      if let shortcut, index == 0 {
        addConvolution(
          "\(name).\(shortcut)", outputs, kernelSize: 1, stride: stride, reading: ofInput ? input : "\(name).relu1")
        input = last
      }
      add("\(name).sum", .sum, reading: [trunk, input])
    }
  }
}
