/// One convolution of a block.
struct BlockConvolution {
  var channels: Int
  var kernelSize: Int
  var stride = 1
  var groups = 1

  /// A convolution of every channel by itself.
  static func depthwise(_ channels: Int, kernelSize: Int = 3, stride: Int = 1) -> Self {
    Self(channels: channels, kernelSize: kernelSize, stride: stride, groups: channels)
  }
}

extension [BlockConvolution] {
  /// Two 3x3 convolutions, the first with `stride`.
  static func pair(_ width: Int, stride: Int) -> Self {
    [
      BlockConvolution(channels: width, kernelSize: 3, stride: stride),
      BlockConvolution(channels: width, kernelSize: 3),
    ]
  }

  /// Around 3x3 with `stride`, 1x1 to `width` channels and 1x1 to `outputs`.
  static func bottleneck(_ width: Int, to outputs: Int, stride: Int, groups: Int = 1) -> Self {
    [
      BlockConvolution(channels: width, kernelSize: 1),
      BlockConvolution(channels: width, kernelSize: 3, stride: stride, groups: groups),
      BlockConvolution(channels: outputs, kernelSize: 1),
    ]
  }
}

extension NodeList {
  mutating func addConvolution(_ name: String, _ settings: BlockConvolution, reading input: String? = nil) {
    addConvolution(
      name, settings.channels, kernelSize: settings.kernelSize, stride: settings.stride, groups: settings.groups,
      reading: input)
  }

  /// The convolution `index` of `block` with its norm, and a ReLU if it is `activated`: `BLOCK.conv1`, `BLOCK.bn1` and
  /// `BLOCK.relu1`.
  mutating func addNormed(
    _ index: Int, of block: String, _ convolution: BlockConvolution, activated: Bool = true,
    reading input: String? = nil
  ) {
    addConvolution("\(block).conv\(index)", convolution, reading: input)
    addNorm("\(block).bn\(index)")
    if activated { addReLU("\(block).relu\(index)") }
  }

  /// A stage of `count` residual blocks that begins with `channels`, which become what it ends with. Only the first block
  /// has the stage's `stride`. Where `isExcited`, channels are weighed before the last convolution.
  mutating func addResidualStage(
    _ name: String, count: Int, stride: Int, channels: inout Int, shortcut: String = "shortcut",
    isExcited: Bool = false, block: (_ stride: Int) -> [BlockConvolution]
  ) {
    for index in 0..<count {
      let convolutions = block(index == 0 ? stride : 1)
      addResidualBlock("\(name).\(index)", convolutions, from: channels, shortcut, isExcited: isExcited)
      channels = convolutions.last?.channels ?? channels
    }
  }

  /// Convolutions with norms, ReLUs between, and the shortcut from `inputs` channels: what comes in, or a 1x1 convolution
  /// with norm named `shortcut` where the shape changes.
  private mutating func addResidualBlock(
    _ name: String, _ convolutions: [BlockConvolution], from inputs: Int, _ shortcut: String, isExcited: Bool
  ) {
    var input = last
    for (index, convolution) in convolutions.enumerated() {
      if isExcited, index > 0, index + 1 == convolutions.count {
        addExcitation(
          name, "se.se1", "se.se2", channels: convolutions[index - 1].channels, hidden: inputs / 4, activation: .relu)
      }
      addNormed(index + 1, of: name, convolution, activated: index + 1 < convolutions.count)
    }
    let trunk = last
    let (stride, outputs) = (convolutions.map(\.stride).reduce(1, *), convolutions.last?.channels ?? inputs)
    if stride != 1 || inputs != outputs {
      addConvolution("\(name).\(shortcut).0", outputs, kernelSize: 1, stride: stride, reading: input)
      addNorm("\(name).\(shortcut).1")
      input = last
    }
    add("\(name).sum", .sum, reading: [trunk, input])
    addReLU("\(name).relu")
  }

  /// Squeeze and excite: a factor for every channel, made of the means of all by two 1x1 convolutions, `activation` after
  /// the first and a sigmoid after the second.
  mutating func addExcitation(
    _ block: String, _ first: String, _ second: String, channels: Int, hidden: Int, activation: Activation
  ) {
    let input = last
    add("\(block).squeeze", .averagePooling(.global))
    addConvolution("\(block).\(first)", hidden, kernelSize: 1, bias: true)
    add("\(block).\(first).activation", .activation(activation))
    addConvolution("\(block).\(second)", channels, kernelSize: 1, bias: true)
    add("\(block).\(second).sigmoid", .activation(.sigmoid))
    add("\(block).excitation", .product, reading: [input, last])
  }
}
