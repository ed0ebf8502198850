import COneDNN

/// The processor as the library sees it, with the stream everything runs on.
final class Engine {
  let handle: dnnl_engine_t
  private let stream: dnnl_stream_t

  init() throws {
    var engine: dnnl_engine_t?
    try check(onednn_engine_create(&engine, dnnl_cpu, 0), "dnnl_engine_create")
    handle = try require(engine, "dnnl_engine_create")
    var stream: dnnl_stream_t?
    let status = onednn_stream_create(&stream, handle, UInt32(dnnl_stream_default_flags.rawValue))
    guard status == dnnl_success, let stream else {
      _ = onednn_engine_destroy(handle)
      try check(status, "dnnl_stream_create")
      self.stream = try require(stream, "dnnl_stream_create")
      return
    }
    self.stream = stream
  }

  deinit {
    _ = onednn_stream_destroy(stream)
    _ = onednn_engine_destroy(handle)
  }

  /// Runs `calls` in order and waits for the last.
  func run(_ calls: some Sequence<Call>) throws {
    for call in calls {
      switch call.work {
      case .kernel(_, let primitive, let arguments):
        let status = arguments.withUnsafeBufferPointer {
          onednn_primitive_execute(primitive.handle, stream, Int32($0.count), $0.baseAddress)
        }
        try check(status, "dnnl_primitive_execute")
      case .handwritten(let pass):
        try wait()
        pass.run()
      }
    }
    try wait()
  }

  private func wait() throws { try check(onednn_stream_wait(stream), "dnnl_stream_wait") }
}

/// A kernel chosen for one operation on memories of known layouts.
final class PrimitiveDescriptor {
  let handle: dnnl_primitive_desc_t

  /// Takes over `handle`.
  init(_ handle: dnnl_primitive_desc_t) { self.handle = handle }

  deinit { _ = onednn_primitive_desc_destroy(handle) }
}

/// A kernel, compiled.
final class Primitive {
  let handle: dnnl_primitive_t

  init(_ descriptor: PrimitiveDescriptor) throws {
    var handle: dnnl_primitive_t?
    try check(onednn_primitive_create(&handle, descriptor.handle), "dnnl_primitive_create")
    self.handle = try require(handle, "dnnl_primitive_create")
  }

  deinit { _ = onednn_primitive_destroy(handle) }
}

/// A kernel with its arguments, ready to run any number of times.
final class Call {
  /// What it is for, as `conv1 convolution forward`.
  let name: String
  let work: Work
  /// Keeps what the arguments point to.
  private let memories: [Memory]

  /// The bytes of all it reads and writes, room for work included.
  var byteCount: Int { memories.reduce(0) { $0 + $1.layout.byteCount } }

  /// Whether it reads or writes `buffer`.
  func touches(_ buffer: Buffer) -> Bool { memories.contains { $0.buffer === buffer } }

  /// The library's work, or ours.
  enum Work {
    case kernel(PrimitiveDescriptor, Primitive, [dnnl_exec_arg_t])
    case handwritten(any HandwrittenPass)
  }

  init(_ name: String, _ descriptor: PrimitiveDescriptor, _ arguments: [Argument: Memory]) throws {
    self.name = name
    memories = Array(arguments.values)
    work = .kernel(
      descriptor, try Primitive(descriptor),
      arguments.map { dnnl_exec_arg_t(arg: $0.number, memory: $1.handle) })
  }

  init(_ name: String, _ pass: any HandwrittenPass) {
    self.name = name
    memories = pass.memories
    work = .handwritten(pass)
  }
}

/// Work between the library's kernels that is ours.
protocol HandwrittenPass {
  /// All it reads and writes.
  var memories: [Memory] { get }
  /// How it computes, in a profile; empty where there is only one way.
  var algorithm: String { get }
  /// The layout of what it reads, and of what it writes if that is another.
  var layoutText: String { get }
  /// As a kernel of the library would call itself.
  var implementation: String { get }

  /// Does it, at once.
  func run()
}

/// Which operand of a kernel a memory is.
struct Argument: Hashable {
  let number: Int32

  init(_ number: Int32) { self.number = number }

  static let source = Argument(DNNL_ARG_SRC)
  static let secondSource = Argument(DNNL_ARG_SRC_1)
  static let destination = Argument(DNNL_ARG_DST)
  static let weights = Argument(DNNL_ARG_WEIGHTS)
  static let bias = Argument(DNNL_ARG_BIAS)
  static let mean = Argument(DNNL_ARG_MEAN)
  static let variance = Argument(DNNL_ARG_VARIANCE)
  static let scale = Argument(DNNL_ARG_SCALE)
  static let shift = Argument(DNNL_ARG_SHIFT)
  static let workspace = Argument(DNNL_ARG_WORKSPACE)
  static let scratchpad = Argument(DNNL_ARG_SCRATCHPAD)
  static let sourceGradient = Argument(DNNL_ARG_DIFF_SRC)
  static let destinationGradient = Argument(DNNL_ARG_DIFF_DST)
  static let weightsGradient = Argument(DNNL_ARG_DIFF_WEIGHTS)
  static let biasGradient = Argument(DNNL_ARG_DIFF_BIAS)
  static let scaleGradient = Argument(DNNL_ARG_DIFF_SCALE)
  static let shiftGradient = Argument(DNNL_ARG_DIFF_SHIFT)

  /// One of several sources of a concatenation.
  static func source(_ index: Int) -> Argument { Argument(DNNL_ARG_MULTIPLE_SRC + Int32(index)) }

  /// The second operand of the binary post-op at `index`.
  static func postOperation(_ index: Int) -> Argument {
    Argument(DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE * Int32(index + 1) | DNNL_ARG_SRC_1)
  }
}
