import COneDNN

extension Engine {
  /// Whether a backward kernel insists on the shift, which it never reads, or refuses it.
  static let normBackwardTakesShift = cusp_norm_backward_takes_shift() != 0

  /// With the batch's statistics.
  func batchNormalization(_ layout: Layout, epsilon: Float, relu: Bool) throws -> PrimitiveDescriptor {
    try make("batch_normalization_forward") {
      onednn_batch_normalization_forward_primitive_desc_create(
        &$0, handle, dnnl_forward_training, layout.handle, layout.handle, epsilon, normalizationFlags(relu: relu), $1)
    }
  }

  func batchNormalizationBackward(
    _ layout: Layout, epsilon: Float, relu: Bool, hint: PrimitiveDescriptor
  ) throws -> PrimitiveDescriptor {
    try make("batch_normalization_backward") {
      onednn_batch_normalization_backward_primitive_desc_create(
        &$0, handle, dnnl_backward, layout.handle, layout.handle, layout.handle, epsilon,
        normalizationFlags(relu: relu), hint.handle, $1)
    }
  }
}

private func normalizationFlags(relu: Bool) -> UInt32 {
  dnnl_use_scale.rawValue | dnnl_use_shift.rawValue | (relu ? dnnl_fuse_norm_relu.rawValue : 0)
}
