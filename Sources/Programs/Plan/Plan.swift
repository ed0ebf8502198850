public import Networks
public import Tensors

/// A network compiled for one purpose and one batch size, before an engine has seen it: fused steps over numbered values.
///
/// Value 0 holds the pixels; every other value is written by exactly one step. Backends turn steps into kernels and are
/// free in how they lay values out.
public struct Plan: Sendable {
  /// What the compiled network is for.
  public enum Purpose: Sendable {
    /// Logits in evaluation mode.
    case inference
    /// Logits in evaluation mode, then the gradient with respect to the pixels; no parameter gradient exists.
    case inputGradient
    /// Logits in training mode, then the gradients of all trainable parameters, and of the pixels where these are wanted.
    case training
  }

  /// What it is for.
  public let purpose: Purpose
  /// How many images run at once, always.
  public let batchSize: Int
  /// One image's shape of every value: `[c, h, w]` or `[features]`.
  public let values: [Shape]
  /// The steps, each after the steps that write its inputs.
  public let steps: [Step]
  /// What the weights that steps refer to by index are made of.
  public let weights: [WeightSource]
  /// Whether the gradient with respect to a value is wanted; false throughout for inference.
  public let needsGradient: [Bool]
  /// The value that holds the logits.
  public let logits: Int

  /// The value that holds the pixels.
  public static let pixels = 0

  /// The steps whose operation is a dropout, in order; training forward passes take one mask for each.
  public var dropoutSteps: [Step] {
    steps.filter { if case .dropout = $0.operation { true } else { false } }
  }
}

/// One fused operation: `output = activation?(operation(inputs) + residual?)`.
public struct Step: Sendable {
  /// The name of the first node in it, for messages and profiles.
  public let name: String
  /// What it computes, before residual and activation.
  public let operation: Operation
  /// The values it reads; several for a sum, a product or a concatenation, otherwise one.
  public let inputs: [Int]
  /// A value of the output's shape that is added before the activation; only after convolutions.
  public let residual: Int?
  /// What ends it, if anything: a function whose slope follows from its value, so that the backward pass reads `output`.
  public let activation: Activation?
  /// The value it writes.
  public let output: Int
  /// For each of `inputs`, then `residual`: whether its backward pass adds to the value's gradient, which a later step has
  /// written already, instead of writing it.
  public let accumulates: [Bool]

  /// `inputs`, then `residual`.
  public var reads: [Int] { inputs + (residual.map { [$0] } ?? []) }
}

/// What a step computes; `weights` are indices into `Plan.weights`.
public enum Operation: Sendable {
  /// A convolution; in evaluation with the norm after it folded in.
  case convolution(Convolution, weights: Int)
  /// The way back of a convolution, as a layer.
  case transposedConvolution(TransposedConvolution, weights: Int)
  /// A fully connected layer on `[n, features]`.
  case dense(Dense, weights: Int)
  /// A norm of each image by itself over groups of channels, then a scale and a shift: of every element, or every channel.
  case groupNormalization(groups: Int, Deviation, isElementwise: Bool, weights: Int)
  /// A norm by the neighbouring channels of every pixel.
  case localResponseNormalization(LocalResponseNormalization)
  /// `exp(x)` over its sum along the channels, or features.
  case softmax
  /// An enlargement by whole factors.
  case upsampling(Upsampling)
  /// `x * scale + shift` per channel: preprocessing, fixed numbers, and norms that follow no convolution in evaluation.
  case scaleShift(weights: Int)
  /// Batch norm with the batch's statistics, updating the running ones; in training only.
  case batchNormalization(BatchNormalization, weights: Int)
  /// The maximum over windows.
  case maxPooling(PoolingWindow)
  /// The mean over windows.
  case averagePooling(PoolingWindow)
  /// The mean over windows that divide the image as evenly as possible.
  case adaptiveAveragePooling
  /// A product with mask number `mask` of the forward pass; in training only.
  case dropout(Dropout, mask: Int)
  /// The same numbers, row-major, under the output's shape.
  case reshape
  /// Channel `i` of the output is channel `channels[i]` of the input, or 0; none is there twice.
  case selection(channels: [Int?])
  /// The elementwise sum of the inputs.
  case sum
  /// The elementwise product of two inputs, the second of the first's shape or one number for each channel.
  case product
  /// The inputs one after the other along the channels.
  case concatenation
  /// The input as it is, for an activation that nothing else could take in.
  case identity
  /// An activation whose slope follows from the input alone.
  case activation(Activation)
}

/// What a norm divides by.
public enum Deviation: Sendable {
  /// The square root of the variance and so much.
  case offset(Float)
  /// The square root of the variance, and no less than this.
  case atLeast(Float)
}

extension Operation {
  /// Whether the gradient with respect to what it reads depends on that.
  public var readsInputsBackward: Bool {
    switch self {
    case .product, .activation, .batchNormalization, .maxPooling, .groupNormalization, .localResponseNormalization: true
    case .convolution, .transposedConvolution, .dense, .scaleShift, .softmax, .upsampling, .averagePooling,
      .adaptiveAveragePooling, .dropout, .reshape, .selection,
      .sum,
      .concatenation, .identity:
      false
    }
  }

  /// Whether going backward may read what it wrote: a softmax for its slope, a maximum pooling for the mask of a ReLU
  /// before it.
  public var readsOutputBackward: Bool {
    switch self {
    case .softmax, .maxPooling: true
    default: false
    }
  }
}

/// What a step's weights are made of.
public enum WeightSource: Sendable {
  /// Weight and bias of a convolution or dense layer, with the expansion that makes them of the parameters, and with the
  /// norm to fold in after that.
  case affine(weight: ParameterPath, bias: ParameterPath?, expanding: FilterExpansion?, folding: NormSource?)
  /// Parameters as they are; without a bias it is 0, of `biasCount` numbers.
  case plain(weight: ParameterPath, bias: ParameterPath?, biasCount: Int)
  /// A norm by itself.
  case norm(NormSource)
  /// Fixed numbers, one a channel.
  case constant(scale: [Float], shift: [Float])
}

extension WeightSource {
  /// What makes the weights of the parameters, if they are not these as they are.
  public var expansion: FilterExpansion? {
    if case .affine(_, _, let expansion, _) = self { expansion } else { nil }
  }
}

/// The parameters of one batch norm.
public struct NormSource: Sendable {
  /// The node's name, the prefix of its parameters.
  public let node: String
  /// Its settings.
  public let settings: BatchNormalization
  /// How many neighbouring maps of what it works on share one channel of it, in evaluation.
  public let mapsPerChannel: Int

  /// The path of `weight`, `bias`, `running_mean`, `running_var` or `num_batches_tracked`.
  public func path(_ name: String) -> ParameterPath { ParameterPath(node: node, name) }
}
