/// The settings of a convolution, weights `[outputChannels, inputChannels / groups, height, width]`.
public struct Convolution: Hashable, Sendable {
  /// How many channels come out.
  public var outputChannels: Int
  /// The kernel's sides, in pixels.
  public var kernelSize: Extent
  /// The step between windows, in pixels.
  public var stride: Extent
  /// Zeros around the image, in pixels.
  public var padding: Margins
  /// The step between the pixels that a window reads.
  public var dilation: Extent
  /// Into how many groups the channels fall that do not see each other.
  public var groups: Int
  /// Whether a bias is added per output channel.
  public var bias: Bool
  /// How the weights begin.
  public var initialWeights: InitialWeights

  /// A convolution of any windows.
  public init(
    outputChannels: Int, kernelSize: Extent, stride: Extent, padding: Margins, dilation: Extent = Extent(1),
    groups: Int = 1, bias: Bool = true, initialWeights: InitialWeights = .uniformFanIn
  ) {
    self.outputChannels = outputChannels
    self.kernelSize = kernelSize
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
    self.bias = bias
    self.initialWeights = initialWeights
  }

  /// A convolution with square kernels; the defaults are PyTorch's.
  public init(
    outputChannels: Int, kernelSize: Int, stride: Int = 1, padding: Int = 0, groups: Int = 1, bias: Bool = true,
    initialWeights: InitialWeights = .uniformFanIn
  ) {
    self.init(
      outputChannels: outputChannels, kernelSize: Extent(kernelSize), stride: Extent(stride), padding: Margins(padding),
      groups: groups, bias: bias, initialWeights: initialWeights)
  }

  /// Kernel, stride and padding, where they are alike in every direction and nothing is dilated.
  public var square: (kernelSize: Int, stride: Int, padding: Int)? {
    guard let side = kernelSize.side, let step = stride.side, let width = padding.width, dilation == Extent(1) else {
      return nil
    }
    return (side, step, width)
  }
}

/// The settings of a batch normalisation.
public struct BatchNormalization: Hashable, Sendable, Codable {
  /// Added to the variance before the square root.
  public var epsilon: Float
  /// The share of the batch's statistics in the new running statistics.
  public var momentum: Float

  /// A batch normalisation; the defaults are PyTorch's.
  public init(epsilon: Float = 1e-5, momentum: Float = 0.1) {
    self.epsilon = epsilon
    self.momentum = momentum
  }
}

/// The settings of a pooling.
public struct Pooling: Hashable, Sendable {
  /// The window's sides in pixels; 0 stands for the whole image.
  public var kernelSize: Extent
  /// The step between windows, in pixels.
  public var stride: Extent
  /// Padding around the image, in pixels; at most half the window.
  public var padding: Margins
  /// Whether a last window may reach past the padding, as by PyTorch's `ceil_mode`.
  public var ceilMode: Bool
  /// Whether a mean counts the zeros of the padding, as by PyTorch's `count_include_pad`.
  public var countsPadding: Bool

  /// A pooling over any windows.
  public init(
    kernelSize: Extent, stride: Extent, padding: Margins, ceilMode: Bool = false, countsPadding: Bool = true
  ) {
    self.kernelSize = kernelSize
    self.stride = stride
    self.padding = padding
    self.ceilMode = ceilMode
    self.countsPadding = countsPadding
  }

  /// A pooling over square windows, whose stride is their side unless given.
  public init(kernelSize: Int, stride: Int? = nil, padding: Int = 0) {
    self.init(
      kernelSize: Extent(kernelSize), stride: Extent(stride ?? max(kernelSize, 1)), padding: Margins(padding))
  }

  /// Pooling over the whole image, to one pixel.
  public static let global = Pooling(kernelSize: 0)

  /// Whether the window is the whole image.
  public var isGlobal: Bool { kernelSize == Extent(0) }

  /// The window on one image's input `[c, h, w]`.
  public func window(on input: [Int]) -> Extent {
    isGlobal ? Extent(height: input[1], width: input[2]) : kernelSize
  }

  /// Kernel, stride and padding, where they are alike in every direction and the rest is PyTorch's default.
  public var square: (kernelSize: Int, stride: Int, padding: Int)? {
    guard let side = kernelSize.side, let step = stride.side, let width = padding.width, !ceilMode, countsPadding else {
      return nil
    }
    return (side, step, width)
  }
}

/// The settings of a fully connected layer, weights `[outputs, inputs]`.
public struct Dense: Hashable, Sendable, Codable {
  /// How many features come out.
  public var outputs: Int
  /// Whether a bias is added.
  public var bias: Bool
  /// How the weights begin.
  public var initialWeights: InitialWeights

  /// A fully connected layer.
  public init(outputs: Int, bias: Bool = true, initialWeights: InitialWeights = .uniformFanIn) {
    self.outputs = outputs
    self.bias = bias
    self.initialWeights = initialWeights
  }
}

/// The settings of a dropout.
public struct Dropout: Hashable, Sendable {
  /// What falls together.
  public enum Scope: Hashable, Sendable {
    /// Every element by itself.
    case element
    /// Whole channels, as in PyTorch's `Dropout2d`.
    case channel
    /// Whole images: stochastic depth (Huang et al. 2016), where a residual branch falls out.
    case image
  }

  /// The probability that an element is zeroed, in 0..<1; the others are divided by `1 - rate`.
  public var rate: Float
  /// What falls together.
  public var scope: Scope

  /// A dropout of `rate`.
  public init(rate: Float, scope: Scope = .element) {
    self.rate = rate
    self.scope = scope
  }

  /// A dropout of `rate`, of whole channels or of elements.
  public init(rate: Float, channelwise: Bool) { self.init(rate: rate, scope: channelwise ? .channel : .element) }
}

/// Which channels a slice takes.
public struct ChannelSlice: Hashable, Sendable, Codable {
  /// The first of them.
  public var start: Int
  /// How many there are.
  public var count: Int

  /// `count` channels from `start` on.
  public init(start: Int, count: Int) { (self.start, self.count) = (start, count) }
}

/// How many channels of zeros are added.
public struct ChannelPadding: Hashable, Sendable, Codable {
  /// Before the first channel and after the last.
  public var before, after: Int

  /// Zeros on both sides.
  public init(before: Int, after: Int) { (self.before, self.after) = (before, after) }
}

/// The settings of a product with fixed numbers, and a sum.
public struct ScaleShift: Hashable, Sendable {
  /// What values are multiplied by and what is added then: as many of both, one for all channels or one for each.
  public var scale, shift: [Float]

  /// `x * scale + shift`.
  public init(scale: [Float], shift: [Float]) { (self.scale, self.shift) = (scale, shift) }
}

/// How a layer's weights and bias begin.
public enum InitialWeights: String, Hashable, Sendable, Codable {
  /// PyTorch's default: weights and bias uniform in plus or minus `1 / sqrt(fan in)`.
  case uniformFanIn = "uniform-fan-in"
  /// Weights normal with variance `2 / fan in` (He et al. 2015), bias zero.
  case kaimingNormal = "kaiming-normal"
  /// Weights normal with variance `2 / fan out`, the kernel's area times the outputs, bias zero.
  case kaimingNormalFanOut = "kaiming-normal-fan-out"
  /// Weights and bias zero.
  case zero
}
