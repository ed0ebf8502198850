import CConvolutions

/// The weights of a convolution as Winograd's products want them: a matrix for each, `G g G'` for every pair of channels.
struct WinogradFilter: PackedFilter {
  /// The form of the algorithm.
  let form: cusp_winograd
  let shape: FilterShape
  /// Whether kernels are read from the other end.
  let isFlipped: Bool

  var count: Int { shape.groups * countPerGroup }
  /// The numbers of one group.
  var countPerGroup: Int { form.parts * inputs * outputs }
  var algorithm: ConvolutionAlgorithm { .winograd }

  func pack(_ values: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>, inputs range: Range<Int>) {
    var kernels = kernels
    for group in 0..<shape.groups {
      form.kernels(
        &kernels, values + group * shape.countPerGroup, range.lowerBound, range.count,
        packed + group * countPerGroup, inputs, outputs)
    }
  }

  /// Where the weights of one group lie.
  var kernels: cusp_kernels {
    var kernels = shape.kernels
    kernels.flipped = isFlipped ? 1 : 0
    return kernels
  }
}
