/// Dots on a grid of characters, two across and four down in each.
struct BrailleCanvas {
  let columns: Int
  let rows: Int
  private var dots: [UInt32]
  /// The series whose dot came last.
  private(set) var owners: [Int?]

  init(columns: Int, rows: Int) {
    (self.columns, self.rows) = (columns, rows)
    dots = Array(repeating: 0, count: columns * rows)
    owners = Array(repeating: nil, count: columns * rows)
  }

  /// How many dots there are across and down.
  var width: Int { 2 * columns }
  var height: Int { 4 * rows }

  /// Sets the dot at `x`, `y` from the upper left; nothing happens outside.
  mutating func set(_ x: Int, _ y: Int, owner: Int) {
    guard (0..<width).contains(x), (0..<height).contains(y) else { return }
    // By the order of the dots in Unicode: three down on each side, then the two at the bottom.
    let bit = [[0, 3], [1, 4], [2, 5], [6, 7]][y % 4][x % 2]
    let place = y / 4 * columns + x / 2
    dots[place] |= 1 << UInt32(bit)
    owners[place] = owner
  }

  /// A line between two dots.
  mutating func line(from first: (x: Int, y: Int), to last: (x: Int, y: Int), owner: Int) {
    let count = max(abs(last.x - first.x), abs(last.y - first.y), 1)
    for step in 0...count {
      let part = Double(step) / Double(count)
      let x = Double(first.x) + part * Double(last.x - first.x)
      let y = Double(first.y) + part * Double(last.y - first.y)
      set(Int(x.rounded()), Int(y.rounded()), owner: owner)
    }
  }

  /// The character at a place.
  func character(column: Int, row: Int) -> Character {
    let bits = dots[row * columns + column]
    return bits == 0 ? " " : Unicode.Scalar(0x2800 + bits).map { Character($0) } ?? " "
  }
}
