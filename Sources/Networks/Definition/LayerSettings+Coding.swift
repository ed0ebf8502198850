// Square windows are single numbers, as they were before others were known; others are lists, together with the settings
// that only they have, so that a reader that does not know these refuses the lists.

extension Convolution: Codable {
  private enum CodingKeys: String, CodingKey {
    case outputChannels, dilation, groups, bias, initialWeights
  }

  /// Writes single numbers where the windows are square and undilated.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(outputChannels, forKey: .outputChannels)
    try Windows(kernelSize, stride, padding, areSquare: square != nil).encode(to: encoder)
    if square == nil { try container.encode(dilation, forKey: .dilation) }
    try container.encode(groups, forKey: .groups)
    try container.encode(bias, forKey: .bias)
    try container.encode(initialWeights, forKey: .initialWeights)
  }

  /// Reads numbers, or lists and a dilation.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let windows = try Windows(from: decoder)
    self.init(
      outputChannels: try container.decode(Int.self, forKey: .outputChannels), kernelSize: windows.kernelSize,
      stride: windows.stride, padding: windows.padding,
      dilation: try windows.areSquare ? Extent(1) : container.decode(Extent.self, forKey: .dilation),
      groups: try container.decode(Int.self, forKey: .groups), bias: try container.decode(Bool.self, forKey: .bias),
      initialWeights: try container.decode(InitialWeights.self, forKey: .initialWeights))
  }
}

extension Pooling: Codable {
  private enum CodingKeys: String, CodingKey { case ceilMode, countsPadding }

  /// Writes single numbers where the windows are square and the rest is PyTorch's default.
  public func encode(to encoder: any Encoder) throws {
    try Windows(kernelSize, stride, padding, areSquare: square != nil).encode(to: encoder)
    guard square == nil else { return }
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(ceilMode, forKey: .ceilMode)
    try container.encode(countsPadding, forKey: .countsPadding)
  }

  /// Reads numbers, or lists and the two choices.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let windows = try Windows(from: decoder)
    self.init(
      kernelSize: windows.kernelSize, stride: windows.stride, padding: windows.padding,
      ceilMode: try windows.areSquare ? false : container.decode(Bool.self, forKey: .ceilMode),
      countsPadding: try windows.areSquare ? true : container.decode(Bool.self, forKey: .countsPadding))
  }
}

/// The three settings that convolutions and poolings share.
private struct Windows: Codable {
  let kernelSize, stride: Extent
  let padding: Margins
  /// Whether each is one number.
  let areSquare: Bool

  private enum CodingKeys: String, CodingKey { case kernelSize, stride, padding }

  init(_ kernelSize: Extent, _ stride: Extent, _ padding: Margins, areSquare: Bool) {
    (self.kernelSize, self.stride, self.padding, self.areSquare) = (kernelSize, stride, padding, areSquare)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    if areSquare {
      try container.encode(kernelSize.height, forKey: .kernelSize)
      try container.encode(stride.height, forKey: .stride)
      try container.encode(padding.top, forKey: .padding)
    } else {
      try container.encode(kernelSize, forKey: .kernelSize)
      try container.encode(stride, forKey: .stride)
      try container.encode(padding, forKey: .padding)
    }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if let side = try? container.decode(Int.self, forKey: .kernelSize) {
      kernelSize = Extent(side)
      stride = Extent(try container.decode(Int.self, forKey: .stride))
      padding = Margins(try container.decode(Int.self, forKey: .padding))
      areSquare = true
    } else {
      kernelSize = try container.decode(Extent.self, forKey: .kernelSize)
      stride = try container.decode(Extent.self, forKey: .stride)
      padding = try container.decode(Margins.self, forKey: .padding)
      areSquare = false
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
