import Networks
import Programs
import Tensors

/// The sizes and steps of one convolution over a batch.
struct ConvolutionGeometry {
  /// `[n, c, h, w]` of the input and of the output.
  let source, destination: [Int]
  /// `[o, i, k, k]`, or `[g, o / g, i / g, k, k]` with groups.
  let weights: [Int]
  let strides, padding: [Int64]

  init(_ settings: Convolution, batchSize: Int, input: [Int], output: [Int]) {
    let (groups, k) = (settings.groups, settings.kernelSize)
    source = [batchSize] + input
    destination = [batchSize] + output
    let one = [output[0] / groups, input[0] / groups, k, k]
    weights = groups == 1 ? one : [groups] + one
    strides = [Int64(settings.stride), Int64(settings.stride)]
    padding = [Int64(settings.padding), Int64(settings.padding)]
  }

  /// The one place where the algorithm of a convolution is chosen, by a fixed rule, so that results repeat.
  var algorithm: ConvolutionAlgorithm { .direct }
}

/// How a convolution is computed.
enum ConvolutionAlgorithm {
  /// Sums of products, in an order that does not depend on the batch size.
  case direct
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
  let strides, window, padding: [Int64]

  init(_ settings: Pooling, takesMaximum: Bool, batchSize: Int, input: [Int], output: [Int]) {
    self.takesMaximum = takesMaximum
    destination = [batchSize] + output
    let (height, width) = settings.window(on: input)
    window = [Int64(height), Int64(width)]
    strides = [Int64(settings.stride), Int64(settings.stride)]
    padding = [Int64(settings.padding), Int64(settings.padding)]
  }
}
