import COneDNN

/// Sizes of a tensor of `Float` and how it lies in memory.
final class Layout {
  let handle: cusp_memory_desc

  private init(_ call: String, _ create: (inout cusp_memory_desc?) -> dnnl_status_t) throws {
    var made: cusp_memory_desc?
    try check(create(&made), call)
    handle = try require(made, call)
  }

  /// A copy of what the library owns.
  convenience init(copying original: cusp_memory_desc) throws {
    try self.init("dnnl_memory_desc_clone") { cusp_memory_desc_clone(&$0, original) }
  }

  deinit { cusp_memory_desc_destroy(handle) }

  /// Row-major.
  static func plain(_ sizes: [Int]) throws -> Layout {
    var strides = [Int64](repeating: 1, count: sizes.count)
    for axis in sizes.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * Int64(sizes[axis + 1]) }
    return try Layout("dnnl_memory_desc_create_with_strides") {
      cusp_memory_desc_create_with_strides(&$0, Int32(sizes.count), sizes.map(Int64.init), strides)
    }
  }

  /// Left to the kernel.
  static func any(_ sizes: [Int]) throws -> Layout { try tagged(sizes, dnnl_format_tag_any) }

  /// Images `[n, c, h, w]` as `nChw16c`: blocks of 16 channels, the channels of one pixel side by side.
  static func blocked(_ sizes: [Int]) throws -> Layout { try tagged(sizes, dnnl_nChw16c) }

  /// Images `[n, c, h, w]` as `nChw8c`, the blocks of AVX2.
  static func blockedByEight(_ sizes: [Int]) throws -> Layout { try tagged(sizes, dnnl_nChw8c) }

  /// Images `[n, c, h, w]` as `nhwc`: all channels of one pixel side by side.
  static func channelsLast(_ sizes: [Int]) throws -> Layout { try tagged(sizes, dnnl_nhwc) }

  private static func tagged(_ sizes: [Int], _ tag: dnnl_format_tag_t) throws -> Layout {
    try Layout("dnnl_memory_desc_create_with_tag") {
      cusp_memory_desc_create_with_tag(&$0, Int32(sizes.count), sizes.map(Int64.init), tag)
    }
  }

  /// The part of this layout that begins at `offsets` and has `sizes`.
  func part(_ sizes: [Int], at offsets: [Int]) throws -> Layout {
    try Layout("dnnl_memory_desc_create_submemory") {
      cusp_memory_desc_create_submemory(&$0, handle, sizes.map(Int64.init), offsets.map(Int64.init))
    }
  }

  /// This layout's memory with its first two axes exchanged, as the weights of a convolution that goes the other way lie.
  var exchanged: Layout {
    get throws {
      let axes = [1, 0] + sizes.indices.dropFirst(2).map(Int32.init)
      return try Layout("dnnl_memory_desc_permute_axes") { cusp_memory_desc_permute_axes(&$0, handle, axes) }
    }
  }

  /// The sizes, without padding.
  var sizes: [Int] {
    let count = Int(cusp_memory_desc_rank(handle))
    return UnsafeBufferPointer(start: cusp_memory_desc_sizes(handle), count: count).map(Int.init)
  }

  /// Whether no element is added to fill blocks.
  var isUnpadded: Bool { byteCount == sizes.reduce(MemoryLayout<Float>.stride, *) }

  /// How much memory it takes, padding included.
  var byteCount: Int { onednn_memory_desc_get_size(handle) }

  /// A memory object on `address`, which may follow later.
  func makeMemory(at address: UnsafeMutableRawPointer?, on engine: Engine) throws -> dnnl_memory_t {
    var memory: dnnl_memory_t?
    try check(onednn_memory_create(&memory, handle, engine.handle, address), "dnnl_memory_create")
    return try require(memory, "dnnl_memory_create")
  }
}

extension Layout: Equatable {
  static func == (left: Layout, right: Layout) -> Bool { onednn_memory_desc_equal(left.handle, right.handle) != 0 }
}
