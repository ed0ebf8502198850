// Everything in which oneDNN 2.x and 3.x differ: memory descriptors as structs, operation descriptors before primitive
// descriptors, and the scale of post-ops. The rest of the module sees layouts and primitive descriptors only.

import COneDNN

// MARK: - Layouts

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
  fileprivate func pointer<Result>(_ body: (UnsafePointer<dnnl_memory_desc_t>) throws -> Result) rethrows -> Result {
    try withUnsafePointer(to: descriptor, body)
  }

  fileprivate init(copying pointer: UnsafePointer<dnnl_memory_desc_t>) { descriptor = pointer.pointee }

  fileprivate var raw: dnnl_memory_desc_t { descriptor }
}

extension Layout: Equatable {
  static func == (left: Layout, right: Layout) -> Bool {
    left.pointer { left in right.pointer { dnnl_memory_desc_equal(left, $0) != 0 } }
  }
}

// MARK: - What a kernel does on the way, and what it wants

/// An operation on a kernel's result before it is stored.
enum PostOperation {
  /// `max(x, 0)`.
  case relu
  /// Adds a memory of this layout, broadcast where its size is 1.
  case add(Layout)
  /// Adds what the destination holds already.
  case accumulate
}

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
  func layout(_ operand: Operand) -> Layout? {
    guard let pointer = dnnl_primitive_desc_query_md(handle, operand.query, 0), pointer.pointee.ndims > 0 else {
      return nil
    }
    return Layout(copying: pointer)
  }

  /// The layout of an operand that the kernel must have.
  func chosen(_ operand: Operand) throws -> Layout { try require(layout(operand), "dnnl_primitive_desc_query_md") }

  /// Whether the library fell back to plain loops, which are hundreds of times slower.
  var isReference: Bool { implementation.hasPrefix("ref") }

  /// The library's name of the kernel, as in `brgconv:avx512_core`.
  var implementation: String {
    var name: UnsafePointer<CChar>?
    let status = dnnl_primitive_desc_query(handle, dnnl_query_impl_info_str, 0, &name)
    return status == dnnl_success ? name.map { String(cString: $0) } ?? "" : ""
  }
}

/// Scratchpads are ours; post-ops as given.
private final class Attributes {
  let handle: dnnl_primitive_attr_t

  init(_ postOperations: [PostOperation]) throws {
    var handle: dnnl_primitive_attr_t?
    try check(dnnl_primitive_attr_create(&handle), "dnnl_primitive_attr_create")
    self.handle = try require(handle, "dnnl_primitive_attr_create")
    try check(
      dnnl_primitive_attr_set_scratchpad_mode(self.handle, dnnl_scratchpad_mode_user),
      "dnnl_primitive_attr_set_scratchpad_mode")
    if !postOperations.isEmpty { try append(postOperations) }
  }

  deinit { dnnl_primitive_attr_destroy(handle) }

  private func append(_ postOperations: [PostOperation]) throws {
    var created: dnnl_post_ops_t?
    try check(dnnl_post_ops_create(&created), "dnnl_post_ops_create")
    let list = try require(created, "dnnl_post_ops_create")
    defer { dnnl_post_ops_destroy(list) }
    for operation in postOperations {
      switch operation {
      case .relu:
        try check(dnnl_post_ops_append_eltwise(list, 1, dnnl_eltwise_relu, 0, 0), "dnnl_post_ops_append_eltwise")
      case .accumulate: try check(dnnl_post_ops_append_sum(list, 1), "dnnl_post_ops_append_sum")
      case .add(let layout):
        try check(
          layout.pointer { dnnl_post_ops_append_binary(list, dnnl_binary_add, $0) }, "dnnl_post_ops_append_binary")
      }
    }
    try check(dnnl_primitive_attr_set_post_ops(handle, list), "dnnl_primitive_attr_set_post_ops")
  }
}

// MARK: - Kernels

extension Engine {
  /// A kernel for an operation descriptor that `initialize` has filled in.
  private func make<Description>(
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
  private func make(
    _ call: String, _ create: (inout dnnl_primitive_desc_t?, dnnl_primitive_attr_t) -> dnnl_status_t
  ) throws -> PrimitiveDescriptor {
    let attributes = try Attributes([])
    var made: dnnl_primitive_desc_t?
    try check(create(&made, attributes.handle), call)
    return PrimitiveDescriptor(try require(made, call))
  }

  func reorder(_ source: Layout, _ destination: Layout) throws -> PrimitiveDescriptor {
    try make("dnnl_reorder_primitive_desc_create") { made, attributes in
      source.pointer { source in
        destination.pointer { dnnl_reorder_primitive_desc_create(&made, source, handle, $0, handle, attributes) }
      }
    }
  }

  /// Joins `sources` along axis 1, the channels or features.
  func concatenation(_ sources: [Layout], _ destination: Layout) throws -> PrimitiveDescriptor {
    try make("dnnl_concat_primitive_desc_create") { made, attributes in
      destination.pointer {
        dnnl_concat_primitive_desc_create(
          &made, $0, Int32(sources.count), 1, sources.map(\.raw), attributes, handle)
      }
    }
  }

  func binary(
    _ operation: BinaryOperation, _ first: Layout, _ second: Layout, postOperations: [PostOperation] = []
  ) throws -> PrimitiveDescriptor {
    let algorithm = operation == .add ? dnnl_binary_add : dnnl_binary_mul
    return try make("binary", dnnl_binary_desc_t(), postOperations: postOperations) { description in
      first.pointer { first in
        second.pointer { dnnl_binary_desc_init(description, algorithm, first, $0, first) }
      }
    }
  }

  func relu(_ layout: Layout) throws -> PrimitiveDescriptor {
    try make("eltwise_forward", dnnl_eltwise_desc_t()) { description in
      layout.pointer {
        dnnl_eltwise_forward_desc_init(description, dnnl_forward_inference, dnnl_eltwise_relu, $0, 0, 0)
      }
    }
  }

  /// Masks a gradient by where the ReLU's output, of the same layout, is positive.
  func reluBackward(_ layout: Layout) throws -> PrimitiveDescriptor {
    let algorithm = dnnl_eltwise_relu_use_dst_for_bwd
    let hint = try make("eltwise_forward", dnnl_eltwise_desc_t()) { description in
      layout.pointer { dnnl_eltwise_forward_desc_init(description, dnnl_forward_training, algorithm, $0, 0, 0) }
    }
    return try make("eltwise_backward", dnnl_eltwise_desc_t(), hint: hint) { description in
      layout.pointer { dnnl_eltwise_backward_desc_init(description, algorithm, $0, $0, 0, 0) }
    }
  }
}

/// A product or sum of two operands of one shape, the second broadcast where its size is 1.
enum BinaryOperation { case add, multiply }

// MARK: - Convolution

extension Engine {
  /// Layouts that are not given are the kernel's choice.
  func convolution(
    _ geometry: ConvolutionGeometry, bias: Bool, training: Bool, source: Layout? = nil, destination: Layout? = nil,
    postOperations: [PostOperation]
  ) throws -> PrimitiveDescriptor {
    var source = try (source ?? .any(geometry.source)).raw
    var destination = try (destination ?? .any(geometry.destination)).raw
    var weights = try Layout.any(geometry.weights).raw
    var offset = try Layout.plain([geometry.destination[1]]).raw
    return try make("convolution_forward", dnnl_convolution_desc_t(), postOperations: postOperations) { description in
      withUnsafePointer(to: &offset) { offset in
        dnnl_convolution_forward_desc_init(
          description, training ? dnnl_forward_training : dnnl_forward_inference, geometry.algorithm.kind, &source,
          &weights, bias ? offset : nil, &destination, geometry.strides, geometry.padding, geometry.padding)
      }
    }
  }

  func convolutionBackwardData(
    _ geometry: ConvolutionGeometry, hint: PrimitiveDescriptor
  ) throws -> PrimitiveDescriptor {
    var (source, weights) = (try Layout.any(geometry.source).raw, try Layout.any(geometry.weights).raw)
    var destination = try Layout.any(geometry.destination).raw
    return try make("convolution_backward_data", dnnl_convolution_desc_t(), hint: hint) {
      dnnl_convolution_backward_data_desc_init(
        $0, geometry.algorithm.kind, &source, &weights, &destination, geometry.strides, geometry.padding,
        geometry.padding)
    }
  }

  func convolutionBackwardWeights(
    _ geometry: ConvolutionGeometry, bias: Bool, hint: PrimitiveDescriptor
  ) throws -> PrimitiveDescriptor {
    var (source, weights) = (try Layout.any(geometry.source).raw, try Layout.any(geometry.weights).raw)
    var destination = try Layout.any(geometry.destination).raw
    var offset = try Layout.plain([geometry.destination[1]]).raw
    return try make("convolution_backward_weights", dnnl_convolution_desc_t(), hint: hint) { description in
      withUnsafePointer(to: &offset) { offset in
        dnnl_convolution_backward_weights_desc_init(
          description, geometry.algorithm.kind, &source, &weights, bias ? offset : nil, &destination,
          geometry.strides, geometry.padding, geometry.padding)
      }
    }
  }
}

extension ConvolutionAlgorithm {
  fileprivate var kind: dnnl_alg_kind_t {
    switch self {
    case .direct: dnnl_convolution_direct
    }
  }
}

// MARK: - Dense layers

extension Engine {
  /// `sizes` are batch, inputs and outputs.
  func dense(
    _ sizes: DenseSizes, bias: Bool, training: Bool, postOperations: [PostOperation]
  ) throws -> PrimitiveDescriptor {
    var (source, weights) = (try Layout.any(sizes.source).raw, try Layout.any(sizes.weights).raw)
    var destination = try Layout.any(sizes.destination).raw
    var offset = try Layout.plain([sizes.outputs]).raw
    return try make("inner_product_forward", dnnl_inner_product_desc_t(), postOperations: postOperations) {
      description in
      withUnsafePointer(to: &offset) { offset in
        dnnl_inner_product_forward_desc_init(
          description, training ? dnnl_forward_training : dnnl_forward_inference, &source, &weights,
          bias ? offset : nil, &destination)
      }
    }
  }

  func denseBackwardData(_ sizes: DenseSizes, hint: PrimitiveDescriptor) throws -> PrimitiveDescriptor {
    var (source, weights) = (try Layout.any(sizes.source).raw, try Layout.any(sizes.weights).raw)
    var destination = try Layout.any(sizes.destination).raw
    return try make("inner_product_backward_data", dnnl_inner_product_desc_t(), hint: hint) {
      dnnl_inner_product_backward_data_desc_init($0, &source, &weights, &destination)
    }
  }

  func denseBackwardWeights(
    _ sizes: DenseSizes, bias: Bool, hint: PrimitiveDescriptor
  ) throws -> PrimitiveDescriptor {
    var (source, weights) = (try Layout.any(sizes.source).raw, try Layout.any(sizes.weights).raw)
    var destination = try Layout.any(sizes.destination).raw
    var offset = try Layout.plain([sizes.outputs]).raw
    return try make("inner_product_backward_weights", dnnl_inner_product_desc_t(), hint: hint) { description in
      withUnsafePointer(to: &offset) { offset in
        dnnl_inner_product_backward_weights_desc_init(
          description, &source, &weights, bias ? offset : nil, &destination)
      }
    }
  }
}

// MARK: - Pooling and batch normalisation

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

extension PoolingGeometry {
  fileprivate var kind: dnnl_alg_kind_t { takesMaximum ? dnnl_pooling_max : dnnl_pooling_avg_include_padding }
}
