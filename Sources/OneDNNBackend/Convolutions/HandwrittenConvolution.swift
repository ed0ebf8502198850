import CConvolutions

/// A convolution by handwritten products, or the gradient of what it reads by such.
protocol HandwrittenConvolution {
  /// `[n, c, h, w]` of what it reads and of what it makes.
  var source: [Int] { get }
  var destination: [Int] { get }
  /// How it wants its weights.
  var filter: any PackedFilter { get }

  /// What computes it.
  func pass(_ operands: ConvolutionOperands, in recorder: Recorder) throws -> any HandwrittenPass
}

/// What the pass of a handwritten convolution reads and writes, and how it ends.
struct ConvolutionOperands {
  let source, weights: Memory
  var bias: Memory?
  let destination: Memory
  /// What is added, of the layout of `destination`, which it may be.
  var addend: Memory?
  var relu = false
  /// Of the layout of `destination`: where it is not above 0, results are 0.
  var mask: Memory?

  var memories: [Memory] { [source, weights, destination] + [bias, addend, mask].compactMap { $0 } }

  /// The layout of what is read, and of what is written if that is another.
  var layoutText: String {
    let (read, written) = (source.layout.text, destination.layout.text)
    return read == written ? read : "\(read)>\(written)"
  }

  var epilogue: cusp_epilogue {
    cusp_epilogue(
      bias: bias?.start, accumulates: addend == nil ? 0 : 1, relu: relu ? 1 : 0, streams: streams ? 1 : 0,
      addend: distance(of: addend), mask: distance(of: mask))
  }

  /// Whether results have left the caches before they are read, so that fetching what they overwrite would be for nothing; what
  /// is added in place is fetched anyway.
  private var streams: Bool {
    destination.layout.byteCount >= 1 << 24 && (addend == nil || distance(of: addend) != 0)
  }

  /// From where results go to `other`, in floats.
  private func distance(of other: Memory?) -> Int {
    guard let other = other?.start, let place = destination.start else { return 0 }
    return other - place
  }

  /// Where they lie, once they are placed.
  var starts: (source: UnsafePointer<Float>, weights: UnsafePointer<Float>, destination: UnsafeMutablePointer<Float>) {
    guard let source = source.start, let weights = weights.start, let destination = destination.start else {
      preconditionFailure("memories are used before they are placed")
    }
    return (UnsafePointer(source), UnsafePointer(weights), destination)
  }
}

extension cusp_images {
  /// Images in blocks of 16 channels, or with the channels last.
  init(_ layout: Layout) throws {
    let sizes = layout.sizes
    let (channels, height, width) = (filled(sizes[1]), sizes[2], sizes[3])
    let isLast = try layout == .channelsLast(sizes)
    let pixel = isLast ? sizes[1] : 16
    self.init(
      height: height, width: width, channels: channels,
      image_stride: (isLast ? sizes[1] : channels) * height * width,
      block_stride: isLast ? 16 : 16 * height * width, row_stride: width * pixel, pixel_stride: pixel)
  }
}

extension Memory {
  /// The first of its floats, once it is placed.
  var start: UnsafeMutablePointer<Float>? { floats.baseAddress }
}
