import Symmetry

extension ArchitectureFamily {
  static let small = ArchitectureFamily(
    "small networks",
    [
      .digitsCNN, .smallCNN, .netMNIST, .leNet,
      .mnist("mnist-example", from: "PyTorch's examples") { exampleNetwork(classCount: $0) },
      .mnist("lenet5", from: "advertorch") { leNet5Network(kernelSize: 3, features: 200, classCount: $0) },
      .mnist("lenet5-madry", from: "Madry et al. 2018") {
        leNet5Network(kernelSize: 5, features: 1024, classCount: $0)
      },
    ])

  static let rotatedMNIST = ArchitectureFamily("networks for rotated MNIST", [.z2CNN, .p4CNN])
}

/// The tiny network of the built-in digits; our own.
func digitsNetwork(classCount: Int) -> [Node] {
  var list = NodeList()
  list.add("conv1", .convolution(Convolution(outputChannels: 16, kernelSize: 3, padding: 1)))
  list.add("relu1", .relu)
  list.add("conv2", .convolution(Convolution(outputChannels: 32, kernelSize: 3, padding: 1)))
  list.add("relu2", .relu)
  list.add("pool", .maxPooling(Pooling(kernelSize: 2)))
  list.add("flatten", .flatten)
  list.add("fc1", .dense(Dense(outputs: 64)))
  list.add("relu3", .relu)
  list.add("fc2", .dense(Dense(outputs: classCount)))
  return list.nodes
}

/// TRADES' `models/small_cnn.py`: Kaiming-normal convolutions, and a last layer that begins at zero.
func smallNetwork(classCount: Int) -> [Node] {
  var list = NodeList()
  for (index, channels) in [32, 32, 64, 64].enumerated() {
    let settings = Convolution(outputChannels: channels, kernelSize: 3, initialWeights: .kaimingNormal)
    list.add("feature_extractor.conv\(index + 1)", .convolution(settings))
    list.add("feature_extractor.relu\(index + 1)", .relu)
    if index % 2 == 1 {
      list.add("feature_extractor.maxpool\(index / 2 + 1)", .maxPooling(Pooling(kernelSize: 2)))
    }
  }
  list.add("flatten", .flatten)
  list.add("classifier.fc1", .dense(Dense(outputs: 200)))
  list.add("classifier.relu1", .relu)
  list.add("classifier.drop", .dropout(Dropout(rate: 0.5)))
  list.add("classifier.fc2", .dense(Dense(outputs: 200)))
  list.add("classifier.relu2", .relu)
  list.add("classifier.fc3", .dense(Dense(outputs: classCount, initialWeights: .zero)))
  return list.nodes
}

/// TRADES' `models/net_mnist.py`: pooling comes before ReLU, and the first dropout takes whole channels.
func netMNISTNetwork(classCount: Int) -> [Node] {
  var list = NodeList()
  list.add("conv1", .convolution(Convolution(outputChannels: 10, kernelSize: 5)))
  list.add("pool1", .maxPooling(Pooling(kernelSize: 2)))
  list.add("relu1", .relu)
  list.add("conv2", .convolution(Convolution(outputChannels: 20, kernelSize: 5)))
  list.add("conv2_drop", .dropout(Dropout(rate: 0.5, channelwise: true)))
  list.add("pool2", .maxPooling(Pooling(kernelSize: 2)))
  list.add("relu2", .relu)
  list.add("flatten", .flatten)
  list.add("fc1", .dense(Dense(outputs: 50)))
  list.add("relu3", .relu)
  list.add("drop", .dropout(Dropout(rate: 0.5)))
  list.add("fc2", .dense(Dense(outputs: classCount)))
  return list.nodes
}

/// The MNIST network of PyTorch's examples, without the logarithm of the softmax after it.
private func exampleNetwork(classCount: Int) -> [Node] {
  var list = NodeList()
  for (index, channels) in [32, 64].enumerated() {
    list.addConvolution("conv\(index + 1)", channels, kernelSize: 3, padding: 0, bias: true)
    list.addReLU("relu\(index + 1)")
  }
  list.add("pool", .maxPooling(Pooling(kernelSize: 2)))
  list.add("dropout1", .dropout(Dropout(rate: 0.25)))
  list.add("flatten", .flatten)
  list.add("fc1", .dense(Dense(outputs: 128)))
  list.addReLU("relu3")
  list.add("dropout2", .dropout(Dropout(rate: 0.5)))
  list.add("fc2", .dense(Dense(outputs: classCount)))
  return list.nodes
}

/// LeNet as the paper's code has it: three input channels, ReLU, max pooling.
func leNetNetwork(classCount: Int) -> [Node] {
  var list = NodeList()
  for (index, channels) in [6, 16].enumerated() {
    list.add("conv\(index + 1)", .convolution(Convolution(outputChannels: channels, kernelSize: 5)))
    list.add("relu\(index + 1)", .relu)
    list.add("pool\(index + 1)", .maxPooling(Pooling(kernelSize: 2)))
  }
  list.add("flatten", .flatten)
  for (index, features) in [120, 84].enumerated() {
    list.add("fc\(index + 1)", .dense(Dense(outputs: features)))
    list.add("relu\(index + 3)", .relu)
  }
  list.add("fc3", .dense(Dense(outputs: classCount)))
  return list.nodes
}

/// The LeNet-5 of advertorch's examples: two padded convolutions, two dense layers.
private func leNet5Network(kernelSize: Int, features: Int, classCount: Int) -> [Node] {
  var list = NodeList()
  for (index, channels) in [32, 64].enumerated() {
    list.addConvolution("conv\(index + 1)", channels, kernelSize: kernelSize, bias: true)
    list.addReLU("relu\(index + 1)")
    list.add("maxpool\(index + 1)", .maxPooling(Pooling(kernelSize: 2)))
  }
  list.add("flatten", .flatten)
  list.add("linear1", .dense(Dense(outputs: features)))
  list.addReLU("relu3")
  list.add("linear2", .dense(Dense(outputs: classCount)))
  return list.nodes
}

/// Cohen and Welling's networks for rotated MNIST: six 3x3 convolutions with norm and ReLU, a 4x4 one to the classes, one
/// pooling and dropout between; over a group, the largest logit of all elements counts.
func rotatedMNISTNetwork(width: Int, over group: SymmetryGroup?, classCount: Int) -> [Node] {
  var list = NodeList(over: group)
  for layer in 1...6 {
    list.addConvolution("l\(layer).conv", width, kernelSize: 3, padding: 0)
    list.addNorm("l\(layer).bn")
    list.add("l\(layer).relu", .relu)
    list.add(
      "l\(layer).\(layer == 2 ? "pool" : "drop")",
      layer == 2 ? .maxPooling(Pooling(kernelSize: 2)) : .dropout(Dropout(rate: 0.3)))
  }
  list.addConvolution("top", classCount, kernelSize: 4, padding: 0)
  if let group { list.add("maximum", .groupMaxPooling(group)) }
  list.add("pool", .maxPooling(.global))
  list.add("flatten", .flatten)
  return list.nodes
}
