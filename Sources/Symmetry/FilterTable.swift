/// How a group convolution's filter is moved by every element of its group, as places to read from.
public struct FilterTable: Hashable, Sendable {
  /// One row for each element `g`: where the number at `(t, u, v)` of the filter moved by `g` lies in the filter as it is,
  /// which is at `(g⁻¹ t, g⁻¹ (u, v))`; both count row-major in `[inputs, side, side]`.
  public let rows: [[Int]]

  /// The table of filters of `side` pixels over `group`; a lifting filter reads images and has one input, others one for
  /// every element of the group.
  public init(_ group: SymmetryGroup, isLifting: Bool, side: Int) {
    let (elements, products) = (group.elements, group.products)
    let inputs = isLifting ? 1 : group.order
    rows = group.inverses.map { inverse in
      (0..<inputs * side * side).map { place in
        let (input, pixel) = place.quotientAndRemainder(dividingBy: side * side)
        let from = elements[inverse].moved(row: pixel / side, column: pixel % side, side: side)
        return ((isLifting ? 0 : products[inverse][input]) * side + from.row) * side + from.column
      }
    }
  }
}
