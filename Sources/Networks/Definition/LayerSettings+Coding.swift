// Square windows are single numbers, as they were before others were known; others are lists, together with the settings
// that only they have, so that a reader that does not know these refuses the lists.

extension Convolution: Codable {
  private enum CodingKeys: String, CodingKey {
    case outputChannels, kernelSize, stride, padding, dilation, groups, bias, initialWeights
  }

  /// Writes single numbers where the windows are square and undilated.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(outputChannels, forKey: .outputChannels)
    if let square {
      try container.encode(square.kernelSize, forKey: .kernelSize)
      try container.encode(square.stride, forKey: .stride)
      try container.encode(square.padding, forKey: .padding)
    } else {
      try container.encode(kernelSize, forKey: .kernelSize)
      try container.encode(stride, forKey: .stride)
      try container.encode(padding, forKey: .padding)
      try container.encode(dilation, forKey: .dilation)
    }
    try container.encode(groups, forKey: .groups)
    try container.encode(bias, forKey: .bias)
    try container.encode(initialWeights, forKey: .initialWeights)
  }

  /// Reads numbers, or lists and a dilation.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let isSquare = (try? container.decode(Int.self, forKey: .kernelSize)) != nil
    func extent(_ key: CodingKeys) throws -> Extent {
      try isSquare ? Extent(container.decode(Int.self, forKey: key)) : container.decode(Extent.self, forKey: key)
    }
    self.init(
      outputChannels: try container.decode(Int.self, forKey: .outputChannels), kernelSize: try extent(.kernelSize),
      stride: try extent(.stride),
      padding: try isSquare
        ? Margins(container.decode(Int.self, forKey: .padding)) : container.decode(Margins.self, forKey: .padding),
      dilation: try isSquare ? Extent(1) : extent(.dilation), groups: try container.decode(Int.self, forKey: .groups),
      bias: try container.decode(Bool.self, forKey: .bias),
      initialWeights: try container.decode(InitialWeights.self, forKey: .initialWeights))
  }
}

extension Pooling: Codable {
  private enum CodingKeys: String, CodingKey { case kernelSize, stride, padding, ceilMode, countsPadding }

  /// Writes single numbers where the windows are square and the rest is PyTorch's default.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    if let square {
      try container.encode(square.kernelSize, forKey: .kernelSize)
      try container.encode(square.stride, forKey: .stride)
      try container.encode(square.padding, forKey: .padding)
    } else {
      try container.encode(kernelSize, forKey: .kernelSize)
      try container.encode(stride, forKey: .stride)
      try container.encode(padding, forKey: .padding)
      try container.encode(ceilMode, forKey: .ceilMode)
      try container.encode(countsPadding, forKey: .countsPadding)
    }
  }

  /// Reads numbers, or lists and the two choices.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func number(_ key: CodingKeys) throws -> Int { try container.decode(Int.self, forKey: key) }
    if let side = try? number(.kernelSize) {
      self.init(kernelSize: side, stride: try number(.stride), padding: try number(.padding))
    } else {
      self.init(
        kernelSize: try container.decode(Extent.self, forKey: .kernelSize),
        stride: try container.decode(Extent.self, forKey: .stride),
        padding: try container.decode(Margins.self, forKey: .padding),
        ceilMode: try container.decode(Bool.self, forKey: .ceilMode),
        countsPadding: try container.decode(Bool.self, forKey: .countsPadding))
    }
  }
}

extension ScaleShift: Codable {
  private enum CodingKeys: String, CodingKey { case scale, shift }

  /// Writes two lists.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(scale, forKey: .scale)
    try container.encode(shift, forKey: .shift)
  }

  /// Reads two lists, neither of them empty.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func numbers(_ key: CodingKeys) throws -> [Float] {
      let numbers = try container.decode([Float].self, forKey: key)
      guard !numbers.isEmpty else {
        throw DecodingError.dataCorruptedError(forKey: key, in: container, debugDescription: "needs a number")
      }
      return numbers
    }
    self.init(scale: try numbers(.scale), shift: try numbers(.shift))
  }
}
