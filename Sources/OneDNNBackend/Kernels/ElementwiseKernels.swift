import COneDNN

extension Engine {
  func reorder(_ source: Layout, _ destination: Layout) throws -> PrimitiveDescriptor {
    try make("reorder") {
      dnnl_reorder_primitive_desc_create(&$0, source.handle, handle, destination.handle, handle, $1)
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
      dnnl_binary_primitive_desc_create(
        &$0, handle, algorithm, first.handle, second.handle, first.handle, $1)
    }
  }

  func relu(_ layout: Layout) throws -> PrimitiveDescriptor {
    try relu(layout, dnnl_eltwise_relu, for: dnnl_forward_inference)
  }

  /// Masks a gradient by where the ReLU's output, of the same layout, is positive.
  func reluBackward(_ layout: Layout) throws -> PrimitiveDescriptor {
    let algorithm = dnnl_eltwise_relu_use_dst_for_bwd
    let hint = try relu(layout, algorithm, for: dnnl_forward_training)
    return try make("eltwise_backward") {
      dnnl_eltwise_backward_primitive_desc_create(
        &$0, handle, algorithm, layout.handle, layout.handle, layout.handle, 0, 0, hint.handle, $1)
    }
  }

  private func relu(
    _ layout: Layout, _ algorithm: dnnl_alg_kind_t, for purpose: dnnl_prop_kind_t
  ) throws -> PrimitiveDescriptor {
    try make("eltwise_forward") {
      dnnl_eltwise_forward_primitive_desc_create(
        &$0, handle, purpose, algorithm, layout.handle, layout.handle, 0, 0, $1)
    }
  }
}

/// A product or sum of two operands of one shape, the second broadcast where its size is 1.
enum BinaryOperation { case add, multiply }
