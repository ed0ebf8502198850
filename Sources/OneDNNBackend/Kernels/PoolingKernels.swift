import COneDNN

extension Engine {
  func pooling(_ geometry: PoolingGeometry, training: Bool, source: Layout) throws -> PrimitiveDescriptor {
    var (source, destination) = (source.raw, try Layout.any(geometry.destination).raw)
    return try make("pooling_forward", dnnl_pooling_desc_t()) {
      dnnl_pooling_forward_desc_init(
        $0, training ? dnnl_forward_training : dnnl_forward_inference, geometry.kind, &source, &destination,
        geometry.strides, geometry.window, geometry.padding, geometry.padding)
    }
  }

  /// Gradients have the layouts that the values have in `hint`.
  func poolingBackward(_ geometry: PoolingGeometry, hint: PrimitiveDescriptor) throws -> PrimitiveDescriptor {
    var (source, destination) = (try hint.chosen(.source).raw, try hint.chosen(.destination).raw)
    return try make("pooling_backward", dnnl_pooling_desc_t(), hint: hint) {
      dnnl_pooling_backward_desc_init(
        $0, geometry.kind, &source, &destination, geometry.strides, geometry.window, geometry.padding,
        geometry.padding)
    }
  }
}

extension PoolingGeometry {
  fileprivate var kind: dnnl_alg_kind_t { takesMaximum ? dnnl_pooling_max : dnnl_pooling_avg_include_padding }
}
