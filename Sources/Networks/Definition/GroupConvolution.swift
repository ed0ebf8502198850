public import Symmetry

/// The settings of a group convolution with square kernels, weights `[outputChannels, inputChannels, inputOrder, k, k]`.
///
/// It computes the plain convolution whose filters are its own, moved by every element of the group.
public struct GroupConvolution: Hashable, Sendable, Codable {
  /// The group; `p4m` takes odd kernels, as in GrouPy.
  public var group: SymmetryGroup
  /// Whether the input is an image, and not feature maps over the group.
  public var lifting: Bool
  /// How many channels come out, each of as many maps as the group has elements.
  public var outputChannels: Int
  /// The kernel's side, in pixels.
  public var kernelSize: Int
  /// The step between windows, in pixels.
  public var stride: Int
  /// Zeros around the image on every side, in pixels.
  public var padding: Int
  /// Whether a bias is added per output channel.
  public var bias: Bool
  /// How the weights begin; the fan-in does not count the elements of the group, as in GrouPy.
  public var initialWeights: InitialWeights

  /// A group convolution; the defaults are GrouPy's.
  public init(
    _ group: SymmetryGroup, lifting: Bool = false, outputChannels: Int, kernelSize: Int, stride: Int = 1,
    padding: Int = 0, bias: Bool = true, initialWeights: InitialWeights = .uniformFanIn
  ) {
    self.group = group
    self.lifting = lifting
    self.outputChannels = outputChannels
    self.kernelSize = kernelSize
    self.stride = stride
    self.padding = padding
    self.bias = bias
    self.initialWeights = initialWeights
  }

  /// How many of the input's maps make one channel: 1 for an image.
  public var inputOrder: Int { lifting ? 1 : group.order }

  /// The convolution that computes this, from all maps to all maps.
  public var plain: Convolution {
    Convolution(
      outputChannels: outputChannels * group.order, kernelSize: kernelSize, stride: stride, padding: padding,
      bias: bias, initialWeights: initialWeights)
  }

  /// Where the numbers of the plain convolution's filters come from.
  public var filterTable: FilterTable { FilterTable(group, isLifting: lifting, side: kernelSize) }
}
