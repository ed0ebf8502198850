import Symmetry

/// A CIFAR ResNet: stages of `blocks` residual blocks with `widths` channels (times 4 after a bottleneck), over `group`
/// if given.
///
/// The published code pools 4x4 windows at the end, which on 32x32 images is the whole map; here it is the whole map for
/// every image size. Over a group the elements stay apart until the last layer, as there.
func resnet(
  _ blocks: [Int], bottleneck: Bool = false, widths: [Int] = [64, 128, 256, 512], over group: SymmetryGroup? = nil,
  classCount: Int
) -> [Node] {
  var list = NodeList(over: group)
  list.addConvolution("conv1", widths[0], kernelSize: 3)
  list.addNorm("bn1")
  list.add("relu", .relu)
  var channels = widths[0]
  for (stage, (count, width)) in zip(blocks, widths).enumerated() {
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
  list.addClassifier("linear", classCount: classCount)
  return list.nodes
}

extension NodeList {
  /// Two 3x3 convolutions, or 1x1, 3x3 and 1x1 around a bottleneck, and the shortcut: the image itself, or a 1x1
  /// convolution to `shortcut` channels where the shape changes.
  fileprivate mutating func addBlock(_ name: String, width: Int, stride: Int, bottleneck: Bool, shortcut: Int?) {
    let input = last
    let layers =
      bottleneck ? [(width, 1, 1), (width, 3, stride), (4 * width, 1, 1)] : [(width, 3, stride), (width, 3, 1)]
    for (index, (channels, kernelSize, stride)) in layers.enumerated() {
      addConvolution("\(name).conv\(index + 1)", channels, kernelSize: kernelSize, stride: stride)
      addNorm("\(name).bn\(index + 1)")
      if index + 1 < layers.count { add("\(name).relu\(index + 1)", .relu) }
    }
    let trunk = last
    if let shortcut {
      addConvolution("\(name).shortcut.0", shortcut, kernelSize: 1, stride: stride, reading: input)
      addNorm("\(name).shortcut.1")
    }
    add("\(name).sum", .sum, reading: [trunk, shortcut == nil ? input : last])
    add("\(name).relu", .relu)
  }
}
