/// The networks this package knows by name.
///
/// To add one, add a case, name the images it is made for, and return its nodes in `nodes`; the compiler lists both
/// switches. Parameter names and initial weights are those of the published code, so that its checkpoints convert.
/// Then add it to `fixtures/make/networks.py`, whose numbers the contract tests compare.
public enum Architecture: String, CaseIterable, Sendable {
  /// A tiny network for the built-in digits: two convolutions, two dense layers.
  case digitsCNN = "digits-cnn"
  /// TRADES' SmallCNN for MNIST: four convolutions, three dense layers.
  case smallCNN = "small-cnn"
  /// TRADES' small MNIST network: two convolutions, two dense layers, dropout.
  case netMNIST = "net-mnist"
  /// LeNet in the CIFAR form.
  case leNet = "lenet"
  /// VGG with batch norm (Simonyan and Zisserman 2015) in the CIFAR form.
  case vgg11, vgg13, vgg16, vgg19
  /// ResNets (He et al. 2016) in the CIFAR form: 3x3 stem, no stem pooling.
  case resnet18, resnet34, resnet50

  /// One image's sizes `[c, h, w]` where the data do not say otherwise.
  public var imageShape: [Int] {
    switch self {
    case .digitsCNN: [1, 8, 8]
    case .smallCNN, .netMNIST: [1, 28, 28]
    case .leNet, .vgg11, .vgg13, .vgg16, .vgg19, .resnet18, .resnet34, .resnet50: [3, 32, 32]
    }
  }

  /// The network as data, for images of `imageShape` and `classCount` classes; `NetworkGraph` refuses it when the images
  /// are too small for it.
  public func definition(
    imageShape: [Int]? = nil, classCount: Int = 10, preprocessing: Preprocessing = .none
  ) -> NetworkDefinition {
    NetworkDefinition(
      architecture: rawValue, imageShape: imageShape ?? self.imageShape, classCount: classCount,
      preprocessing: preprocessing, nodes: nodes(classCount: classCount))
  }

  private func nodes(classCount: Int) -> [Node] {
    switch self {
    case .digitsCNN: digitsNetwork(classCount: classCount)
    case .smallCNN: smallNetwork(classCount: classCount)
    case .netMNIST: netMNISTNetwork(classCount: classCount)
    case .leNet: leNetNetwork(classCount: classCount)
    case .vgg11: vgg([[64], [128], [256, 256], [512, 512], [512, 512]], classCount: classCount)
    case .vgg13: vgg([[64, 64], [128, 128], [256, 256], [512, 512], [512, 512]], classCount: classCount)
    case .vgg16:
      vgg([[64, 64], [128, 128], [256, 256, 256], [512, 512, 512], [512, 512, 512]], classCount: classCount)
    case .vgg19:
      vgg(
        [[64, 64], [128, 128], [256, 256, 256, 256], [512, 512, 512, 512], [512, 512, 512, 512]],
        classCount: classCount)
    case .resnet18: resnet(blocks: [2, 2, 2, 2], bottleneck: false, classCount: classCount)
    case .resnet34: resnet(blocks: [3, 4, 6, 3], bottleneck: false, classCount: classCount)
    case .resnet50: resnet(blocks: [3, 4, 6, 3], bottleneck: true, classCount: classCount)
    }
  }
}
