/// The sizes of a tensor, outermost first; images are `[n, c, h, w]`.
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
  /// The size along each axis; every one at least 0.
  public let sizes: [Int]

  /// A shape of `sizes`.
  ///
  /// - Precondition: no size is negative, and their product fits an `Int`.
  public init(_ sizes: [Int]) {
    precondition(sizes.allSatisfy { $0 >= 0 }, "a shape has no negative size")
    self.sizes = sizes
  }

  /// A shape of the listed sizes.
  public init(arrayLiteral elements: Int...) { self.init(elements) }

  /// How many axes there are.
  public var rank: Int { sizes.count }

  /// How many elements a tensor of this shape has; 1 for the empty shape.
  public var count: Int { sizes.reduce(1, *) }

  /// The size along `axis`.
  public subscript(axis: Int) -> Int { sizes[axis] }

  /// As in `64x3x32x32`.
  public var description: String { sizes.map(String.init).joined(separator: "x") }
}
