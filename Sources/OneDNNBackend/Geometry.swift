import Networks
import Programs
import Tensors

/// The sizes and steps of one convolution over a batch.
struct ConvolutionGeometry: Hashable {
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

  var groups: Int { weights.count == 4 ? 1 : weights[0] }
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
  let strides, window, padding: [Int64]

  init(_ windows: PoolingWindow, takesMaximum: Bool, batchSize: Int, output: [Int]) {
    self.takesMaximum = takesMaximum
    destination = [batchSize] + output
    window = [Int64(windows.height), Int64(windows.width)]
    strides = [Int64(windows.stride), Int64(windows.stride)]
    padding = [Int64(windows.padding), Int64(windows.padding)]
  }
}
