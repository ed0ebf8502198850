extension Layer: Codable {
  /// The names of the layers in a definition.
  package enum Kind: String, Codable, CaseIterable {
    case convolution, relu, dense, dropout, flatten, sum, concatenation
    case batchNormalization = "batch-normalization"
    case maxPooling = "max-pooling"
    case averagePooling = "average-pooling"
  }

  private enum CodingKeys: String, CodingKey { case kind }

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
    }
  }

  /// Reads `kind` and the settings from one object; every setting must be there.
  public init(from decoder: any Decoder) throws {
    switch try decoder.container(keyedBy: CodingKeys.self).decode(Kind.self, forKey: .kind) {
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
    }
  }
}
