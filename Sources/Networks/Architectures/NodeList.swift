import Symmetry

/// Nodes under construction: each new one reads the last one unless told otherwise.
struct NodeList {
  /// The group that convolutions and norms commute with, if any.
  var group: SymmetryGroup?
  /// How the weights of convolutions begin.
  var initialWeights = InitialWeights.uniformFanIn
  private(set) var nodes: [Node] = []

  init(over group: SymmetryGroup? = nil, initialWeights: InitialWeights = .uniformFanIn) {
    (self.group, self.initialWeights) = (group, initialWeights)
  }

  /// The name of the last node, or of the image.
  var last: String { nodes.last?.name ?? Node.image }

  mutating func add(_ name: String, _ layer: Layer, reading inputs: [String]? = nil) {
    nodes.append(Node(name: name, inputs: inputs ?? [last], layer: layer))
  }

  mutating func addReLU(_ name: String) { add(name, .relu) }

  /// A convolution without bias unless told otherwise, over the group if there is one, which takes no `groups`; its
  /// padding keeps the image's size at stride 1 unless given.
  mutating func addConvolution(
    _ name: String, _ channels: Int, kernelSize: Int, stride: Int = 1, padding: Int? = nil, groups: Int = 1,
    bias: Bool = false, reading input: String? = nil
  ) {
    let padding = padding ?? kernelSize / 2
    let layer: Layer =
      if let group {
        .groupConvolution(
          GroupConvolution(
            group, lifting: nodes.isEmpty, outputChannels: channels, kernelSize: kernelSize, stride: stride,
            padding: padding, bias: bias, initialWeights: initialWeights))
      } else {
        .convolution(
          Convolution(
            outputChannels: channels, kernelSize: kernelSize, stride: stride, padding: padding, groups: groups,
            bias: bias, initialWeights: initialWeights))
      }
    add(name, layer, reading: input.map { [$0] })
  }

  /// A batch norm, over the group if there is one.
  mutating func addNorm(_ name: String) {
    let settings = BatchNormalization()
    add(name, group.map { .groupBatchNormalization(settings, over: $0) } ?? .batchNormalization(settings))
  }

  /// What most networks begin with: `conv1`, `bn1` and `relu`.
  mutating func addStem(_ channels: Int, kernelSize: Int = 3, stride: Int = 1) {
    addConvolution("conv1", channels, kernelSize: kernelSize, stride: stride)
    addNorm("bn1")
    addReLU("relu")
  }

  /// The mean over the whole image and a dense layer named `name`.
  mutating func addClassifier(_ name: String, classCount: Int) {
    add("pool", .averagePooling(.global))
    add("flatten", .flatten)
    add(name, .dense(Dense(outputs: classCount)))
  }
}
