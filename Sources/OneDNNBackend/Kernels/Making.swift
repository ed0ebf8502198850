import COneDNN

extension Engine {
  /// The kernel that `create` finds for `operation`, with a scratchpad of ours.
  func make(
    _ operation: String, postOperations: [PostOperation] = [],
    _ create: (inout dnnl_primitive_desc_t?, dnnl_primitive_attr_t) -> dnnl_status_t
  ) throws -> PrimitiveDescriptor {
    let call = "dnnl_\(operation)_primitive_desc_create"
    let attributes = try Attributes(postOperations)
    var made: dnnl_primitive_desc_t?
    try check(create(&made, attributes.handle), call)
    return PrimitiveDescriptor(try require(made, call))
  }

  /// What windows without holes pass as dilation.
  var undilated: [Int64] { [0, 0] }
}
