import Networks
import Programs
import Tensors

/// The sizes and steps of one convolution over a batch.
struct ConvolutionGeometry: Hashable {
  /// `[n, c, h, w]` of the input and of the output.
  private(set) var source, destination: [Int]
  /// `[o, i, h, w]`, or `[g, o / g, i / g, h, w]` with groups.
  private(set) var weights: [Int]
  /// Along rows and columns; as holes between a window's pixels, dilations begin at 0.
  let strides, dilations: [Int64]
  /// Above and to the left of the image, and below and to the right.
  let padding, paddingBehind: [Int64]
  /// Whether kernel, stride and padding are alike in every direction and nothing is dilated.
  let isSquare: Bool

  init(_ settings: Convolution, batchSize: Int, input: [Int], output: [Int]) {
    let (groups, kernel, margins) = (settings.groups, settings.kernelSize, settings.padding)
    source = [batchSize] + input
    destination = [batchSize] + output
    let one = [output[0] / groups, input[0] / groups, kernel.height, kernel.width]
    weights = groups == 1 ? one : [groups] + one
    strides = [Int64(settings.stride.height), Int64(settings.stride.width)]
    dilations = [Int64(settings.dilation.height - 1), Int64(settings.dilation.width - 1)]
    padding = [Int64(margins.top), Int64(margins.left)]
    paddingBehind = [Int64(margins.bottom), Int64(margins.right)]
    isSquare = settings.square != nil
  }

  var groups: Int { weights.count == 4 ? 1 : weights[0] }

  var outputsPerGroup: Int { weights[weights.count - 4] }
  var inputsPerGroup: Int { weights[weights.count - 3] }
  /// Whether every channel is convolved by itself, to one.
  var isDepthwise: Bool { groups > 1 && inputsPerGroup == 1 && outputsPerGroup == 1 }

  /// Where each channel is convolved by itself to several, the same of an image that holds it as often: the library has fast
  /// kernels for that.
  var channelwise: ConvolutionGeometry {
    guard groups > 1, inputsPerGroup == 1 else { return self }
    var other = with(weights: [destination[1], 1] + weights.suffix(3))
    other.source[1] = destination[1]
    return other
  }

  /// The same between the same images with filters of other sizes.
  func with(weights: [Int]) -> ConvolutionGeometry {
    var other = self
    other.weights = weights
    return other
  }

  /// The convolution that takes the gradient of a 1x1 convolution back; nil for others.
  var exchanged: ConvolutionGeometry? {
    guard groups == 1, weights.suffix(2) == [1, 1], strides == [1, 1], (padding + paddingBehind).allSatisfy({ $0 == 0 })
    else { return nil }
    var other = self
    (other.source, other.destination) = (destination, source)
    other.weights.swapAt(0, 1)
    return other
  }

  // Of square ones.
  var kernelSize: Int { weights[weights.count - 1] }
  var stride: Int { Int(strides[0]) }
  var border: Int { Int(padding[0]) }
}

/// The sizes of a dense layer over a batch.
struct DenseSizes {
  let batchSize, inputs, outputs: Int

  var source: [Int] { [batchSize, inputs] }
  var weights: [Int] { [outputs, inputs] }
  var destination: [Int] { [batchSize, outputs] }
}

/// The sizes and steps of one pooling over a batch.
struct PoolingGeometry {
  let takesMaximum: Bool
  /// `[n, c, h, w]` of the output.
  let destination: [Int]
  let strides, window: [Int64]
  /// Above and to the left of the image, and below and to the right as far as the last windows reach.
  let padding, paddingBehind: [Int64]
  /// Whether a mean counts the zeros of the padding.
  let countsPadding: Bool
  /// Whether the last windows reach past the padding that was asked for.
  let reachesPastPadding: Bool

  init(_ windows: PoolingWindow, takesMaximum: Bool, batchSize: Int, input: [Int], output: [Int]) {
    self.takesMaximum = takesMaximum
    destination = [batchSize] + output
    let (size, step, margins) = (windows.size, windows.stride, windows.padding)
    window = [Int64(size.height), Int64(size.width)]
    strides = [Int64(step.height), Int64(step.width)]
    padding = [Int64(margins.top), Int64(margins.left)]
    let reach = [
      (output[1] - 1) * step.height + size.height - input[1] - margins.top,
      (output[2] - 1) * step.width + size.width - input[2] - margins.left,
    ]
    reachesPastPadding = reach[0] > margins.bottom || reach[1] > margins.right
    paddingBehind = [Int64(max(reach[0], margins.bottom)), Int64(max(reach[1], margins.right))]
    countsPadding = windows.countsPadding
  }
}
