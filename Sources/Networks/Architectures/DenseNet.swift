extension ArchitectureFamily {
  static let denseNet = ArchitectureFamily(
    "DenseNet",
    [
      .cifar("densenet-cifar", from: huang) { denseNetwork([6, 12, 24, 16], growth: 12, classCount: $0) },
      .cifar("densenet121", from: huang) { denseNetwork([6, 12, 24, 16], growth: 32, classCount: $0) },
      .cifar("densenet161", from: huang) { denseNetwork([6, 12, 36, 24], growth: 48, classCount: $0) },
      .cifar("densenet169", from: huang) { denseNetwork([6, 12, 32, 32], growth: 32, classCount: $0) },
      .cifar("densenet201", from: huang) { denseNetwork([6, 12, 48, 32], growth: 32, classCount: $0) },
    ])

  private static let huang = "Huang et al. 2017"
}

/// Stages of layers that each put `growth` channels in front of all that came before; between two stages half of the
/// channels and half of each side go.
private func denseNetwork(_ layers: [Int], growth: Int, classCount: Int) -> [Node] {
  var list = NodeList()
  var channels = 2 * growth
  list.addConvolution("conv1", channels, kernelSize: 3)
  for (stage, count) in layers.enumerated() {
    for index in 0..<count { list.addDenseLayer("dense\(stage + 1).\(index)", growth: growth) }
    channels += count * growth
    guard stage + 1 < layers.count else { break }
    channels /= 2
    let name = "trans\(stage + 1)"
    list.addNorm("\(name).bn")
    list.addReLU("\(name).relu")
    list.addConvolution("\(name).conv", channels, kernelSize: 1)
    list.add("\(name).pool", .averagePooling(Pooling(kernelSize: 2)))
  }
  list.addNorm("bn")
  list.addReLU("relu")
  list.addClassifier("linear", classCount: classCount)
  return list.nodes
}

extension NodeList {
  fileprivate mutating func addDenseLayer(_ name: String, growth: Int) {
    let input = last
    for (index, (channels, kernelSize)) in [(4 * growth, 1), (growth, 3)].enumerated() {
      addNorm("\(name).bn\(index + 1)")
      addReLU("\(name).relu\(index + 1)")
      addConvolution("\(name).conv\(index + 1)", channels, kernelSize: kernelSize)
    }
    add("\(name).concatenation", .concatenation, reading: [last, input])
  }
}
