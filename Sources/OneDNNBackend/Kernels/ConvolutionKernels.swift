import COneDNN

extension Engine {
  /// Whether the library has kernels for Winograd's algorithm here, which training takes then.
  static let supportsWinograd = InstructionSet.current == .avx512 && cusp_has_winograd() != 0

  /// Whether we compute them ourselves: in evaluation, where ours are faster than those of 2.x; in training where the library
  /// has none; and convolutions with strides by handwritten products.
  static let hasHandwrittenProducts = InstructionSet.current != .portable && Threads.areShared

  /// Whether the library's dense products give a row the same bits wherever it lies in the batch, as its kernels for AVX-512
  /// do; its general product, which takes their place elsewhere, does not.
  static let productsKeepRowsApart = InstructionSet.current == .avx512

  /// Layouts that are not given are the kernel's choice.
  func convolution(
    _ geometry: ConvolutionGeometry, _ algorithm: ConvolutionAlgorithm, bias: Bool, training: Bool,
    source: Layout? = nil, destination: Layout? = nil, postOperations: [PostOperation]
  ) throws -> PrimitiveDescriptor {
    let layouts = try ConvolutionLayouts(geometry, bias: bias, source: source, destination: destination)
    return try make("convolution_forward", postOperations: postOperations) {
      onednn_convolution_forward_primitive_desc_create(
        &$0, handle, training ? dnnl_forward_training : dnnl_forward_inference, algorithm.kind,
        layouts.source.handle, layouts.weights.handle, layouts.bias?.handle, layouts.destination.handle,
        geometry.strides, geometry.dilations, geometry.padding, geometry.paddingBehind, $1)
    }
  }

  func convolutionBackwardData(
    _ geometry: ConvolutionGeometry, _ algorithm: ConvolutionAlgorithm, hint: PrimitiveDescriptor
  ) throws -> PrimitiveDescriptor {
    let layouts = try ConvolutionLayouts(geometry, bias: false)
    return try make("convolution_backward_data") {
      onednn_convolution_backward_data_primitive_desc_create(
        &$0, handle, algorithm.kind, layouts.source.handle, layouts.weights.handle,
        layouts.destination.handle, geometry.strides, geometry.dilations, geometry.padding, geometry.paddingBehind,
        hint.handle, $1)
    }
  }

  func convolutionBackwardWeights(
    _ geometry: ConvolutionGeometry, _ algorithm: ConvolutionAlgorithm, bias: Bool, hint: PrimitiveDescriptor
  ) throws -> PrimitiveDescriptor {
    let layouts = try ConvolutionLayouts(geometry, bias: bias)
    return try make("convolution_backward_weights") {
      onednn_convolution_backward_weights_primitive_desc_create(
        &$0, handle, algorithm.kind, layouts.source.handle, layouts.weights.handle, layouts.bias?.handle,
        layouts.destination.handle, geometry.strides, geometry.dilations, geometry.padding, geometry.paddingBehind,
        hint.handle, $1)
    }
  }
}

/// What a convolution asks for: what is not given is the kernel's choice, but for the bias.
private struct ConvolutionLayouts {
  let source, weights, destination: Layout
  let bias: Layout?

  init(_ geometry: ConvolutionGeometry, bias: Bool, source: Layout? = nil, destination: Layout? = nil) throws {
    self.source = try source ?? .any(geometry.source)
    self.destination = try destination ?? .any(geometry.destination)
    weights = try .any(geometry.weights)
    self.bias = bias ? try .plain([geometry.destination[1]]) : nil
  }
}

extension ConvolutionAlgorithm {
  fileprivate var kind: dnnl_alg_kind_t {
    switch self {
    case .direct, .denseProduct, .implicitGEMM: dnnl_convolution_direct
    case .winograd: dnnl_convolution_winograd
    }
  }
}
