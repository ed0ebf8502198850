/// A network as data: everything needed to build it, and nothing about how it is computed.
///
/// This is what a checkpoint stores; `NetworkGraph` checks it and infers its shapes.
public struct NetworkDefinition: Hashable, Sendable, Codable {
  /// The architecture's name, as in `vgg16`.
  public var architecture: String
  /// One image's sizes, `[c, h, w]`.
  public var imageShape: [Int]
  /// How many classes the network tells apart; its output is `[n, classCount]`.
  public var classCount: Int
  /// What happens to pixels in 0...1 before the first layer.
  public var preprocessing: Preprocessing
  /// The layers, each after its inputs; the last one's output is the logits.
  public var nodes: [Node]
  /// What the network keeps beside the parameters of its layers.
  public var unusedParameters: [UnusedParameter]

  /// A definition; `NetworkGraph` tells whether it is sound.
  public init(
    architecture: String, imageShape: [Int], classCount: Int, preprocessing: Preprocessing = .none, nodes: [Node],
    unusedParameters: [UnusedParameter] = []
  ) {
    self.architecture = architecture
    self.imageShape = imageShape
    self.classCount = classCount
    self.preprocessing = preprocessing
    self.nodes = nodes
    self.unusedParameters = unusedParameters
  }

  private enum CodingKeys: String, CodingKey {
    case architecture, imageShape, classCount, preprocessing, nodes, unusedParameters
  }

  /// Writes all members, unused parameters only where there are any.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(architecture, forKey: .architecture)
    try container.encode(imageShape, forKey: .imageShape)
    try container.encode(classCount, forKey: .classCount)
    try container.encode(preprocessing, forKey: .preprocessing)
    try container.encode(nodes, forKey: .nodes)
    if !unusedParameters.isEmpty { try container.encode(unusedParameters, forKey: .unusedParameters) }
  }

  /// Reads all members; without a list of unused parameters there are none.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      architecture: try container.decode(String.self, forKey: .architecture),
      imageShape: try container.decode([Int].self, forKey: .imageShape),
      classCount: try container.decode(Int.self, forKey: .classCount),
      preprocessing: try container.decode(Preprocessing.self, forKey: .preprocessing),
      nodes: try container.decode([Node].self, forKey: .nodes),
      unusedParameters: try container.decodeIfPresent([UnusedParameter].self, forKey: .unusedParameters) ?? [])
  }
}

/// `(pixel - mean) / standardDeviation` per channel, part of the network so that budgets stay in pixel units.
public struct Preprocessing: Hashable, Sendable, Codable {
  /// The mean per channel, in pixel units; empty for no preprocessing.
  public var mean: [Float]
  /// The standard deviation per channel, in pixel units, positive; empty for no preprocessing.
  public var standardDeviation: [Float]

  /// A normalisation by `mean` and `standardDeviation`, one value a channel.
  public init(mean: [Float], standardDeviation: [Float]) {
    self.mean = mean
    self.standardDeviation = standardDeviation
  }

  /// Pixels as they are.
  public static let none = Preprocessing(mean: [], standardDeviation: [])
}

/// One layer with its place in the network.
public struct Node: Hashable, Sendable, Codable {
  /// Its name, as in `layer1.0.conv1`: the prefix of its parameters' paths, unique in the network.
  public var name: String
  /// The names of the nodes it reads; `input` is the image.
  public var inputs: [String]
  /// What it computes.
  public var layer: Layer

  /// The name by which nodes refer to the image.
  public static let image = "input"

  /// A node computing `layer` from `inputs`.
  public init(name: String, inputs: [String], layer: Layer) {
    self.name = name
    self.inputs = inputs
    self.layer = layer
  }

  private enum CodingKeys: String, CodingKey { case name, inputs }

  /// Writes name, inputs and the layer's settings into one object.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(inputs, forKey: .inputs)
    try layer.encode(to: encoder)
  }

  /// Reads name, inputs and the layer's settings from one object.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(String.self, forKey: .name)
    inputs = try container.decode([String].self, forKey: .inputs)
    layer = try Layer(from: decoder)
  }
}
