/// How a convolution is computed.
///
/// The algorithm decides the bits of a result, the batch's size and the threads being given.
public enum ConvolutionAlgorithm: String, Sendable, CaseIterable {
  /// Sums of products; a 1x1 convolution is one matrix product then.
  case direct
  /// Winograd's F(4x4, 3x3) of Lavin and Gray (2016): 2.25 products an output in place of 9, at a cost in rounding; where the
  /// kernels are ours, images of 2x2 take as many by F(2x2, 2x2) with the pixels in the place of the weights.
  case winograd
  /// One matrix product over whole images, with the weights written out for every pair of pixels.
  case denseProduct = "dense-product"
  /// Matrix products of pixels and channels, one for each tap of the kernel.
  case implicitGEMM = "implicit-gemm"
}

/// Who chooses the algorithm of a convolution.
public enum AlgorithmChoice: Sendable {
  /// A fixed rule, kept with the code, so that results repeat.
  case fixedRule
  /// One algorithm for all; direct takes its place where it does not apply. Direct rounds least.
  case always(ConvolutionAlgorithm)
  /// Each is measured when it is first met, and the fastest taken: bits then depend on the choice.
  case measured(MeasuredAlgorithms)
}

extension ConvolutionGeometry {
  /// The algorithms that can compute this, direct first.
  func candidates(training: Bool) -> [ConvolutionAlgorithm] {
    ConvolutionAlgorithm.allCases.filter { admits($0, training: training) }
  }

  /// Whether `algorithm` can compute this, on a processor that has its kernels; filters that are `packed` are made anew
  /// when they change, so that training need not read them back.
  func admits(_ algorithm: ConvolutionAlgorithm, training: Bool, packed: Bool = false) -> Bool {
    guard isSquare else { return algorithm == .direct }
    return switch algorithm {
    case .direct: true
    case .winograd:
      // The library's kernels, which train, take whole blocks of channels and one group; ours fill the blocks of one group.
      kernelSize == 3 && stride == 1 && border <= 1
        && (groups == 1 ? !training || packed || fillsBlocks : (!training || packed) && fillsBlocks)
    case .implicitGEMM: (!training || packed) && groups == 1
    case .denseProduct: !training && groups == 1 && source[2...].allSatisfy { $0 <= 2 }
    }
  }

  /// What was fastest when it was measured, on AVX-512 with 2 threads and batches of 128.
  ///
  /// - Images of 2x2 and smaller are mostly padding. From 32 channels on those of 2x2 have a form of Winograd's algorithm of
  ///   their own, with nine products where a matrix product of whole images has sixteen, and that about half the time of the
  ///   direct algorithm. Training takes the taps that see a pixel of what is smaller, since writing out the weights at
  ///   every step would cost more than it gains.
  /// - Winograd takes half to two thirds of the time from 32 channels on, in all passes.
  /// - Strides: where channels do not fill blocks of 16, handwritten products take three quarters of the time of the
  ///   library's kernels, which want the channels last; where they do, about the same. Without AVX-512, where
  ///   our passes leave the channels `last` and the library's kernels want them otherwise, four fifths with the reorders.
  func fastAlgorithm(training: Bool, packed: Bool = false, last: Bool = false) -> ConvolutionAlgorithm {
    let wide = source[1] / groups >= 32 && destination[1] / groups >= 32
    let isOurs = Engine.hasHandwrittenProducts && (!training || packed)
    if wide, is2x2, isOurs, admits(.winograd, training: training, packed: packed) { return .winograd }
    if admits(.denseProduct, training: training), kernelSize == 3 { return .denseProduct }
    let small = source[2...].allSatisfy { $0 <= 2 }
    if wide, admits(.implicitGEMM, training: training, packed: packed) {
      if training, small, kernelSize == 3 { return .implicitGEMM }
      let prefersTaps = !fillsBlocks || last && InstructionSet.current != .avx512
      if stride > 1, !small, prefersTaps { return .implicitGEMM }
    }
    return wide && !small && admits(.winograd, training: training, packed: packed) ? .winograd : .direct
  }

  /// Whether 3x3 kernels go over images of 2x2 and reach one pixel over their edges.
  var is2x2: Bool { kernelSize == 3 && stride == 1 && border == 1 && source.suffix(2) == [2, 2] }

  /// Whether both sides' channels of a group come in whole blocks of 16.
  private var fillsBlocks: Bool { weights.suffix(4).prefix(2).allSatisfy { $0.isMultiple(of: 16) } }

  /// As in `64>128 3x3/1 on 16x16`: channels, kernel, stride and image.
  var text: String {
    let kernel = weights.suffix(2).map(String.init).joined(separator: "x")
    return "\(source[1])>\(destination[1]) \(kernel)/\(stride) on \(source[2])x\(source[3])"
  }
}
