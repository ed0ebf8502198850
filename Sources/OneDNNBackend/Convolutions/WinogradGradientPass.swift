import CConvolutions
import Synchronization

/// The gradient of a 3x3 convolution's weights by Winograd's F(4x4, 3x3), from what it read forward and the gradient of what
/// it wrote: the forward pass transposed.
///
/// Group by group all tiles of both are transformed first. Then each thread takes blocks of the weights through their 36
/// products and back, so that what lies between stays in its cache. Sums go in the order of the tiles, whatever the threads.
final class WinogradGradientPass: HandwrittenPass {
  private let source, gradient, filters, scratch: Memory
  private let filter: WinogradFilter
  private var sources, results: cusp_images
  private var tiles: cusp_tiles
  private var kernels: cusp_kernels
  private let tileCount: Int
  /// The group that is being computed.
  private var group = 0
  /// From one of the 36 matrices to the next; no power of two, or they would meet in the cache.
  private let sourceStride, resultStride: Int
  private let threads: Threads
  private let next = Atomic(0)
  private let nextWorker = Atomic(0)

  /// The tiles that a thread transforms at once, and the inputs and outputs of the weights it takes at once.
  private static let (share, rows, columns) = (16, 48, 64)

  /// The gradient of `convolution`'s weights into `filters`, row-major.
  init(
    _ convolution: WinogradConvolution, source: Memory, gradient: Memory, filters: Memory, in recorder: Recorder
  ) throws {
    (self.source, self.gradient, self.filters) = (source, gradient, filters)
    filter = convolution.winogradFilter
    sources = try cusp_images(source.layout)
    results = try cusp_images(gradient.layout)
    // What the inner loops know is one group.
    (sources.channels, results.channels) = (filter.inputs, filter.outputs)
    (tiles, kernels) = (convolution.tiles, filter.kernels)
    tileCount = convolution.destination[0] * tiles.count
    sourceStride = tileCount * filter.inputs + 16
    resultStride = tileCount * filter.outputs + 16
    threads = Threads.current
    scratch = try recorder.memory(
      .plain([36 * (sourceStride + resultStride + threads.count * Self.rows * Self.columns)]))
  }

  var memories: [Memory] { [source, gradient, filters, scratch] }
  var algorithm: String { ConvolutionAlgorithm.winograd.rawValue }
  var layoutText: String { gradient.layout.text }
  var implementation: String { "winograd:\(InstructionSet.current.rawValue)" }

  func run() {
    let context = Unmanaged.passUnretained(self).toOpaque()
    for group in 0..<filter.shape.groups {
      self.group = group
      begin()
      threads.run(context) { WinogradGradientPass.from($0)?.transform() }
      begin()
      threads.run(context) { WinogradGradientPass.from($0)?.multiply() }
    }
  }

  private func begin() {
    next.store(0, ordering: .relaxed)
    nextWorker.store(0, ordering: .relaxed)
  }

  private static func from(_ context: UnsafeMutableRawPointer?) -> WinogradGradientPass? {
    context.map { Unmanaged<WinogradGradientPass>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Transforms the tiles that no other thread has taken.
  private func transform() {
    let parts = placed
    while true {
      let first = next.wrappingAdd(Self.share, ordering: .relaxed).oldValue
      guard first < tileCount else { return }
      let count = min(Self.share, tileCount - first)
      kernelSet.winograd_scatter(
        &sources, &tiles, parts.source, first, count, parts.sources + first * filter.inputs, sourceStride)
      kernelSet.winograd_scatter_gradient(
        &results, &tiles, parts.gradient, first, count, parts.results + first * filter.outputs, resultStride)
    }
  }

  /// Computes the weights that no other thread has taken.
  private func multiply() {
    let parts = placed
    let worker = nextWorker.wrappingAdd(1, ordering: .relaxed).oldValue
    let sums = parts.sums + 36 * worker * Self.rows * Self.columns
    let across = (filter.outputs + Self.columns - 1) / Self.columns
    while true {
      let block = next.wrappingAdd(1, ordering: .relaxed).oldValue
      let (input, output) = (block / across * Self.rows, block % across * Self.columns)
      guard input < filter.inputs else { return }
      kernelSet.winograd_kernel_gradient(
        &kernels, tileCount, parts.sources, filter.inputs, sourceStride, parts.results, filter.outputs, resultStride,
        input, output, min(Self.rows, filter.inputs - input), min(Self.columns, filter.outputs - output), sums,
        parts.filters)
    }
  }

  private typealias Address = UnsafeMutablePointer<Float>

  /// Where everything lies: the transformed tiles of both, and what the threads sum up, one after another.
  private var placed:
    (source: Address, gradient: Address, filters: Address, sources: Address, results: Address, sums: Address)
  {
    guard let source = source.start, let gradient = gradient.start, let filters = filters.start,
      let scratch = scratch.start
    else { preconditionFailure("memories are used before they are placed") }
    let results = scratch + 36 * sourceStride
    return (
      source + group * filter.inputs / 16 * sources.block_stride,
      gradient + group * filter.outputs / 16 * self.results.block_stride,
      filters + group * filter.shape.countPerGroup, scratch, results, results + 36 * resultStride
    )
  }
}
