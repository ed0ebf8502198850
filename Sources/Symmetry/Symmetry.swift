/// A rotation or reflection of the grid of pixels about a point, as the matrix it multiplies (row, column) offsets by.
public struct Symmetry: Hashable, Sendable {
  private let firstRow, secondRow: SIMD2<Int>

  private init(_ firstRow: SIMD2<Int>, _ secondRow: SIMD2<Int>) {
    (self.firstRow, self.secondRow) = (firstRow, secondRow)
  }

  /// What moves nothing.
  public static let identity = Symmetry([1, 0], [0, 1])
  /// A quarter turn, counterclockwise as images are shown: what was above the point lies left of it.
  public static let quarterTurn = Symmetry([0, -1], [1, 0])
  /// The mirror that swaps above and below.
  public static let mirror = Symmetry([-1, 0], [0, 1])

  /// First `right`, then `left`.
  public static func * (left: Symmetry, right: Symmetry) -> Symmetry {
    func product(_ row: SIMD2<Int>) -> SIMD2<Int> { row.x &* right.firstRow &+ row.y &* right.secondRow }
    return Symmetry(product(left.firstRow), product(left.secondRow))
  }

  /// Where the pixel at `row` and `column` of a square of `side` pixels goes when the square moves about its centre.
  public func moved(row: Int, column: Int, side: Int) -> (row: Int, column: Int) {
    // Offsets from the centre are doubled, since the centre of an even square lies between pixels.
    let offset = SIMD2(2 * row, 2 * column) &- (side - 1)
    func place(_ matrixRow: SIMD2<Int>) -> Int { ((matrixRow &* offset).wrappedSum() + side - 1) / 2 }
    return (place(firstRow), place(secondRow))
  }
}
