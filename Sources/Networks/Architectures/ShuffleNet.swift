extension ArchitectureFamily {
  static let shuffleNet = ArchitectureFamily(
    "ShuffleNet",
    [
      .cifar("shufflenet-g2", from: zhang) { shuffleNetwork([200, 400, 800], groups: 2, classCount: $0) },
      .cifar("shufflenet-g3", from: zhang) { shuffleNetwork([240, 480, 960], groups: 3, classCount: $0) },
      .cifar("shufflenetv2-0.5", from: ma) { splitShuffleNetwork([48, 96, 192], last: 1024, classCount: $0) },
      .cifar("shufflenetv2-1", from: ma) { splitShuffleNetwork([116, 232, 464], last: 1024, classCount: $0) },
      .cifar("shufflenetv2-1.5", from: ma) { splitShuffleNetwork([176, 352, 704], last: 1024, classCount: $0) },
      .cifar("shufflenetv2-2", from: ma) { splitShuffleNetwork([224, 488, 976], last: 2048, classCount: $0) },
    ])

  private static let zhang = "Zhang et al. 2018"
  private static let ma = "Ma et al. 2018"
}

/// Three stages of blocks of grouped 1x1 convolutions, between which channels are dealt to the other groups.
private func shuffleNetwork(_ widths: [Int], groups: Int, classCount: Int) -> [Node] {
  var list = NodeList()
  list.addStem(24, kernelSize: 1)
  var channels = 24
  for (stage, (width, count)) in zip(widths, [4, 8, 4]).enumerated() {
    for index in 0..<count {
      list.addShuffledBlock(
        "layer\(stage + 1).\(index)", to: width - (index == 0 ? channels : 0), stride: index == 0 ? 2 : 1,
        groups: groups, isFirst: channels == 24)
      channels = width
    }
  }
  list.addClassifier("linear", classCount: classCount)
  return list.nodes
}

/// ShuffleNetV2: half of the channels pass a block untouched, and both halves are dealt together.
private func splitShuffleNetwork(_ widths: [Int], last: Int, classCount: Int) -> [Node] {
  var list = NodeList()
  list.addStem(24)
  var channels = 24
  for (stage, (width, count)) in zip(widths, [3, 7, 3]).enumerated() {
    list.addDownBlock("layer\(stage + 1).0", from: channels, to: width)
    for index in 1...count { list.addSplitBlock("layer\(stage + 1).\(index)", width / 2) }
    channels = width
  }
  list.addConvolution("conv2", last, kernelSize: 1)
  list.addNorm("bn2")
  list.addReLU("relu2")
  list.addClassifier("linear", classCount: classCount)
  return list.nodes
}

extension NodeList {
  /// With stride 2 the mean of 3x3 windows stands behind what the block makes, else the input is added.
  fileprivate mutating func addShuffledBlock(
    _ name: String, to outputs: Int, stride: Int, groups: Int, isFirst: Bool
  ) {
    var input = last
    let inner = outputs / 4
    addNormed(1, of: name, BlockConvolution(channels: inner, kernelSize: 1, groups: isFirst ? 1 : groups))
    if !isFirst { add("\(name).shuffle1", .channelShuffle(groups: groups)) }
    addNormed(2, of: name, .depthwise(inner, stride: stride))
    addNormed(3, of: name, BlockConvolution(channels: outputs, kernelSize: 1, groups: groups), activated: false)
    let trunk = last
    if stride == 2 {
      add("\(name).shortcut.0", .averagePooling(Pooling(kernelSize: 3, stride: 2, padding: 1)), reading: [input])
      input = last
    }
    add(
      "\(name).\(stride == 2 ? "concatenation" : "sum")", stride == 2 ? .concatenation : .sum, reading: [trunk, input])
    addReLU("\(name).relu")
  }

  /// 1x1, depthwise and 1x1 convolutions of the second half.
  fileprivate mutating func addSplitBlock(_ name: String, _ half: Int) {
    let input = last
    add("\(name).left", .channelSlice(ChannelSlice(start: 0, count: half)))
    add("\(name).right", .channelSlice(ChannelSlice(start: half, count: half)), reading: [input])
    addNormed(1, of: name, BlockConvolution(channels: half, kernelSize: 1))
    addNormed(2, of: name, .depthwise(half), activated: false)
    addNormed(3, of: name, BlockConvolution(channels: half, kernelSize: 1))
    add("\(name).concatenation", .concatenation, reading: ["\(name).left", last])
    add("\(name).shuffle", .channelShuffle(groups: 2))
  }

  /// Two branches of stride 2.
  fileprivate mutating func addDownBlock(_ name: String, from inputs: Int, to outputs: Int) {
    let input = last
    addNormed(1, of: name, .depthwise(inputs, stride: 2), activated: false)
    addNormed(2, of: name, BlockConvolution(channels: outputs / 2, kernelSize: 1))
    let left = last
    addNormed(3, of: name, BlockConvolution(channels: outputs / 2, kernelSize: 1), reading: input)
    addNormed(4, of: name, .depthwise(outputs / 2, stride: 2), activated: false)
    addNormed(5, of: name, BlockConvolution(channels: outputs / 2, kernelSize: 1))
    add("\(name).concatenation", .concatenation, reading: [left, last])
    add("\(name).shuffle", .channelShuffle(groups: 2))
  }
}
