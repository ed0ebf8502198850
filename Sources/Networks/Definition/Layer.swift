public import Symmetry

/// What one node of a network computes.
///
/// To add a layer, add a case here with its settings as a struct in `LayerSettings.swift`; the compiler then lists what
/// is missing, all of it exhaustive switches over this enum or over the steps it compiles to:
///
/// 1. `Layer+Coding.swift`: its name in a definition's JSON (and a row in `formats/definition.md`).
/// 2. `Graph/Layer+Shape.swift`: its output shape, and which inputs it refuses.
/// 3. `Graph/Layer+Parameters.swift`: its parameters under their PyTorch names, their initial values, and its cost.
/// 4. `Programs/Plan/PlanBuilder.swift`: the step that computes it, in evaluation and in training.
/// 5. If that is a new `Step`: the kernel of each backend, forward and backward.
///
/// Then add a row to `fixtures/make/layers.py`; the contract tests pick it up by themselves. See `CONTRIBUTING.md`.
public enum Layer: Hashable, Sendable {
  /// A two-dimensional convolution (cross-correlation, as everywhere in the field).
  case convolution(Convolution)
  /// Batch normalisation per channel: stored statistics in evaluation, the batch's own in training.
  case batchNormalization(BatchNormalization)
  /// The way back of a convolution, as a layer.
  case transposedConvolution(TransposedConvolution)
  /// A norm of every image by itself, over groups of channels.
  case groupNormalization(GroupNormalization)
  /// A norm of every image by itself, over all of it.
  case layerNormalization(LayerNormalization)
  /// Every image less its mean, over its standard deviation or, where that is smaller, over `1 / sqrt(count)` of its
  /// numbers: TensorFlow's `per_image_standardization`.
  case imageStandardization
  /// A norm by the neighbouring channels of every pixel.
  case localResponseNormalization(LocalResponseNormalization)
  /// `exp(x)` over its sum along the channels, or features.
  case softmax
  /// An enlargement by whole factors.
  case upsampling(Upsampling)
  /// A function of every element.
  case activation(Activation)
  /// The maximum over windows.
  case maxPooling(Pooling)
  /// The mean over windows; padding counts as zeros unless the settings say otherwise.
  case averagePooling(Pooling)
  /// The mean over windows that divide the image as evenly as possible, to an image of the given size: from
  /// `floor(i h / height)` up to `ceil((i + 1) h / height)`.
  case adaptiveAveragePooling(Extent)
  /// A fully connected layer on `[n, features]`.
  case dense(Dense)
  /// Zeroes elements, whole channels or whole images at random in training, and scales the rest; nothing in evaluation.
  case dropout(Dropout)
  /// Some neighbouring channels, or features.
  case channelSlice(ChannelSlice)
  /// Channels dealt to `groups` hands and gathered again: channel `i c / groups + j` becomes `j groups + i`.
  case channelShuffle(groups: Int)
  /// Channels, or features, in another order: number `i` of the output is number `order[i]` of the input.
  case channelPermutation(order: [Int])
  /// Channels, or features, of zeros before and after the input's.
  case channelPadding(ChannelPadding)
  /// `x * scale + shift` by fixed numbers, one for all channels or one for each.
  case scaleShift(ScaleShift)
  /// `[n, c, h, w]` to `[n, c * h * w]`, channels outermost.
  case flatten
  /// The elementwise sum of two or more inputs of one shape: the residual connection.
  case sum
  /// The elementwise product of two inputs of one shape, or of `[c, h, w]` and a factor `[c, 1, 1]` for each channel.
  case product
  /// The inputs one after the other along the channels.
  case concatenation
  /// A convolution that commutes with a group of symmetries: to feature maps over the group, from an image or from such.
  ///
  /// Feature maps over a group of order `o` are `[c * o, h, w]`: a channel's maps for all elements lie side by side.
  case groupConvolution(GroupConvolution)
  /// Batch normalisation of feature maps over a group, per channel: all elements share statistics and parameters.
  case groupBatchNormalization(BatchNormalization, over: SymmetryGroup)
  /// The maximum over the elements of the group: `[c * o, h, w]` to `[c, h, w]`.
  case groupMaxPooling(SymmetryGroup)
  /// The mean over the elements of the group: `[c * o, h, w]` to `[c, h, w]`.
  case groupAveragePooling(SymmetryGroup)

  /// `max(x, 0)`; its gradient at 0 is 0.
  public static let relu = Layer.activation(.relu)
}
