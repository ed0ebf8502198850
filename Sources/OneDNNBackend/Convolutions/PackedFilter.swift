import CConvolutions

/// As many channels as blocks of 16 have that hold `channels`.
func filled(_ channels: Int) -> Int { (channels + 15) / 16 * 16 }

/// The weights of a convolution as matrices `[inputs, outputs]` for handwritten products, each in panels of as many columns as
/// the kernels want, and one of what remains.
///
/// Channels come in blocks of 16; what fills the last block is zero. Matrices of several groups follow one another.
protocol PackedFilter {
  /// Where the weights lie.
  var shape: FilterShape { get }
  /// How many numbers the packed weights are.
  var count: Int { get }
  /// The algorithm that they are for.
  var algorithm: ConvolutionAlgorithm { get }

  /// Makes what `inputs` are multiplied by of the row-major weights of the convolution.
  func pack(_ values: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>, inputs: Range<Int>)
}

extension PackedFilter {
  /// The channels that each group of the pass reads, blocks filled.
  var inputs: Int { filled(shape.inputs) }
  /// The channels that each group of the pass makes, blocks filled.
  var outputs: Int { filled(shape.outputs) }

  /// Makes all of `packed`, on all `threads`.
  func pack(
    _ values: UnsafeBufferPointer<Float>, into packed: UnsafeMutableBufferPointer<Float>, on threads: Threads
  ) {
    precondition(values.count == shape.count && packed.count == count, "weights of another convolution")
    guard let values = values.baseAddress, let packed = packed.baseAddress else {
      preconditionFailure("memories are used before they are placed")
    }
    let share = 16
    threads.spread((inputs + share - 1) / share) { part in
      pack(values, into: packed, inputs: part * share..<min((part + 1) * share, inputs))
    }
  }
}

/// Where the weights of one convolution lie for a pass: forward `[outputs, inputs, k, k]`; backward, where channels that are
/// read and made change places, `[inputs, outputs, k, k]`; of each group in turn.
struct FilterShape {
  let groups: Int
  /// How many channels each group really reads and makes.
  let inputs, outputs: Int
  /// The kernel's elements.
  let taps: Int
  let isBackward: Bool

  init(_ geometry: ConvolutionGeometry, isBackward: Bool) {
    groups = geometry.groups
    let (read, made) = (geometry.source[1] / groups, geometry.destination[1] / groups)
    (inputs, outputs) = isBackward ? (made, read) : (read, made)
    (taps, self.isBackward) = (geometry.kernelSize * geometry.kernelSize, isBackward)
  }

  /// Those of a dense layer.
  init(_ sizes: DenseSizes, isBackward: Bool) {
    groups = 1
    (inputs, outputs) = isBackward ? (sizes.outputs, sizes.inputs) : (sizes.inputs, sizes.outputs)
    (taps, self.isBackward) = (1, isBackward)
  }

  /// From one input to the next, and from one output.
  var inputStride: Int { isBackward ? taps * outputs : taps }
  var outputStride: Int { isBackward ? taps : taps * inputs }
  /// As the kernels are told.
  var kernels: cusp_kernels {
    cusp_kernels(
      inputs: inputs, outputs: outputs, input_stride: inputStride, output_stride: outputStride, flipped: 0)
  }
  /// The weights of one group, and all.
  var countPerGroup: Int { taps * inputs * outputs }
  var count: Int { groups * countPerGroup }
}
