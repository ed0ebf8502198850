extension ArchitectureFamily {
  static let efficientNet = ArchitectureFamily(
    "EfficientNet",
    [
      Architecture(
        "efficientnet-b0", from: "Tan and Le 2019", imageShape: [3, 32, 32], unusedParameters: unusedLayers
      ) { efficientNetwork(classCount: $0) }
    ])
}

/// A first convolution and norm of the block that does not widen, which the published code makes and never uses.
private let unusedLayers =
  UnusedParameter.norm("layers.0.bn1", channels: 32)
  + [UnusedParameter(name: "layers.0.conv1.weight", shape: [32, 32, 1, 1])]

/// EfficientNet-B0 in the CIFAR form, with a stem of stride 1. The published code means to drop blocks at random, at a rate that
/// grows with their number, but counts none, so that the rate is 0 for all of them and none is dropped here.
private func efficientNetwork(classCount: Int) -> [Node] {
  var list = NodeList()
  list.addConvolution("conv1", 32, kernelSize: 3)
  list.addNorm("bn1")
  list.add("silu", .activation(.silu))
  var (channels, block) = (32, 0)
  let stages = [
    (1, 16, 1, 3, 1), (6, 24, 2, 3, 2), (6, 40, 2, 5, 2), (6, 80, 3, 3, 2), (6, 112, 3, 5, 1), (6, 192, 4, 5, 2),
    (6, 320, 1, 3, 1),
  ]
  for (expansion, width, count, side, stride) in stages {
    for index in 0..<count {
      list.addWeighedBlock(
        "layers.\(block)", expansion: expansion, from: channels, to: width, kernelSize: side,
        stride: index == 0 ? stride : 1)
      (channels, block) = (width, block + 1)
    }
  }
  list.add("pool", .averagePooling(.global))
  list.add("flatten", .flatten)
  list.add("drop", .dropout(Dropout(rate: 0.2)))
  list.add("linear", .dense(Dense(outputs: classCount)))
  return list.nodes
}

extension NodeList {
  fileprivate mutating func addWeighedBlock(
    _ name: String, expansion: Int, from inputs: Int, to outputs: Int, kernelSize: Int, stride: Int
  ) {
    let input = last
    let width = expansion * inputs
    if expansion > 1 {
      addNormed(1, of: name, BlockConvolution(channels: width, kernelSize: 1), activated: false)
      add("\(name).silu1", .activation(.silu))
    }
    addNormed(2, of: name, .depthwise(width, kernelSize: kernelSize, stride: stride), activated: false)
    add("\(name).silu2", .activation(.silu))
    addExcitation(name, "se.se1", "se.se2", channels: width, hidden: inputs / 4, activation: .silu)
    addNormed(3, of: name, BlockConvolution(channels: outputs, kernelSize: 1), activated: false)
    if stride == 1, inputs == outputs { add("\(name).sum", .sum, reading: [last, input]) }
  }
}
