import Symmetry

extension Architecture {
  /// A tiny network for the built-in digits: two convolutions, two dense layers.
  public static let digitsCNN = Architecture("digits-cnn", from: "this package", imageShape: [1, 8, 8]) {
    digitsNetwork(classCount: $0)
  }
  /// TRADES' SmallCNN for MNIST: four convolutions, three dense layers.
  public static let smallCNN = mnist("small-cnn", from: trades) { smallNetwork(classCount: $0) }
  /// TRADES' small MNIST network: two convolutions, two dense layers, dropout.
  public static let netMNIST = mnist("net-mnist", from: trades) { netMNISTNetwork(classCount: $0) }
  /// The plain network that `p4cnn` is compared with.
  public static let z2CNN = mnist("z2cnn", from: groups) { rotatedMNISTNetwork(width: 20, over: nil, classCount: $0) }
  /// Seven group convolutions over `p4` with as many parameters as `z2cnn`; its logits are those of the turned digit.
  public static let p4CNN = mnist("p4cnn", from: groups) { rotatedMNISTNetwork(width: 10, over: .p4, classCount: $0) }

  /// LeNet in the CIFAR form.
  public static let leNet = cifar("lenet", from: "LeCun et al. 1998") { leNetNetwork(classCount: $0) }
  /// VGG with batch norm in the CIFAR form, of 11 layers.
  public static let vgg11 = cifar("vgg11", from: simonyan) {
    vgg([[64], [128], [256, 256], [512, 512], [512, 512]], classCount: $0)
  }
  /// VGG with batch norm in the CIFAR form, of 13 layers.
  public static let vgg13 = cifar("vgg13", from: simonyan) {
    vgg([[64, 64], [128, 128], [256, 256], [512, 512], [512, 512]], classCount: $0)
  }
  /// VGG with batch norm in the CIFAR form, of 16 layers.
  public static let vgg16 = cifar("vgg16", from: simonyan) {
    vgg(vgg16Stages, classCount: $0)
  }
  /// VGG with batch norm in the CIFAR form, of 19 layers.
  public static let vgg19 = cifar("vgg19", from: simonyan) {
    vgg([[64, 64], [128, 128], [256, 256, 256, 256], [512, 512, 512, 512], [512, 512, 512, 512]], classCount: $0)
  }
  /// ResNet in the CIFAR form, 3x3 stem and no stem pooling, of 18 layers.
  public static let resnet18 = cifar("resnet18", from: he) { resnet([2, 2, 2, 2], classCount: $0) }
  /// ResNet in the CIFAR form, of 34 layers.
  public static let resnet34 = cifar("resnet34", from: he) { resnet([3, 4, 6, 3], classCount: $0) }
  /// ResNet in the CIFAR form, of 50 layers in bottlenecks.
  public static let resnet50 = cifar("resnet50", from: he) { resnet([3, 4, 6, 3], bottleneck: true, classCount: $0) }
  /// ResNet of 18 layers whose norms and ReLUs come before the convolutions.
  public static let preactResNet18 = cifar("preact-resnet18", from: heLater) {
    preactivatedResNet([2, 2, 2, 2], classCount: $0)
  }
  /// The wide ResNet that TRADES trains.
  public static let wideResNet34 = wideResNet(depth: 34, width: 10)

  /// ResNet of 18 layers over `p4`, with half the channels of the plain one and twice its maps.
  public static let p4ResNet18 = cifar("p4-resnet18", from: groups) {
    resnet([2, 2, 2, 2], widths: [32, 64, 128, 256], over: .p4, classCount: $0)
  }
  /// ResNet of 18 layers over `p4m`, with as many parameters as the plain one.
  public static let p4mResNet18 = cifar("p4m-resnet18", from: kamath) {
    resnet([2, 2, 2, 2], widths: p4mWidths, over: .p4m, classCount: $0)
  }
  /// ResNet of 34 layers over `p4m`, with as many parameters as the plain one.
  public static let p4mResNet34 = cifar("p4m-resnet34", from: kamath) {
    resnet([3, 4, 6, 3], widths: p4mWidths, over: .p4m, classCount: $0)
  }
  /// ResNet of 50 layers over `p4m`, with as many parameters as the plain one.
  public static let p4mResNet50 = cifar("p4m-resnet50", from: kamath) {
    resnet([3, 4, 6, 3], bottleneck: true, widths: p4mWidths, over: .p4m, classCount: $0)
  }

  static let trades = "Zhang et al. 2019 (TRADES)"
  static let simonyan = "Simonyan and Zisserman 2015"
  static let he = "He et al. 2016"
  static let heLater = "He et al. 2016b"
  static let groups = "Cohen and Welling 2016"
  static let kamath = "Kamath et al. 2021"
  /// Those of the plain network over the square root of 8, rounded up.
  static let p4mWidths = [23, 45, 91, 181]

  static func mnist(
    _ name: String, from source: String, nodes: @escaping @Sendable (_ classCount: Int) -> [Node]
  ) -> Architecture {
    Architecture(name, from: source, imageShape: [1, 28, 28], nodes: nodes)
  }

  static func cifar(
    _ name: String, from source: String, nodes: @escaping @Sendable (_ classCount: Int) -> [Node]
  ) -> Architecture {
    Architecture(name, from: source, imageShape: [3, 32, 32], nodes: nodes)
  }

  static func imageNet(
    _ name: String, from source: String, nodes: @escaping @Sendable (_ classCount: Int) -> [Node]
  ) -> Architecture {
    Architecture(name, from: source, imageShape: [3, 224, 224], nodes: nodes)
  }

  /// The wide ResNet of `depth` layers, 4 more than a multiple of 6, with `width` times the channels of the narrow one.
  static func wideResNet(depth: Int, width: Int) -> Architecture {
    cifar("wrn-\(depth)-\(width)", from: "Zagoruyko and Komodakis 2016") {
      wideResNetwork(blocks: (depth - 4) / 6, width: width, classCount: $0)
    }
  }

  /// The wide ResNet that `name` says, as in `wrn-34-10`, if it says one of at most 1000 layers and 100 times the width.
  static func wideResNet(named name: String) -> Architecture? {
    let parts = name.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "wrn", let depth = Int(parts[1]), let width = Int(parts[2]),
      (10...1000).contains(depth), (depth - 4).isMultiple(of: 6), (1...100).contains(width)
    else { return nil }
    let made = wideResNet(depth: depth, width: width)
    return made.name == name ? made : nil
  }
}
