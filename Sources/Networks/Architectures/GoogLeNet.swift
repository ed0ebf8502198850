extension ArchitectureFamily {
  static let googLeNet = ArchitectureFamily(
    "GoogLeNet", [.cifar("googlenet", from: "Szegedy et al. 2015") { googLeNetwork(classCount: $0) }])
}

/// GoogLeNet in the CIFAR form, with norms and without auxiliary classifiers; two 3x3 convolutions stand for 5x5.
private func googLeNetwork(classCount: Int) -> [Node] {
  var list = NodeList()
  list.addSequence("pre_layers", [(192, 3)])
  for (stage, blocks) in stages.enumerated() {
    if stage > 0 {
      list.add("maxpool\(stage + 2)", .maxPooling(Pooling(kernelSize: 3, stride: 2, padding: 1)))
    }
    for (letter, widths) in zip("abcde", blocks) { list.addInception("\(letter)\(stage + 3)", widths) }
  }
  list.addClassifier("linear", classCount: classCount)
  return list.nodes
}

/// For each block the channels of its branches: 1x1; 1x1 and 3x3; 1x1 and twice 3x3; 1x1 after a pooling.
private let stages: [[[[Int]]]] = [
  [[[64], [96, 128], [16, 32], [32]], [[128], [128, 192], [32, 96], [64]]],
  [
    [[192], [96, 208], [16, 48], [64]], [[160], [112, 224], [24, 64], [64]], [[128], [128, 256], [24, 64], [64]],
    [[112], [144, 288], [32, 64], [64]], [[256], [160, 320], [32, 128], [128]],
  ],
  [[[256], [160, 320], [32, 128], [128]], [[384], [192, 384], [48, 128], [128]]],
]

extension NodeList {
  fileprivate mutating func addInception(_ name: String, _ widths: [[Int]]) {
    let input = last
    addSequence("\(name).b1", [(widths[0][0], 1)], reading: input)
    let first = last
    addSequence("\(name).b2", [(widths[1][0], 1), (widths[1][1], 3)], reading: input)
    let second = last
    addSequence("\(name).b3", [(widths[2][0], 1), (widths[2][1], 3), (widths[2][1], 3)], reading: input)
    let third = last
    add("\(name).b4.0", .maxPooling(Pooling(kernelSize: 3, stride: 1, padding: 1)), reading: [input])
    addSequence("\(name).b4", from: 1, [(widths[3][0], 1)])
    add("\(name).concatenation", .concatenation, reading: [first, second, third, last])
  }

  /// Convolutions with norm and ReLU, named by their place in a sequence.
  fileprivate mutating func addSequence(
    _ name: String, from start: Int = 0, _ convolutions: [(channels: Int, kernelSize: Int)],
    reading input: String? = nil
  ) {
    for (index, (channels, kernelSize)) in convolutions.enumerated() {
      let place = start + 3 * index
      addConvolution(
        "\(name).\(place)", channels, kernelSize: kernelSize, bias: true, reading: index == 0 ? input : nil)
      addNorm("\(name).\(place + 1)")
      addReLU("\(name).\(place + 2)")
    }
  }
}
