import COneDNN

extension Engine {
  /// With the batch's statistics.
  func batchNormalization(_ layout: Layout, epsilon: Float, relu: Bool) throws -> PrimitiveDescriptor {
    try make("batch_normalization_forward", dnnl_batch_normalization_desc_t()) { description in
      layout.pointer {
        dnnl_batch_normalization_forward_desc_init(
          description, dnnl_forward_training, $0, epsilon, normalizationFlags(relu: relu))
      }
    }
  }

  func batchNormalizationBackward(
    _ layout: Layout, epsilon: Float, relu: Bool, hint: PrimitiveDescriptor
  ) throws -> PrimitiveDescriptor {
    try make("batch_normalization_backward", dnnl_batch_normalization_desc_t(), hint: hint) { description in
      layout.pointer {
        dnnl_batch_normalization_backward_desc_init(
          description, dnnl_backward, $0, $0, epsilon, normalizationFlags(relu: relu))
      }
    }
  }
}

private func normalizationFlags(relu: Bool) -> UInt32 {
  dnnl_use_scale.rawValue | dnnl_use_shift.rawValue | (relu ? dnnl_fuse_norm_relu.rawValue : 0)
}
