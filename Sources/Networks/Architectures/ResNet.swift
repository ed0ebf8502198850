import Symmetry

extension ArchitectureFamily {
  static let resNet = ArchitectureFamily(
    "ResNet",
    [
      .resnet18, .resnet34, .resnet50,
      .cifar("resnet101", from: he) { resnet([3, 4, 23, 3], bottleneck: true, classCount: $0) },
      .cifar("resnet152", from: he) { resnet([3, 8, 36, 3], bottleneck: true, classCount: $0) },
      .imageNet("resnet18-224", from: he) { largeResNet([2, 2, 2, 2], classCount: $0) },
      .imageNet("resnet50-224", from: he) { largeResNet([3, 4, 6, 3], bottleneck: true, classCount: $0) },
    ])

  static let groupResNet = ArchitectureFamily(
    "ResNet over a group",
    [
      .p4ResNet18, .p4mResNet18, .p4mResNet34, .p4mResNet50,
      .cifar("p4m-resnet101", from: Architecture.kamath) {
        resnet([3, 4, 23, 3], bottleneck: true, widths: Architecture.p4mWidths, over: .p4m, classCount: $0)
      },
      .cifar("p4m-resnet152", from: Architecture.kamath) {
        resnet([3, 8, 36, 3], bottleneck: true, widths: Architecture.p4mWidths, over: .p4m, classCount: $0)
      },
    ])

  private static let he = Architecture.he
}

private let plainWidths = [64, 128, 256, 512]

/// A CIFAR ResNet: stages of `blocks` residual blocks with `widths` channels (times 4 after a bottleneck), over `group`
/// if given.
///
/// The published code pools 4x4 windows at the end, which on 32x32 images is the whole map; here it is the whole map for
/// every image size. Over a group the elements stay apart until the last layer, as there.
func resnet(
  _ blocks: [Int], bottleneck: Bool = false, widths: [Int] = plainWidths, over group: SymmetryGroup? = nil,
  classCount: Int
) -> [Node] {
  var list = NodeList(over: group)
  list.addStem(widths[0])
  list.addStages(blocks, bottleneck: bottleneck, widths: widths)
  list.addClassifier("linear", classCount: classCount)
  return list.nodes
}

/// A ResNet for large images, under torchvision's names: a 7x7 stem and a maximum pooling take a quarter of each side.
/// Its dense layer begins as PyTorch's do.
private func largeResNet(_ blocks: [Int], bottleneck: Bool = false, classCount: Int) -> [Node] {
  var list = NodeList(initialWeights: .kaimingNormalFanOut)
  list.addStem(64, kernelSize: 7, stride: 2)
  list.add("maxpool", .maxPooling(Pooling(kernelSize: 3, stride: 2, padding: 1)))
  list.addStages(blocks, bottleneck: bottleneck, widths: plainWidths, shortcut: "downsample")
  list.addClassifier("fc", classCount: classCount)
  return list.nodes
}

extension NodeList {
  fileprivate mutating func addStages(
    _ blocks: [Int], bottleneck: Bool, widths: [Int], shortcut: String = "shortcut"
  ) {
    var channels = widths[0]
    for (stage, (count, width)) in zip(blocks, widths).enumerated() {
      addResidualStage(
        "layer\(stage + 1)", count: count, stride: stage > 0 ? 2 : 1, channels: &channels, shortcut: shortcut
      ) { stride in
        bottleneck ? .bottleneck(width, to: 4 * width, stride: stride) : .pair(width, stride: stride)
      }
    }
  }
}
