import COneDNN

extension Engine {
  /// `sizes` are batch, inputs and outputs.
  func dense(
    _ sizes: DenseSizes, bias: Bool, training: Bool, postOperations: [PostOperation]
  ) throws -> PrimitiveDescriptor {
    var (source, weights) = (try Layout.any(sizes.source).raw, try Layout.any(sizes.weights).raw)
    var destination = try Layout.any(sizes.destination).raw
    var offset = try Layout.plain([sizes.outputs]).raw
    return try make("inner_product_forward", dnnl_inner_product_desc_t(), postOperations: postOperations) {
      description in
      withUnsafePointer(to: &offset) { offset in
        dnnl_inner_product_forward_desc_init(
          description, training ? dnnl_forward_training : dnnl_forward_inference, &source, &weights,
          bias ? offset : nil, &destination)
      }
    }
  }

  func denseBackwardData(_ sizes: DenseSizes, hint: PrimitiveDescriptor) throws -> PrimitiveDescriptor {
    var (source, weights) = (try Layout.any(sizes.source).raw, try Layout.any(sizes.weights).raw)
    var destination = try Layout.any(sizes.destination).raw
    return try make("inner_product_backward_data", dnnl_inner_product_desc_t(), hint: hint) {
      dnnl_inner_product_backward_data_desc_init($0, &source, &weights, &destination)
    }
  }

  func denseBackwardWeights(
    _ sizes: DenseSizes, bias: Bool, hint: PrimitiveDescriptor
  ) throws -> PrimitiveDescriptor {
    var (source, weights) = (try Layout.any(sizes.source).raw, try Layout.any(sizes.weights).raw)
    var destination = try Layout.any(sizes.destination).raw
    var offset = try Layout.plain([sizes.outputs]).raw
    return try make("inner_product_backward_weights", dnnl_inner_product_desc_t(), hint: hint) { description in
      withUnsafePointer(to: &offset) { offset in
        dnnl_inner_product_backward_weights_desc_init(
          description, &source, &weights, bias ? offset : nil, &destination)
      }
    }
  }
}
