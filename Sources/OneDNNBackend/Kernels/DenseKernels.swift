import COneDNN

extension Engine {
  /// `sizes` are batch, inputs and outputs.
  func dense(
    _ sizes: DenseSizes, bias: Bool, training: Bool, postOperations: [PostOperation]
  ) throws -> PrimitiveDescriptor {
    let layouts = try DenseLayouts(sizes, bias: bias)
    return try make("inner_product_forward", postOperations: postOperations) {
      onednn_inner_product_forward_primitive_desc_create(
        &$0, handle, training ? dnnl_forward_training : dnnl_forward_inference, layouts.source.handle,
        layouts.weights.handle, layouts.bias?.handle, layouts.destination.handle, $1)
    }
  }

  func denseBackwardData(_ sizes: DenseSizes, hint: PrimitiveDescriptor) throws -> PrimitiveDescriptor {
    let layouts = try DenseLayouts(sizes, bias: false)
    return try make("inner_product_backward_data") {
      onednn_inner_product_backward_data_primitive_desc_create(
        &$0, handle, layouts.source.handle, layouts.weights.handle, layouts.destination.handle, hint.handle, $1)
    }
  }

  func denseBackwardWeights(
    _ sizes: DenseSizes, bias: Bool, hint: PrimitiveDescriptor
  ) throws -> PrimitiveDescriptor {
    let layouts = try DenseLayouts(sizes, bias: bias)
    return try make("inner_product_backward_weights") {
      onednn_inner_product_backward_weights_primitive_desc_create(
        &$0, handle, layouts.source.handle, layouts.weights.handle, layouts.bias?.handle, layouts.destination.handle,
        hint.handle, $1)
    }
  }
}

/// What a dense layer asks for: all but the bias is the kernel's choice.
private struct DenseLayouts {
  let source, weights, destination: Layout
  let bias: Layout?

  init(_ sizes: DenseSizes, bias: Bool) throws {
    source = try .any(sizes.source)
    weights = try .any(sizes.weights)
    destination = try .any(sizes.destination)
    self.bias = bias ? try .plain([sizes.outputs]) : nil
  }
}
