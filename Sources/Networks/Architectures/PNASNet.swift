extension ArchitectureFamily {
  static let pnasNet = ArchitectureFamily(
    "PNASNet",
    [
      .cifar("pnasnet-a", from: liu) { pnasNetwork(width: 44, classCount: $0) { $0.addCellA($1, $2, stride: $3) } },
      .cifar("pnasnet-b", from: liu) { pnasNetwork(width: 32, classCount: $0) { $0.addCellB($1, $2, stride: $3) } },
    ])

  private static let liu = "Liu et al. 2018"
}

/// Three stages of six cells, with a cell of stride 2 and twice the channels between.
private func pnasNetwork(
  width: Int, classCount: Int, addCell: (inout NodeList, _ name: String, _ channels: Int, _ stride: Int) -> Void
) -> [Node] {
  var list = NodeList()
  list.addStem(width)
  for stage in 0..<3 {
    if stage > 0 { addCell(&list, "layer\(2 * stage)", width << stage, 2) }
    for cell in 0..<6 { addCell(&list, "layer\(2 * stage + 1).\(cell)", width << stage, 1) }
  }
  list.addClassifier("linear", classCount: classCount)
  return list.nodes
}

extension NodeList {
  /// The sum of a depthwise 7x7 convolution and a maximum pooling.
  fileprivate mutating func addCellA(_ name: String, _ channels: Int, stride: Int) {
    let input = last
    let inputs = channels / stride
    let separate = addSeparate("\(name).sep_conv1", inputs, channels, kernelSize: 7, stride: stride, reading: input)
    let pooled = addPooled(name, channels, stride: stride, reading: input)
    add("\(name).sum", .sum, reading: [separate, pooled])
    addReLU("\(name).relu")
  }

  /// Depthwise 7x7 and 3x3 convolutions, beside a maximum pooling and a depthwise 5x5 one, brought back to `channels`.
  fileprivate mutating func addCellB(_ name: String, _ channels: Int, stride: Int) {
    let input = last
    let inputs = channels / stride
    let separate = [(1, 7), (2, 3), (3, 5)].map { index, side in
      addSeparate("\(name).sep_conv\(index)", inputs, channels, kernelSize: side, stride: stride, reading: input)
    }
    let pooled = addPooled(name, channels, stride: stride, reading: input)
    add("\(name).left.sum", .sum, reading: [separate[0], separate[1]])
    addReLU("\(name).left.relu")
    add("\(name).right.sum", .sum, reading: [pooled, separate[2]])
    addReLU("\(name).right.relu")
    add("\(name).concatenation", .concatenation, reading: ["\(name).left.relu", "\(name).right.relu"])
    addNormed(2, of: name, BlockConvolution(channels: channels, kernelSize: 1))
  }

  /// A convolution of every channel by itself, to one or two channels, and its norm; the norm's name.
  private mutating func addSeparate(
    _ name: String, _ inputs: Int, _ outputs: Int, kernelSize: Int, stride: Int, reading input: String
  ) -> String {
    addConvolution(
      "\(name).conv1", outputs, kernelSize: kernelSize, stride: stride, groups: inputs, reading: input)
    addNorm("\(name).bn1")
    return last
  }

  /// A maximum pooling, and where the shape changes a 1x1 convolution with norm; the last one's name.
  private mutating func addPooled(_ name: String, _ channels: Int, stride: Int, reading input: String) -> String {
    add("\(name).pool", .maxPooling(Pooling(kernelSize: 3, stride: stride, padding: 1)), reading: [input])
    if stride > 1 { addNormed(1, of: name, BlockConvolution(channels: channels, kernelSize: 1), activated: false) }
    return last
  }
}
