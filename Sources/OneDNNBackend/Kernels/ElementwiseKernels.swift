import COneDNN

extension Engine {
  func reorder(_ source: Layout, _ destination: Layout) throws -> PrimitiveDescriptor {
    try make("reorder") {
      onednn_reorder_primitive_desc_create(&$0, source.handle, handle, destination.handle, handle, $1)
    }
  }

  /// Joins `sources` along axis 1, the channels or features.
  func concatenation(_ sources: [Layout], _ destination: Layout) throws -> PrimitiveDescriptor {
    try make("concat") {
      cusp_concat_primitive_desc_create(
        &$0, handle, destination.handle, Int32(sources.count), 1, sources.map(\.handle), $1)
    }
  }

  func binary(
    _ operation: BinaryOperation, _ first: Layout, _ second: Layout, postOperations: [PostOperation] = []
  ) throws -> PrimitiveDescriptor {
    let algorithm = operation == .add ? dnnl_binary_add : dnnl_binary_mul
    return try make("binary", postOperations: postOperations) {
      onednn_binary_primitive_desc_create(
        &$0, handle, algorithm, first.handle, second.handle, first.handle, $1)
    }
  }

  /// `function` of every number, for values that are read no more.
  func elementwise(_ function: ElementwiseFunction, _ layout: Layout) throws -> PrimitiveDescriptor {
    try elementwise(function.algorithm, function, layout, for: dnnl_forward_inference)
  }

  /// Multiplies a gradient by the slope of `function`, from what it made or from what it read, of the same layout.
  func elementwiseBackward(_ function: ElementwiseFunction, _ layout: Layout) throws -> PrimitiveDescriptor {
    let hint = try elementwise(function.backward, function, layout, for: dnnl_forward_training)
    return try make("eltwise_backward") {
      onednn_eltwise_backward_primitive_desc_create(
        &$0, handle, function.backward, layout.handle, layout.handle, layout.handle, function.alpha, function.beta,
        hint.handle, $1)
    }
  }

  private func elementwise(
    _ algorithm: dnnl_alg_kind_t, _ function: ElementwiseFunction, _ layout: Layout, for purpose: dnnl_prop_kind_t
  ) throws -> PrimitiveDescriptor {
    try make("eltwise_forward") {
      onednn_eltwise_forward_primitive_desc_create(
        &$0, handle, purpose, algorithm, layout.handle, layout.handle, function.alpha, function.beta, $1)
    }
  }
}

/// A product or sum of two operands of one shape, the second broadcast where its size is 1.
enum BinaryOperation { case add, multiply }
