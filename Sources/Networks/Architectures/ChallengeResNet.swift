extension Architecture {
  /// The wide ResNet of the CIFAR-10 challenge, under the names of TRADES' wide ResNets.
  static let challengeResNet = cifar("w32-10", from: "Madry et al. 2018") { challengeResNetwork(classCount: $0) }
}

/// Three stages of five blocks with 160, 320 and 640 channels, of images that are standardised one by one; leaky ReLUs, and
/// shortcuts that are means, with channels of zeros added on both sides.
private func challengeResNetwork(classCount: Int) -> [Node] {
  var list = NodeList(initialWeights: .kaimingNormalFanOut)
  // The published network reads pixels of 0 to 255, below which it takes no deviation but 1 / sqrt(3072).
  list.add("scale", .scaleShift(ScaleShift(scale: [255], shift: [0])))
  list.add("standardization", .imageStandardization)
  list.addConvolution("conv1", 16, kernelSize: 3)
  var channels = 16
  for (stage, width) in [160, 320, 640].enumerated() {
    for index in 0..<5 {
      list.addChallengeBlock(
        "block\(stage + 1).layer.\(index)", from: channels, to: width, stride: stage > 0 && index == 0 ? 2 : 1,
        sharesActivation: stage == 0 && index == 0)
      channels = width
    }
  }
  list.addLeakyNorm("bn1", activation: "relu")
  list.addClassifier("fc", classCount: classCount)
  return list.nodes
}

extension NodeList {
  /// Two convolutions, each behind norm and leaky ReLU. The shortcut reads what the block reads, or what follows the first
  /// ReLU where the block shares that.
  fileprivate mutating func addChallengeBlock(
    _ name: String, from inputs: Int, to outputs: Int, stride: Int, sharesActivation: Bool
  ) {
    var input = last
    addLeakyNorm("\(name).bn1", activation: "\(name).relu1")
    if sharesActivation { input = last }
    var settings = Convolution(
      outputChannels: outputs, kernelSize: 3, stride: stride, padding: 1, bias: false, initialWeights: initialWeights)
    // As TensorFlow keeps the size of images with even sides: no zeros above and to the left.
    if stride > 1 { settings.padding = Margins(top: 0, left: 0, bottom: 1, right: 1) }
    add("\(name).conv1", .convolution(settings))
    addLeakyNorm("\(name).bn2", activation: "\(name).relu2")
    addConvolution("\(name).conv2", outputs, kernelSize: 3)
    let trunk = last
    if stride > 1 {
      add("\(name).mean", .averagePooling(Pooling(kernelSize: stride, stride: stride)), reading: [input])
      input = last
    }
    if inputs != outputs {
      let zeros = (outputs - inputs) / 2
      add("\(name).zeros", .channelPadding(ChannelPadding(before: zeros, after: zeros)), reading: [input])
      input = last
    }
    add("\(name).sum", .sum, reading: [trunk, input])
  }

  /// A norm with TensorFlow's epsilon, and a leaky ReLU.
  fileprivate mutating func addLeakyNorm(_ name: String, activation: String) {
    add(name, .batchNormalization(BatchNormalization(epsilon: 1e-3)))
    add(activation, .activation(.leakyReLU(slope: 0.1)))
  }
}
