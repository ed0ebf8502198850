/// A block of an array: where it starts and how far it reaches along each axis.
package struct Slab: Equatable {
  /// The first element along each axis.
  package var start: [Int]
  /// How many elements there are along each axis.
  package var count: [Int]

  /// A block.
  package init(start: [Int], count: [Int]) { (self.start, self.count) = (start, count) }

  /// The blocks that hold the elements `range`, counted row-major, of an array of `shape`, in order.
  package static func covering(_ range: Range<Int>, of shape: [Int]) -> [Slab] {
    let rest = Array(shape.dropFirst())
    let rowSize = rest.reduce(1, *)
    var slabs: [Slab] = []
    var position = range.lowerBound
    while position < range.upperBound {
      let row = position / rowSize
      let wholeRows = (range.upperBound - position) / rowSize
      if position % rowSize == 0, wholeRows > 0 {
        slabs.append(Slab(start: [row] + rest.map { _ in 0 }, count: [wholeRows] + rest))
        position += wholeRows * rowSize
      } else {
        let end = min(range.upperBound, (row + 1) * rowSize)
        slabs += covering(position - row * rowSize..<end - row * rowSize, of: rest).map {
          Slab(start: [row] + $0.start, count: [1] + $0.count)
        }
        position = end
      }
    }
    return slabs
  }
}
