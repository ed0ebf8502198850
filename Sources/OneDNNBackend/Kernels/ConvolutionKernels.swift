import COneDNN

extension Engine {
  /// Layouts that are not given are the kernel's choice.
  func convolution(
    _ geometry: ConvolutionGeometry, bias: Bool, training: Bool, source: Layout? = nil, destination: Layout? = nil,
    postOperations: [PostOperation]
  ) throws -> PrimitiveDescriptor {
    var source = try (source ?? .any(geometry.source)).raw
    var destination = try (destination ?? .any(geometry.destination)).raw
    var weights = try Layout.any(geometry.weights).raw
    var offset = try Layout.plain([geometry.destination[1]]).raw
    return try make("convolution_forward", dnnl_convolution_desc_t(), postOperations: postOperations) { description in
      withUnsafePointer(to: &offset) { offset in
        dnnl_convolution_forward_desc_init(
          description, training ? dnnl_forward_training : dnnl_forward_inference, geometry.algorithm.kind, &source,
          &weights, bias ? offset : nil, &destination, geometry.strides, geometry.padding, geometry.padding)
      }
    }
  }

  func convolutionBackwardData(
    _ geometry: ConvolutionGeometry, hint: PrimitiveDescriptor
  ) throws -> PrimitiveDescriptor {
    var (source, weights) = (try Layout.any(geometry.source).raw, try Layout.any(geometry.weights).raw)
    var destination = try Layout.any(geometry.destination).raw
    return try make("convolution_backward_data", dnnl_convolution_desc_t(), hint: hint) {
      dnnl_convolution_backward_data_desc_init(
        $0, geometry.algorithm.kind, &source, &weights, &destination, geometry.strides, geometry.padding,
        geometry.padding)
    }
  }

  func convolutionBackwardWeights(
    _ geometry: ConvolutionGeometry, bias: Bool, hint: PrimitiveDescriptor
  ) throws -> PrimitiveDescriptor {
    var (source, weights) = (try Layout.any(geometry.source).raw, try Layout.any(geometry.weights).raw)
    var destination = try Layout.any(geometry.destination).raw
    var offset = try Layout.plain([geometry.destination[1]]).raw
    return try make("convolution_backward_weights", dnnl_convolution_desc_t(), hint: hint) { description in
      withUnsafePointer(to: &offset) { offset in
        dnnl_convolution_backward_weights_desc_init(
          description, geometry.algorithm.kind, &source, &weights, bias ? offset : nil, &destination,
          geometry.strides, geometry.padding, geometry.padding)
      }
    }
  }
}

extension ConvolutionAlgorithm {
  fileprivate var kind: dnnl_alg_kind_t {
    switch self {
    case .direct: dnnl_convolution_direct
    }
  }
}
