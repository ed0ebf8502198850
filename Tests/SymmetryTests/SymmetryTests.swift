import Foundation
import Symmetry
import TestSupport
import Testing

/// `fixtures/symmetry.json`: the groups by turned and flipped arrays of numpy.
private struct SymmetryNumbers: Decodable {
  struct Table: Decodable {
    let group: SymmetryGroup
    let lifting: Bool
    let side: Int
    let rows: [[Int]]
  }

  let products: [String: [[Int]]]
  let tables: [Table]

  static func read() throws -> SymmetryNumbers {
    try JSONDecoder().decode(SymmetryNumbers.self, from: Fixture.data("symmetry.json"))
  }
}

@Suite("Symmetry groups")
struct SymmetryTests {
  @Test("multiply as turned and flipped arrays do", arguments: SymmetryGroup.allCases)
  func products(group: SymmetryGroup) throws {
    #expect(try SymmetryNumbers.read().products[group.rawValue] == group.products)
  }

  @Test("are groups: closed, associative, with the first element as identity and an inverse for each")
  func axioms() {
    for group in SymmetryGroup.allCases {
      let (products, inverses, all) = (group.products, group.inverses, 0..<group.order)
      #expect(Set(group.elements).count == group.order && group.elements.count == group.order)
      #expect(group.elements[0] == .identity)
      for g in all {
        #expect(products[g].sorted() == Array(all) && products[0][g] == g && products[g][0] == g)
        #expect(products[g][inverses[g]] == 0 && products[inverses[g]][g] == 0)
        for h in all { for k in all { #expect(products[products[g][h]][k] == products[g][products[h][k]]) } }
      }
    }
    let p4m = SymmetryGroup.p4m.products
    #expect(p4m[1][4] != p4m[4][1], "a mirror and a turn do not commute")
  }

  @Test("p4 is the first half of p4m")
  func subgroup() {
    let (small, large) = (SymmetryGroup.p4, SymmetryGroup.p4m)
    #expect(Array(large.elements.prefix(4)) == small.elements)
    #expect(large.products.prefix(4).map { Array($0.prefix(4)) } == small.products)
  }

  @Test("A quarter turn takes the pixel above the centre to its left, about the centre of odd and even squares")
  func quarterTurn() {
    func place(_ symmetry: Symmetry, _ row: Int, _ column: Int, side: Int) -> [Int] {
      let moved = symmetry.moved(row: row, column: column, side: side)
      return [moved.row, moved.column]
    }
    #expect(place(.quarterTurn, 0, 1, side: 3) == [1, 0])
    #expect(place(.quarterTurn, 1, 1, side: 3) == [1, 1])
    #expect(place(.quarterTurn, 0, 0, side: 2) == [1, 0])
    #expect(place(.quarterTurn, 0, 3, side: 4) == [0, 0])
    #expect(place(.mirror, 0, 3, side: 4) == [3, 3])
  }
}

@Suite("Filter tables")
struct FilterTableTests {
  @Test("are numpy's for every group, kind and side")
  func reference() throws {
    let tables = try SymmetryNumbers.read().tables
    #expect(tables.count == 16)
    for table in tables {
      let made = FilterTable(table.group, isLifting: table.lifting, side: table.side)
      #expect(made.rows == table.rows, "\(table.group) \(table.lifting) \(table.side)")
    }
  }

  @Test("only move numbers: every row has every place once, and the first one leaves all where they are")
  func permutations() {
    for group in SymmetryGroup.allCases {
      for isLifting in [true, false] {
        let rows = FilterTable(group, isLifting: isLifting, side: 3).rows
        let count = 9 * (isLifting ? 1 : group.order)
        #expect(rows.count == group.order && rows[0] == Array(0..<count))
        for row in rows { #expect(row.sorted() == Array(0..<count)) }
        #expect(Set(rows).count == group.order)
      }
    }
  }

  @Test("moving by one element and then by another is moving by their product", arguments: SymmetryGroup.allCases)
  func composition(group: SymmetryGroup) {
    let rows = FilterTable(group, isLifting: false, side: 3).rows
    for (left, products) in group.products.enumerated() {
      for (right, product) in products.enumerated() {
        #expect(rows[product] == rows[left].map { rows[right][$0] })
      }
    }
  }
}
