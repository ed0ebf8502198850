import COneDNN

extension Engine {
  /// A kernel for an operation descriptor that `initialize` has filled in.
  func make<Description>(
    _ name: String, _ description: Description, postOperations: [PostOperation] = [],
    hint: PrimitiveDescriptor? = nil, _ initialize: (UnsafeMutablePointer<Description>) -> dnnl_status_t
  ) throws -> PrimitiveDescriptor {
    var description = description
    try check(initialize(&description), "dnnl_\(name)_desc_init")
    let attributes = try Attributes(postOperations)
    var made: dnnl_primitive_desc_t?
    try check(
      withUnsafePointer(to: &description) {
        dnnl_primitive_desc_create(&made, $0, attributes.handle, handle, hint?.handle)
      },
      "dnnl_primitive_desc_create of \(name)")
    return PrimitiveDescriptor(try require(made, "dnnl_primitive_desc_create"))
  }

  /// A kernel whose descriptor has no operation descriptor.
  func make(
    _ call: String, _ create: (inout dnnl_primitive_desc_t?, dnnl_primitive_attr_t) -> dnnl_status_t
  ) throws -> PrimitiveDescriptor {
    let attributes = try Attributes([])
    var made: dnnl_primitive_desc_t?
    try check(create(&made, attributes.handle), call)
    return PrimitiveDescriptor(try require(made, call))
  }
}
