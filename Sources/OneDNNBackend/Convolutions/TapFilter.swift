import CConvolutions

/// The weights of a convolution as a matrix for each tap of the kernel, in the order of the taps.
struct TapFilter: PackedFilter {
  let shape: FilterShape

  var count: Int { shape.taps * inputs * outputs }
  var algorithm: ConvolutionAlgorithm { .implicitGEMM }

  /// Where the matrix of `tap` begins.
  func start(of tap: Int) -> Int { tap * inputs * outputs }

  func pack(
    _ values: UnsafeBufferPointer<Float>, into packed: UnsafeMutableBufferPointer<Float>, inputs range: Range<Int>
  ) {
    precondition(values.count == shape.count, "weights of another convolution")
    guard let values = values.baseAddress, let packed = packed.baseAddress else {
      preconditionFailure("memories are used before they are placed")
    }
    var kernels = shape.kernels
    for tap in 0..<shape.taps {
      kernelSet.pack(
        &kernels, values + tap, range.lowerBound, range.count, packed + start(of: tap), range.lowerBound, inputs,
        outputs)
    }
  }
}
