/// A CIFAR ResNet: four stages of `blocks` residual blocks, widths 64, 128, 256, 512 (times 4 behind a bottleneck).
///
/// The published code pools 4x4 windows at the end, which on 32x32 images is the whole map; here it is the whole map for
/// every image size.
func resnet(blocks: [Int], bottleneck: Bool, classCount: Int) -> [Node] {
  var list = NodeList()
  list.addNormalized(("conv1", convolution(64, kernelSize: 3)), norm: "bn1")
  list.add("relu", .relu)
  var channels = 64
  for (stage, count) in blocks.enumerated() {
    let width = 64 << stage
    let outputChannels = bottleneck ? 4 * width : width
    for block in 0..<count {
      let stride = block == 0 && stage > 0 ? 2 : 1
      let projects = stride != 1 || channels != outputChannels
      list.addBlock(
        "layer\(stage + 1).\(block)", width: width, stride: stride, bottleneck: bottleneck,
        shortcut: projects ? outputChannels : nil)
      channels = outputChannels
    }
  }
  list.add("pool", .averagePooling(.global))
  list.add("flatten", .flatten)
  list.add("linear", .dense(Dense(outputs: classCount)))
  return list.nodes
}

extension NodeList {
  /// Two 3x3 convolutions, or 1x1, 3x3 and 1x1 around a bottleneck, and the shortcut: the image itself, or a 1x1
  /// convolution to `shortcut` channels where the shape changes.
  fileprivate mutating func addBlock(_ name: String, width: Int, stride: Int, bottleneck: Bool, shortcut: Int?) {
    let input = last
    let layers =
      bottleneck
      ? [
        convolution(width, kernelSize: 1), convolution(width, kernelSize: 3, stride: stride),
        convolution(4 * width, kernelSize: 1),
      ]
      : [convolution(width, kernelSize: 3, stride: stride), convolution(width, kernelSize: 3)]
    for (index, settings) in layers.enumerated() {
      addNormalized(("\(name).conv\(index + 1)", settings), norm: "\(name).bn\(index + 1)")
      if index + 1 < layers.count { add("\(name).relu\(index + 1)", .relu) }
    }
    let trunk = last
    if let shortcut {
      let settings = convolution(shortcut, kernelSize: 1, stride: stride)
      addNormalized(("\(name).shortcut.0", settings), norm: "\(name).shortcut.1", reading: input)
    }
    add("\(name).sum", .sum, reading: [trunk, shortcut == nil ? input : last])
    add("\(name).relu", .relu)
  }
}

/// A convolution without bias that keeps the image's size at stride 1.
private func convolution(_ channels: Int, kernelSize: Int, stride: Int = 1) -> Convolution {
  Convolution(outputChannels: channels, kernelSize: kernelSize, stride: stride, padding: kernelSize / 2, bias: false)
}
