internal import Symmetry

extension Layer: Codable {
  /// The names of the layers in a definition.
  package enum Kind: String, Codable, CaseIterable {
    case convolution, dense, dropout, flatten, sum, product, concatenation, softmax, upsampling
    case transposedConvolution = "transposed-convolution"
    case groupNormalization = "group-normalization"
    case layerNormalization = "layer-normalization"
    case imageStandardization = "image-standardization"
    case localResponseNormalization = "local-response-normalization"
    case relu, relu6, elu, gelu, silu, sigmoid, tanh, softplus
    case leakyReLU = "leaky-relu"
    case geluTanh = "gelu-tanh"
    case hardSigmoid = "hard-sigmoid"
    case hardSwish = "hard-swish"
    case batchNormalization = "batch-normalization"
    case maxPooling = "max-pooling"
    case averagePooling = "average-pooling"
    case adaptiveAveragePooling = "adaptive-average-pooling"
    case stochasticDepth = "stochastic-depth"
    case channelSlice = "channel-slice"
    case channelShuffle = "channel-shuffle"
    case channelPermutation = "channel-permutation"
    case channelPadding = "channel-padding"
    case scaleShift = "scale-shift"
    case groupConvolution = "group-convolution"
    case groupBatchNormalization = "group-batch-normalization"
    case groupMaxPooling = "group-max-pooling"
    case groupAveragePooling = "group-average-pooling"
  }

  private enum CodingKeys: String, CodingKey {
    case kind, group, groups, outputSize, slope, alpha, rate, channelwise, order
  }

  /// The layer's name in a definition, as in `batch-normalization`.
  public var name: String { kind.rawValue }

  private var kind: Kind {
    switch self {
    case .convolution: .convolution
    case .batchNormalization: .batchNormalization
    case .transposedConvolution: .transposedConvolution
    case .groupNormalization: .groupNormalization
    case .layerNormalization: .layerNormalization
    case .imageStandardization: .imageStandardization
    case .localResponseNormalization: .localResponseNormalization
    case .softmax: .softmax
    case .upsampling: .upsampling
    case .activation(let activation): activation.kind
    case .maxPooling: .maxPooling
    case .averagePooling: .averagePooling
    case .adaptiveAveragePooling: .adaptiveAveragePooling
    case .dense: .dense
    case .dropout(let settings): settings.scope == .image ? .stochasticDepth : .dropout
    case .channelSlice: .channelSlice
    case .channelShuffle: .channelShuffle
    case .channelPermutation: .channelPermutation
    case .channelPadding: .channelPadding
    case .scaleShift: .scaleShift
    case .flatten: .flatten
    case .sum: .sum
    case .product: .product
    case .concatenation: .concatenation
    case .groupConvolution: .groupConvolution
    case .groupBatchNormalization: .groupBatchNormalization
    case .groupMaxPooling: .groupMaxPooling
    case .groupAveragePooling: .groupAveragePooling
    }
  }

  /// Writes `kind` and the settings into one object.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(kind, forKey: .kind)
    switch self {
    case .convolution(let settings): try settings.encode(to: encoder)
    case .batchNormalization(let settings): try settings.encode(to: encoder)
    case .transposedConvolution(let settings): try settings.encode(to: encoder)
    case .groupNormalization(let settings): try settings.encode(to: encoder)
    case .layerNormalization(let settings): try settings.encode(to: encoder)
    case .localResponseNormalization(let settings): try settings.encode(to: encoder)
    case .upsampling(let settings): try settings.encode(to: encoder)
    case .activation(.leakyReLU(let slope)): try container.encode(slope, forKey: .slope)
    case .activation(.elu(let alpha)): try container.encode(alpha, forKey: .alpha)
    case .maxPooling(let settings), .averagePooling(let settings): try settings.encode(to: encoder)
    case .adaptiveAveragePooling(let size): try container.encode(size, forKey: .outputSize)
    case .dense(let settings): try settings.encode(to: encoder)
    case .dropout(let settings):
      try container.encode(settings.rate, forKey: .rate)
      if settings.scope != .image { try container.encode(settings.scope == .channel, forKey: .channelwise) }
    case .channelSlice(let settings): try settings.encode(to: encoder)
    case .channelShuffle(let groups): try container.encode(groups, forKey: .groups)
    case .channelPermutation(let order): try container.encode(order, forKey: .order)
    case .channelPadding(let settings): try settings.encode(to: encoder)
    case .scaleShift(let settings): try settings.encode(to: encoder)
    case .activation, .softmax, .imageStandardization, .flatten, .sum, .product, .concatenation: break
    case .groupConvolution(let settings): try settings.encode(to: encoder)
    case .groupBatchNormalization(let settings, let group):
      try settings.encode(to: encoder)
      try container.encode(group, forKey: .group)
    case .groupMaxPooling(let group), .groupAveragePooling(let group): try container.encode(group, forKey: .group)
    }
  }

  /// Reads `kind` and the settings from one object; every setting must be there.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func value<Value: Decodable>(_ key: CodingKeys) throws -> Value {
      try container.decode(Value.self, forKey: key)
    }
    switch try container.decode(Kind.self, forKey: .kind) {
    case .convolution: self = .convolution(try Convolution(from: decoder))
    case .batchNormalization: self = .batchNormalization(try BatchNormalization(from: decoder))
    case .transposedConvolution: self = .transposedConvolution(try TransposedConvolution(from: decoder))
    case .groupNormalization: self = .groupNormalization(try GroupNormalization(from: decoder))
    case .layerNormalization: self = .layerNormalization(try LayerNormalization(from: decoder))
    case .localResponseNormalization:
      self = .localResponseNormalization(try LocalResponseNormalization(from: decoder))
    case .imageStandardization: self = .imageStandardization
    case .softmax: self = .softmax
    case .upsampling: self = .upsampling(try Upsampling(from: decoder))
    case .relu: self = .relu
    case .relu6: self = .activation(.relu6)
    case .leakyReLU: self = .activation(.leakyReLU(slope: try value(.slope)))
    case .elu: self = .activation(.elu(alpha: try value(.alpha)))
    case .gelu: self = .activation(.gelu)
    case .geluTanh: self = .activation(.geluTanh)
    case .silu: self = .activation(.silu)
    case .sigmoid: self = .activation(.sigmoid)
    case .tanh: self = .activation(.tanh)
    case .hardSigmoid: self = .activation(.hardSigmoid)
    case .hardSwish: self = .activation(.hardSwish)
    case .softplus: self = .activation(.softplus)
    case .maxPooling: self = .maxPooling(try Pooling(from: decoder))
    case .averagePooling: self = .averagePooling(try Pooling(from: decoder))
    case .adaptiveAveragePooling: self = .adaptiveAveragePooling(try value(.outputSize))
    case .dense: self = .dense(try Dense(from: decoder))
    case .dropout: self = .dropout(Dropout(rate: try value(.rate), channelwise: try value(.channelwise)))
    case .stochasticDepth: self = .dropout(Dropout(rate: try value(.rate), scope: .image))
    case .channelSlice: self = .channelSlice(try ChannelSlice(from: decoder))
    case .channelShuffle: self = .channelShuffle(groups: try value(.groups))
    case .channelPermutation:
      let order: [Int] = try value(.order)
      guard !order.isEmpty else {
        throw DecodingError.dataCorruptedError(forKey: .order, in: container, debugDescription: "needs a number")
      }
      self = .channelPermutation(order: order)
    case .channelPadding: self = .channelPadding(try ChannelPadding(from: decoder))
    case .scaleShift: self = .scaleShift(try ScaleShift(from: decoder))
    case .flatten: self = .flatten
    case .sum: self = .sum
    case .product: self = .product
    case .concatenation: self = .concatenation
    case .groupConvolution: self = .groupConvolution(try GroupConvolution(from: decoder))
    case .groupBatchNormalization:
      self = .groupBatchNormalization(try BatchNormalization(from: decoder), over: try value(.group))
    case .groupMaxPooling: self = .groupMaxPooling(try value(.group))
    case .groupAveragePooling: self = .groupAveragePooling(try value(.group))
    }
  }
}

extension Activation {
  fileprivate var kind: Layer.Kind {
    switch self {
    case .relu: .relu
    case .relu6: .relu6
    case .leakyReLU: .leakyReLU
    case .elu: .elu
    case .gelu: .gelu
    case .geluTanh: .geluTanh
    case .silu: .silu
    case .sigmoid: .sigmoid
    case .tanh: .tanh
    case .hardSigmoid: .hardSigmoid
    case .hardSwish: .hardSwish
    case .softplus: .softplus
    }
  }
}
