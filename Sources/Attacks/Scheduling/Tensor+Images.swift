import Tensors

/// The images of a batch, one by one.
extension Tensor {
  /// Calls `body` with the image in `row` of images of `size` pixels.
  func withImage<Result>(_ row: Int, size: Int, _ body: (Pixels) throws -> Result) rethrows -> Result {
    try values.withUnsafeBufferPointer { try body(Pixels(rebasing: $0[row * size..<(row + 1) * size])) }
  }

  /// Calls `body` with the image in `row` of images of `size` pixels, to be written.
  mutating func withMutableImage<Result>(
    _ row: Int, size: Int, _ body: (MutablePixels) throws -> Result
  ) rethrows -> Result {
    try values.withUnsafeMutableBufferPointer { try body(MutablePixels(rebasing: $0[row * size..<(row + 1) * size])) }
  }
}
