/// VGG with batch norm for CIFAR: `stages` lists the widths between poolings.
///
/// Names are the positions in PyTorch's `features` sequence: convolution, norm and ReLU take one each, pooling one. Its
/// closing 1x1 average pooling does nothing and is left out.
func vgg(_ stages: [[Int]], classCount: Int) -> [Node] {
  var list = NodeList()
  var position = 0
  func next() -> String {
    defer { position += 1 }
    return "features.\(position)"
  }
  for widths in stages {
    for width in widths {
      list.add(next(), .convolution(Convolution(outputChannels: width, kernelSize: 3, padding: 1)))
      list.add(next(), .batchNormalization(BatchNormalization()))
      list.add(next(), .relu)
    }
    list.add(next(), .maxPooling(Pooling(kernelSize: 2)))
  }
  list.add("flatten", .flatten)
  list.add("classifier", .dense(Dense(outputs: classCount)))
  return list.nodes
}
