/// The settings of a convolution with square kernels, weights `[outputChannels, inputChannels / groups, k, k]`.
public struct Convolution: Hashable, Sendable, Codable {
  /// How many channels come out.
  public var outputChannels: Int
  /// The kernel's side, in pixels.
  public var kernelSize: Int
  /// The step between windows, in pixels.
  public var stride: Int
  /// Zeros around the image on every side, in pixels.
  public var padding: Int
  /// Into how many groups the channels fall that do not see each other.
  public var groups: Int
  /// Whether a bias is added per output channel.
  public var bias: Bool
  /// How the weights begin.
  public var initialWeights: InitialWeights

  /// A convolution; the defaults are PyTorch's.
  public init(
    outputChannels: Int, kernelSize: Int, stride: Int = 1, padding: Int = 0, groups: Int = 1, bias: Bool = true,
    initialWeights: InitialWeights = .uniformFanIn
  ) {
    self.outputChannels = outputChannels
    self.kernelSize = kernelSize
    self.stride = stride
    self.padding = padding
    self.groups = groups
    self.bias = bias
    self.initialWeights = initialWeights
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

/// The settings of a pooling over square windows.
public struct Pooling: Hashable, Sendable, Codable {
  /// The window's side in pixels; 0 stands for the whole image.
  public var kernelSize: Int
  /// The step between windows, in pixels.
  public var stride: Int
  /// Padding on every side, in pixels; at most half the window.
  public var padding: Int

  /// A pooling whose stride is the window's side unless given.
  public init(kernelSize: Int, stride: Int? = nil, padding: Int = 0) {
    self.kernelSize = kernelSize
    self.stride = stride ?? max(kernelSize, 1)
    self.padding = padding
  }

  /// Pooling over the whole image, to one pixel.
  public static let global = Pooling(kernelSize: 0)

  /// The window `[height, width]` on one image's input `[c, h, w]`.
  public func window(on input: [Int]) -> (height: Int, width: Int) {
    kernelSize == 0 ? (input[1], input[2]) : (kernelSize, kernelSize)
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
public struct Dropout: Hashable, Sendable, Codable {
  /// The probability that an element is zeroed, in 0..<1; the others are divided by `1 - rate`.
  public var rate: Float
  /// Whether whole channels fall together, as in PyTorch's `Dropout2d`.
  public var channelwise: Bool

  /// A dropout of `rate`.
  public init(rate: Float, channelwise: Bool = false) {
    self.rate = rate
    self.channelwise = channelwise
  }
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
