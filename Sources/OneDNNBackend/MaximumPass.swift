import CConvolutions

/// Maximum pooling in blocks of 16 channels or with the channels last; or the way back.
///
/// The library's kernels take six to ten times as long as the bytes do. Which number of a window is the largest is kept in a byte.
final class MaximumPass: HandwrittenPass {
  private let source, result: Memory
  /// From which tap of its window each result came; nil where nobody goes back.
  private let places: Memory?
  private let isBackward: Bool
  private let windows: cusp_windows
  private let sources, results: cusp_images
  private let rows: ActiveRows
  private let threads: Threads

  /// Whether there is such a pass for `geometry` on images of `layout`.
  static func admits(_ geometry: PoolingGeometry, _ layout: Layout) throws -> Bool {
    // Places are bytes, and every window has a pixel of the image.
    guard Engine.hasHandwrittenProducts, geometry.takesMaximum, geometry.window.reduce(1, *) <= Int64(Int8.max),
      zip(geometry.padding + geometry.paddingBehind, geometry.window + geometry.window).allSatisfy({ $0 < $1 })
    else { return false }
    return try ChannelProductPass.admits(layout)
  }

  /// `result` lies as `source` does; on the way back both are gradients, and that of the source is written.
  init(
    _ geometry: PoolingGeometry, source: Memory, result: Memory, places: Memory?, isBackward: Bool, rows: ActiveRows
  ) throws {
    (self.source, self.result, self.places, self.isBackward) = (source, result, places, isBackward)
    windows = cusp_windows(
      kernel_height: Int(geometry.window[0]), kernel_width: Int(geometry.window[1]),
      stride_height: Int(geometry.strides[0]), stride_width: Int(geometry.strides[1]), dilation_height: 1,
      dilation_width: 1, top: Int(geometry.padding[0]), left: Int(geometry.padding[1]))
    (sources, results) = (try cusp_images(source.layout), try cusp_images(result.layout))
    (self.rows, threads) = (rows, Threads.current)
  }

  var memories: [Memory] { [source, result] + (places.map { [$0] } ?? []) }
  var algorithm: String { "" }
  var layoutText: String { source.layout.text }
  var implementation: String { "maximum:\(InstructionSet.current.rawValue)" }

  /// Runs on all threads.
  func run() {
    guard let source = source.start, let result = result.start else {
      preconditionFailure("memories are used before they are placed")
    }
    let places = places?.start.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: Int8.self) }
    threads.spread(rows.count) { [sources, results, windows, isBackward] image in
      var (sources, results, windows) = (sources, results, windows)
      let (from, to) = (image * sources.image_stride, image * results.image_stride)
      if isBackward, let places {
        kernelSet.maximum_gradient(&sources, &results, &windows, result + to, places + to, source + from)
      } else {
        kernelSet.maximum(&sources, &results, &windows, source + from, result + to, places.map { $0 + to })
      }
    }
  }
}
