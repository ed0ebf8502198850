import COneDNN

extension Engine {
  func reorder(_ source: Layout, _ destination: Layout) throws -> PrimitiveDescriptor {
    try make("dnnl_reorder_primitive_desc_create") { made, attributes in
      source.pointer { source in
        destination.pointer { dnnl_reorder_primitive_desc_create(&made, source, handle, $0, handle, attributes) }
      }
    }
  }

  /// Joins `sources` along axis 1, the channels or features.
  func concatenation(_ sources: [Layout], _ destination: Layout) throws -> PrimitiveDescriptor {
    try make("dnnl_concat_primitive_desc_create") { made, attributes in
      destination.pointer {
        dnnl_concat_primitive_desc_create(
          &made, $0, Int32(sources.count), 1, sources.map(\.raw), attributes, handle)
      }
    }
  }

  func binary(
    _ operation: BinaryOperation, _ first: Layout, _ second: Layout, postOperations: [PostOperation] = []
  ) throws -> PrimitiveDescriptor {
    let algorithm = operation == .add ? dnnl_binary_add : dnnl_binary_mul
    return try make("binary", dnnl_binary_desc_t(), postOperations: postOperations) { description in
      first.pointer { first in
        second.pointer { dnnl_binary_desc_init(description, algorithm, first, $0, first) }
      }
    }
  }

  func relu(_ layout: Layout) throws -> PrimitiveDescriptor {
    try make("eltwise_forward", dnnl_eltwise_desc_t()) { description in
      layout.pointer {
        dnnl_eltwise_forward_desc_init(description, dnnl_forward_inference, dnnl_eltwise_relu, $0, 0, 0)
      }
    }
  }

  /// Masks a gradient by where the ReLU's output, of the same layout, is positive.
  func reluBackward(_ layout: Layout) throws -> PrimitiveDescriptor {
    let algorithm = dnnl_eltwise_relu_use_dst_for_bwd
    let hint = try make("eltwise_forward", dnnl_eltwise_desc_t()) { description in
      layout.pointer { dnnl_eltwise_forward_desc_init(description, dnnl_forward_training, algorithm, $0, 0, 0) }
    }
    return try make("eltwise_backward", dnnl_eltwise_desc_t(), hint: hint) { description in
      layout.pointer { dnnl_eltwise_backward_desc_init(description, algorithm, $0, $0, 0, 0) }
    }
  }
}

/// A product or sum of two operands of one shape, the second broadcast where its size is 1.
enum BinaryOperation { case add, multiply }
