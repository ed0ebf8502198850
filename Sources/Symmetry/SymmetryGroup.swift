/// A group of symmetries: networks whose layers commute with it are equivariant (Cohen and Welling 2016).
///
/// Elements are numbered as GrouPy does.
public enum SymmetryGroup: String, Hashable, Sendable, Codable, CaseIterable {
  /// The four rotations: element `r` is `r` quarter turns.
  case p4
  /// The four rotations, and each with the mirror after it: element `4 m + r` is `r` quarter turns, then `m` mirrors.
  case p4m

  /// How many elements there are.
  public var order: Int { self == .p4 ? 4 : 8 }

  /// The elements; the first one moves nothing.
  public var elements: [Symmetry] {
    var turns = [Symmetry.identity]
    for _ in 1..<4 { turns.append(.quarterTurn * turns[turns.count - 1]) }
    return self == .p4 ? turns : turns + turns.map { .mirror * $0 }
  }

  /// The product of all pairs: `products[g][h]` is the number of "first `h`, then `g`".
  public var products: [[Int]] {
    let elements = elements
    let numbers = Dictionary(uniqueKeysWithValues: zip(elements, elements.indices))
    return elements.map { left in elements.compactMap { numbers[left * $0] } }
  }

  /// The number of what undoes each element.
  public var inverses: [Int] { products.compactMap { $0.firstIndex(of: 0) } }
}
