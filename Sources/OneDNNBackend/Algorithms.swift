/// How a convolution is computed.
///
/// The algorithm decides the bits of a result, the batch's size and the threads being given.
public enum ConvolutionAlgorithm: String, Sendable, CaseIterable {
  /// Sums of products; a 1x1 convolution is one matrix product then.
  case direct
  /// Winograd's F(4x4, 3x3) of Lavin and Gray (2016): 2.25 products an output in place of 9, at a cost in rounding.
  case winograd
  /// One matrix product over whole images, with the weights written out for every pair of pixels.
  case denseProduct = "dense-product"
}

/// Which of a convolution's results is computed.
enum ConvolutionPass: CaseIterable {
  case forward, backwardData, backwardWeights
}

/// Who chooses the algorithm of a convolution.
public enum AlgorithmChoice: Sendable {
  /// The fixed rule of `ConvolutionGeometry.fastAlgorithm`, so that results repeat.
  case fixedRule
  /// The direct algorithm for all, which rounds least.
  case direct

  /// The algorithm for one pass; where the library lacks it, direct takes its place.
  func algorithm(_ geometry: ConvolutionGeometry, training: Bool) -> ConvolutionAlgorithm {
    switch self {
    case .fixedRule: geometry.fastAlgorithm(training: training)
    case .direct: .direct
    }
  }
}

extension ConvolutionGeometry {
  /// What was fastest when it was measured, on AVX-512 with 2 threads and batches of 128.
  ///
  /// - Images of 2x2 and smaller are mostly padding: written out as a matrix product they take about half the time. In
  ///   training writing out the weights at every step would cost more than it gains.
  /// - Winograd takes half the time or less from 64 channels on, in all passes; with 32 it gains backward only a little.
  func fastAlgorithm(training: Bool) -> ConvolutionAlgorithm {
    guard groups == 1, kernelSize == 3, stride == 1 else { return .direct }
    let (inputs, outputs) = (source[1], destination[1])
    if source[2...].allSatisfy({ $0 <= 2 }), border == 1 { return training ? .direct : .denseProduct }
    return inputs >= 32 && outputs >= 32 && inputs.isMultiple(of: 16) && outputs.isMultiple(of: 16)
      ? .winograd : .direct
  }
}
