extension ArchitectureFamily {
  static let vgg = ArchitectureFamily(
    "VGG",
    [
      .vgg11, .vgg13, .vgg16, .vgg19,
      .imageNet("vgg16-bn-224", from: Architecture.simonyan) { largeVGG(classCount: $0) },
    ])
}

/// The widths of 16 layers, those between two poolings together.
let vgg16Stages = [[64, 64], [128, 128], [256, 256, 256], [512, 512, 512], [512, 512, 512]]

/// VGG with batch norm for CIFAR: `stages` lists the widths between poolings.
///
/// Names are the positions in PyTorch's `features` sequence: convolution, norm and ReLU take one each, pooling one. Its
/// closing 1x1 average pooling does nothing and is left out.
func vgg(_ stages: [[Int]], classCount: Int) -> [Node] {
  var list = NodeList()
  list.addFeatures(stages)
  list.add("flatten", .flatten)
  list.add("classifier", .dense(Dense(outputs: classCount)))
  return list.nodes
}

/// VGG with batch norm for large images, under torchvision's names: three dense layers, which begin as PyTorch's do. Its
/// adaptive pooling does nothing on 224x224 images and is left out.
private func largeVGG(classCount: Int) -> [Node] {
  var list = NodeList(initialWeights: .kaimingNormalFanOut)
  list.addFeatures(vgg16Stages)
  list.add("flatten", .flatten)
  for place in [0, 3] {
    list.add("classifier.\(place)", .dense(Dense(outputs: 4096)))
    list.addReLU("classifier.\(place + 1)")
    list.add("classifier.\(place + 2)", .dropout(Dropout(rate: 0.5)))
  }
  list.add("classifier.6", .dense(Dense(outputs: classCount)))
  return list.nodes
}

extension NodeList {
  /// Convolutions with norm and ReLU, and a pooling after each stage, named by their place in `features`.
  fileprivate mutating func addFeatures(_ stages: [[Int]]) {
    var position = 0
    func next() -> String {
      defer { position += 1 }
      return "features.\(position)"
    }
    for widths in stages {
      for width in widths {
        addConvolution(next(), width, kernelSize: 3, bias: true)
        addNorm(next())
        addReLU(next())
      }
      add(next(), .maxPooling(Pooling(kernelSize: 2)))
    }
  }
}
