import COneDNN

/// An operation on a kernel's result before it is stored.
enum PostOperation {
  /// A function of every number.
  case elementwise(ElementwiseFunction)
  /// Adds a memory of this layout, broadcast where its size is 1.
  case add(Layout)
  /// Adds what the destination holds already.
  case accumulate
}

/// Scratchpads are ours; post-ops as given.
final class Attributes {
  let handle: dnnl_primitive_attr_t

  init(_ postOperations: [PostOperation]) throws {
    var handle: dnnl_primitive_attr_t?
    try check(onednn_primitive_attr_create(&handle), "dnnl_primitive_attr_create")
    self.handle = try require(handle, "dnnl_primitive_attr_create")
    try check(
      onednn_primitive_attr_set_scratchpad_mode(self.handle, dnnl_scratchpad_mode_user),
      "dnnl_primitive_attr_set_scratchpad_mode")
    if !postOperations.isEmpty { try append(postOperations) }
  }

  deinit { _ = onednn_primitive_attr_destroy(handle) }

  private func append(_ postOperations: [PostOperation]) throws {
    var created: dnnl_post_ops_t?
    try check(onednn_post_ops_create(&created), "dnnl_post_ops_create")
    let list = try require(created, "dnnl_post_ops_create")
    defer { _ = onednn_post_ops_destroy(list) }
    for operation in postOperations {
      switch operation {
      case .elementwise(let function):
        try check(
          cusp_post_ops_append_eltwise(list, function.algorithm, function.alpha, function.beta),
          "dnnl_post_ops_append_eltwise")
      case .accumulate: try check(cusp_post_ops_append_sum(list), "dnnl_post_ops_append_sum")
      case .add(let layout):
        try check(onednn_post_ops_append_binary(list, dnnl_binary_add, layout.handle), "dnnl_post_ops_append_binary")
      }
    }
    try check(onednn_primitive_attr_set_post_ops(handle, list), "dnnl_primitive_attr_set_post_ops")
  }
}
