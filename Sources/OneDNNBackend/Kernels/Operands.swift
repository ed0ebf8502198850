import COneDNN

/// Operands whose layout a kernel chooses.
enum Operand {
  case source, weights, destination, sourceGradient, weightsGradient, destinationGradient, workspace, scratchpad

  fileprivate var query: dnnl_query_t {
    switch self {
    case .source: dnnl_query_src_md
    case .weights: dnnl_query_weights_md
    case .destination: dnnl_query_dst_md
    case .sourceGradient: dnnl_query_diff_src_md
    case .weightsGradient: dnnl_query_diff_weights_md
    case .destinationGradient: dnnl_query_diff_dst_md
    case .workspace: dnnl_query_workspace_md
    case .scratchpad: dnnl_query_scratchpad_md
    }
  }
}

extension PrimitiveDescriptor {
  /// The layout of an operand, or nil when the kernel has no such operand.
  func layout(_ operand: Operand) throws -> Layout? {
    guard let found = onednn_primitive_desc_query_md(handle, operand.query, 0), cusp_memory_desc_rank(found) > 0 else {
      return nil
    }
    return try Layout(copying: found)
  }

  /// The layout of an operand that the kernel must have.
  func chosen(_ operand: Operand) throws -> Layout { try require(layout(operand), "dnnl_primitive_desc_query_md") }

  /// Whether the library fell back to plain loops, which are hundreds of times slower.
  var isReference: Bool { implementation.hasPrefix("ref") }

  /// Whether an image's last bits depend on its place in the batch: kernels around a general matrix product divide the
  /// batch's pixels among threads wherever that falls.
  var mixesImages: Bool { implementation.split(separator: ":").contains("gemm") }

  /// The library's name of the kernel, as in `brgconv:avx512_core`.
  var implementation: String {
    var name: UnsafePointer<CChar>?
    let status = onednn_primitive_desc_query(handle, dnnl_query_impl_info_str, 0, &name)
    return status == dnnl_success ? name.map { String(cString: $0) } ?? "" : ""
  }
}
