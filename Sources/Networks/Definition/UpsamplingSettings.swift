/// The settings of an enlargement by whole factors.
public struct Upsampling: Hashable, Sendable, Codable {
  /// Where new pixels take their values from.
  public enum Mode: String, Hashable, Sendable, Codable {
    /// The pixel that they lie in.
    case nearest
    /// The four pixels around them, whose corners stay where they are (`align_corners` false in PyTorch).
    case bilinear
  }

  /// By how much the height and the width grow.
  public var factor: Extent
  /// Where new pixels take their values from.
  public var mode: Mode

  /// An enlargement by `factor`.
  public init(factor: Extent, mode: Mode) { (self.factor, self.mode) = (factor, mode) }
}

/// The settings of a transposed convolution, weights `[inputChannels, outputChannels / groups, height, width]`: the way back
/// of a convolution from its output to its input.
public struct TransposedConvolution: Hashable, Sendable, Codable {
  /// How many channels come out.
  public var outputChannels: Int
  /// The kernel's sides, in pixels.
  public var kernelSize: Extent
  /// The step between windows of the output, in pixels.
  public var stride: Extent
  /// What is cut off from the output, in pixels.
  public var padding: Margins
  /// What is added to the output below and to the right, in pixels; less than the stride or the dilation.
  public var outputPadding: Extent
  /// The step between the pixels that a window writes.
  public var dilation: Extent
  /// Into how many groups the channels fall that do not see each other.
  public var groups: Int
  /// Whether a bias is added per output channel.
  public var bias: Bool
  /// How the weights begin.
  public var initialWeights: InitialWeights

  /// A transposed convolution; the defaults are PyTorch's.
  public init(
    outputChannels: Int, kernelSize: Extent, stride: Extent = Extent(1), padding: Margins = Margins(0),
    outputPadding: Extent = Extent(0), dilation: Extent = Extent(1), groups: Int = 1, bias: Bool = true,
    initialWeights: InitialWeights = .uniformFanIn
  ) {
    self.outputChannels = outputChannels
    self.kernelSize = kernelSize
    self.stride = stride
    self.padding = padding
    self.outputPadding = outputPadding
    self.dilation = dilation
    self.groups = groups
    self.bias = bias
    self.initialWeights = initialWeights
  }

  /// The convolution that it is the way back of, from its output to its input of `inputChannels`.
  package func opposite(inputChannels: Int) -> Convolution {
    Convolution(
      outputChannels: inputChannels, kernelSize: kernelSize, stride: stride, padding: padding, dilation: dilation,
      groups: groups)
  }
}
