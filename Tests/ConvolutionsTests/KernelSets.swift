import CConvolutions

/// The kernels for one set of instructions that this processor has.
struct KernelSet: @unchecked Sendable, CustomStringConvertible {
  let functions: cusp_kernel_set
  let name: String
  var description: String { name }

  /// All that there are, the portable one first.
  static let all = ["portable", "avx2", "avx512", "neon"].compactMap { name in
    cusp_find_kernel_set(name).map { KernelSet(functions: $0.pointee, name: name) }
  }
}

/// Numbers of a formula: multiples of 1/64 in -1..<1, so that few of them sum up without rounding.
func numbers(_ count: Int, _ seed: UInt32) -> [Float] {
  var state = seed &* 2_654_435_761 &+ 12345
  return (0..<count).map { _ in
    state = state &* 1_664_525 &+ 1_013_904_223
    return Float(Int(state >> 25) - 64) / 64
  }
}

/// A batch of images in blocks of 16 channels, or with the channels last, by (image, channel, row, column).
struct Images {
  let count, channels, height, width: Int
  let isLast: Bool
  var values: [Float]

  init(_ count: Int, _ channels: Int, _ height: Int, _ width: Int, isLast: Bool = false, seed: UInt32? = nil) {
    (self.count, self.channels, self.height, self.width) = (count, channels, height, width)
    self.isLast = isLast
    let size = count * channels * height * width
    values = seed.map { numbers(size, $0) } ?? [Float](repeating: 0, count: size)
  }

  var layout: cusp_images {
    let pixel = isLast ? channels : 16
    return cusp_images(
      height: height, width: width, channels: channels, image_stride: channels * height * width,
      block_stride: isLast ? 16 : 16 * height * width, row_stride: width * pixel, pixel_stride: pixel)
  }

  private func place(_ image: Int, _ channel: Int, _ y: Int, _ x: Int) -> Int {
    let layout = layout
    return image * layout.image_stride + channel / 16 * layout.block_stride + y * layout.row_stride
      + x * layout.pixel_stride + channel % 16
  }

  /// Zero outside.
  subscript(image: Int, channel: Int, y: Int, x: Int) -> Float {
    get {
      (0..<height).contains(y) && (0..<width).contains(x) ? values[place(image, channel, y, x)] : 0
    }
    set { values[place(image, channel, y, x)] = newValue }
  }
}

/// Memory that begins at 64 bytes, for stores that pass the caches by.
final class AlignedFloats {
  let start: UnsafeMutablePointer<Float>
  let count: Int

  init(count: Int) {
    self.count = count
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: count * MemoryLayout<Float>.stride, alignment: 64)
    start = bytes.bindMemory(to: Float.self, capacity: count)
    start.initialize(repeating: 0, count: count)
  }

  deinit { UnsafeMutableRawPointer(start).deallocate() }

  var values: [Float] { Array(UnsafeBufferPointer(start: start, count: count)) }
}

extension KernelSet {
  /// A matrix `[inputs, outputs]` in panels of as many columns as the kernels want and one of what remains.
  func panels(_ matrix: [Float], inputs: Int, outputs: Int) -> [Float] {
    var packed: [Float] = []
    for column in stride(from: 0, to: outputs, by: functions.panel_width) {
      let width = min(functions.panel_width, outputs - column)
      for input in 0..<inputs { packed += matrix[input * outputs + column..<input * outputs + column + width] }
    }
    return packed
  }
}

/// The largest difference between two lists.
func difference(_ one: [Float], _ other: [Float]) -> Float {
  zip(one, other).reduce(one.count == other.count ? 0 : .infinity) { max($0, abs($1.0 - $1.1)) }
}
