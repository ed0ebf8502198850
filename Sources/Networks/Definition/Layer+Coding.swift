internal import Symmetry

extension Layer: Codable {
  /// The names of the layers in a definition.
  package enum Kind: String, Codable, CaseIterable {
    case convolution, relu, dense, dropout, flatten, sum, concatenation
    case batchNormalization = "batch-normalization"
    case maxPooling = "max-pooling"
    case averagePooling = "average-pooling"
    case groupConvolution = "group-convolution"
    case groupBatchNormalization = "group-batch-normalization"
    case groupMaxPooling = "group-max-pooling"
    case groupAveragePooling = "group-average-pooling"
  }

  private enum CodingKeys: String, CodingKey { case kind, group }

  /// The layer's name in a definition, as in `batch-normalization`.
  public var name: String { kind.rawValue }

  private var kind: Kind {
    switch self {
    case .convolution: .convolution
    case .batchNormalization: .batchNormalization
    case .relu: .relu
    case .maxPooling: .maxPooling
    case .averagePooling: .averagePooling
    case .dense: .dense
    case .dropout: .dropout
    case .flatten: .flatten
    case .sum: .sum
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
    case .maxPooling(let settings), .averagePooling(let settings): try settings.encode(to: encoder)
    case .dense(let settings): try settings.encode(to: encoder)
    case .dropout(let settings): try settings.encode(to: encoder)
    case .relu, .flatten, .sum, .concatenation: break
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
    func group() throws -> SymmetryGroup { try container.decode(SymmetryGroup.self, forKey: .group) }
    switch try container.decode(Kind.self, forKey: .kind) {
    case .convolution: self = .convolution(try Convolution(from: decoder))
    case .batchNormalization: self = .batchNormalization(try BatchNormalization(from: decoder))
    case .relu: self = .relu
    case .maxPooling: self = .maxPooling(try Pooling(from: decoder))
    case .averagePooling: self = .averagePooling(try Pooling(from: decoder))
    case .dense: self = .dense(try Dense(from: decoder))
    case .dropout: self = .dropout(try Dropout(from: decoder))
    case .flatten: self = .flatten
    case .sum: self = .sum
    case .concatenation: self = .concatenation
    case .groupConvolution: self = .groupConvolution(try GroupConvolution(from: decoder))
    case .groupBatchNormalization:
      self = .groupBatchNormalization(try BatchNormalization(from: decoder), over: try group())
    case .groupMaxPooling: self = .groupMaxPooling(try group())
    case .groupAveragePooling: self = .groupAveragePooling(try group())
    }
  }
}
