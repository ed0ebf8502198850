/// A contiguous row-major array of `Float` with a shape.
///
/// The element type is fixed: robustness work is done in 32-bit floating point throughout. Buffers that live in an inner
/// loop are made once and written in place through `values`.
public struct Tensor: Equatable, Sendable {
  /// The sizes, outermost first.
  public let shape: Shape
  /// The elements, row-major; always `shape.count` of them.
  public var values: [Float]

  /// A tensor of `shape` holding `values`.
  ///
  /// - Precondition: `values.count == shape.count`.
  public init(_ shape: Shape, _ values: [Float]) {
    precondition(values.count == shape.count, "\(values.count) values do not fill the shape \(shape)")
    self.shape = shape
    self.values = values
  }

  /// A tensor of `shape` whose every element is `value`.
  public init(_ shape: Shape, filledWith value: Float = 0) {
    self.init(shape, [Float](repeating: value, count: shape.count))
  }

  /// The elements of the outermost rows `rows`, in order: for images `[n, c, h, w]`, those of `rows.count` images.
  ///
  /// - Precondition: `rows` lies within the outermost axis.
  public subscript(rows rows: Range<Int>) -> Tensor {
    let stride = shape.count / max(shape[0], 1)
    return Tensor(
      Shape([rows.count] + shape.sizes.dropFirst()),
      Array(values[rows.lowerBound * stride..<rows.upperBound * stride]))
  }
}
