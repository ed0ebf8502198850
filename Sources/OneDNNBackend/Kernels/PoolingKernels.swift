import COneDNN

extension Engine {
  func pooling(_ geometry: PoolingGeometry, training: Bool, source: Layout) throws -> PrimitiveDescriptor {
    let destination = try Layout.any(geometry.destination)
    return try make("pooling_forward") {
      onednn_pooling_forward_primitive_desc_create(
        &$0, handle, training ? dnnl_forward_training : dnnl_forward_inference, geometry.kind, source.handle,
        destination.handle, geometry.strides, geometry.window, undilated, geometry.padding, geometry.paddingBehind, $1)
    }
  }

  /// Gradients have the layouts that the values have in `hint`.
  func poolingBackward(_ geometry: PoolingGeometry, hint: PrimitiveDescriptor) throws -> PrimitiveDescriptor {
    let (source, destination) = (try hint.chosen(.source), try hint.chosen(.destination))
    return try make("pooling_backward") {
      onednn_pooling_backward_primitive_desc_create(
        &$0, handle, geometry.kind, source.handle, destination.handle, geometry.strides, geometry.window, undilated,
        geometry.padding, geometry.paddingBehind, hint.handle, $1)
    }
  }
}

extension PoolingGeometry {
  fileprivate var kind: dnnl_alg_kind_t {
    if takesMaximum { return dnnl_pooling_max }
    return countsPadding ? dnnl_pooling_avg_include_padding : dnnl_pooling_avg_exclude_padding
  }
}
