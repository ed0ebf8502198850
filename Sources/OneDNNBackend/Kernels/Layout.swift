import COneDNN

/// Sizes of a tensor of `Float` and how it lies in memory.
struct Layout {
  private var descriptor = dnnl_memory_desc_t()

  private init(_ descriptor: dnnl_memory_desc_t) { self.descriptor = descriptor }

  /// Row-major.
  static func plain(_ sizes: [Int]) throws -> Layout {
    var strides = [Int64](repeating: 1, count: sizes.count)
    for axis in sizes.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * Int64(sizes[axis + 1]) }
    var layout = Layout(dnnl_memory_desc_t())
    try check(
      dnnl_memory_desc_init_by_strides(
        &layout.descriptor, Int32(sizes.count), sizes.map(Int64.init), dnnl_f32, strides),
      "dnnl_memory_desc_init_by_strides")
    return layout
  }

  /// Left to the kernel.
  static func any(_ sizes: [Int]) throws -> Layout {
    var layout = Layout(dnnl_memory_desc_t())
    try check(
      dnnl_memory_desc_init_by_tag(
        &layout.descriptor, Int32(sizes.count), sizes.map(Int64.init), dnnl_f32, dnnl_format_tag_any),
      "dnnl_memory_desc_init_by_tag")
    return layout
  }

  /// The part of this layout that begins at `offsets` and has `sizes`.
  func part(_ sizes: [Int], at offsets: [Int]) throws -> Layout {
    var part = Layout(dnnl_memory_desc_t())
    try check(
      withUnsafePointer(to: descriptor) {
        dnnl_memory_desc_init_submemory(&part.descriptor, $0, sizes.map(Int64.init), offsets.map(Int64.init))
      }, "dnnl_memory_desc_init_submemory")
    return part
  }

  /// The sizes, without padding.
  var sizes: [Int] {
    withUnsafeBytes(of: descriptor.dims) { $0.bindMemory(to: Int64.self).prefix(Int(descriptor.ndims)).map(Int.init) }
  }

  /// Whether no element is added to fill blocks.
  var isUnpadded: Bool { byteCount == sizes.reduce(MemoryLayout<Float>.stride, *) }

  /// How much memory it takes, padding included.
  var byteCount: Int { pointer { dnnl_memory_desc_get_size($0) } }

  /// A memory object on `address`, which may follow later.
  func makeMemory(at address: UnsafeMutableRawPointer?, on engine: Engine) throws -> dnnl_memory_t {
    var memory: dnnl_memory_t?
    try check(pointer { dnnl_memory_create(&memory, $0, engine.handle, address) }, "dnnl_memory_create")
    return try require(memory, "dnnl_memory_create")
  }

  /// What the library takes.
  func pointer<Result>(_ body: (UnsafePointer<dnnl_memory_desc_t>) throws -> Result) rethrows -> Result {
    try withUnsafePointer(to: descriptor, body)
  }

  init(copying pointer: UnsafePointer<dnnl_memory_desc_t>) { descriptor = pointer.pointee }

  var raw: dnnl_memory_desc_t { descriptor }
}

extension Layout: Equatable {
  static func == (left: Layout, right: Layout) -> Bool {
    left.pointer { left in right.pointer { dnnl_memory_desc_equal(left, $0) != 0 } }
  }
}
