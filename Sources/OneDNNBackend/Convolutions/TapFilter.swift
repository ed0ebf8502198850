import CConvolutions

/// The weights of a convolution as a matrix for each tap of the kernel, in the order of the taps.
struct TapFilter: PackedFilter {
  let shape: FilterShape

  var count: Int { shape.taps * inputs * outputs }
  var algorithm: ConvolutionAlgorithm { .implicitGEMM }

  /// Where the matrix of `tap` begins.
  func start(of tap: Int) -> Int { tap * inputs * outputs }

  func pack(_ values: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>, inputs range: Range<Int>) {
    var kernels = shape.kernels
    for tap in 0..<shape.taps {
      kernelSet.pack(
        &kernels, values + tap, range.lowerBound, range.count, packed + start(of: tap), range.lowerBound, inputs,
        outputs)
    }
  }
}
