extension ArchitectureFamily {
  static let mobileNet = ArchitectureFamily(
    "MobileNet",
    [
      .cifar("mobilenet", from: "Howard et al. 2017") { mobileNetwork(classCount: $0) },
      .cifar("mobilenetv2", from: "Sandler et al. 2018") { invertedMobileNetwork(classCount: $0) },
    ])
}

/// MobileNet in the CIFAR form: depthwise 3x3 convolutions, each followed by a 1x1 one.
private func mobileNetwork(classCount: Int) -> [Node] {
  var list = NodeList()
  list.addStem(32)
  var channels = 32
  let widths = [64, 128, 128, 256, 256] + [Int](repeating: 512, count: 6) + [1024, 1024]
  for (index, width) in widths.enumerated() {
    let stride = [1, 3, 5, 11].contains(index) ? 2 : 1
    list.addNormed(1, of: "layers.\(index)", .depthwise(channels, stride: stride))
    list.addNormed(2, of: "layers.\(index)", BlockConvolution(channels: width, kernelSize: 1))
    channels = width
  }
  list.addClassifier("linear", classCount: classCount)
  return list.nodes
}

/// MobileNetV2 in the CIFAR form: blocks that widen, convolve depthwise and narrow again, without a ReLU at the end.
private func invertedMobileNetwork(classCount: Int) -> [Node] {
  var list = NodeList()
  list.addStem(32)
  var (channels, block) = (32, 0)
  let stages = [
    (1, 16, 1, 1), (6, 24, 2, 1), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
  ]
  for (expansion, width, count, stride) in stages {
    for index in 0..<count {
      list.addInvertedBlock(
        "layers.\(block)", expansion: expansion, from: channels, to: width, stride: index == 0 ? stride : 1)
      (channels, block) = (width, block + 1)
    }
  }
  list.addConvolution("conv2", 1280, kernelSize: 1)
  list.addNorm("bn2")
  list.addReLU("relu2")
  list.addClassifier("linear", classCount: classCount)
  return list.nodes
}

extension NodeList {
  /// Blocks of stride 1 have a shortcut: what comes in, or a 1x1 convolution with norm where the channels change.
  fileprivate mutating func addInvertedBlock(
    _ name: String, expansion: Int, from inputs: Int, to outputs: Int, stride: Int
  ) {
    var input = last
    let width = expansion * inputs
    addNormed(1, of: name, BlockConvolution(channels: width, kernelSize: 1))
    addNormed(2, of: name, .depthwise(width, stride: stride))
    addNormed(3, of: name, BlockConvolution(channels: outputs, kernelSize: 1), activated: false)
    guard stride == 1 else { return }
    let trunk = last
    if inputs != outputs {
      addConvolution("\(name).shortcut.0", outputs, kernelSize: 1, reading: input)
      addNorm("\(name).shortcut.1")
      input = last
    }
    add("\(name).sum", .sum, reading: [trunk, input])
  }
}
