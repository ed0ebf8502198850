import HDF5
import Testing

/// The positions of the elements of `slab` in an array of `shape`, row-major.
private func positions(of slab: Slab, in shape: [Int]) -> [Int] {
  var positions = [0]
  for axis in shape.indices {
    positions = positions.flatMap { position in
      (slab.start[axis]..<slab.start[axis] + slab.count[axis]).map { position * shape[axis] + $0 }
    }
  }
  return positions
}

@Suite("Blocks of an array")
struct SlabTests {
  @Test(
    "hold just the elements of a range, in order",
    arguments: [[7], [3, 4], [2, 3, 5], [1, 12], [4, 1, 3], [2, 2, 2, 2]])
  func covering(shape: [Int]) {
    let count = shape.reduce(1, *)
    for start in 0...count {
      for end in start...count {
        let slabs = Slab.covering(start..<end, of: shape)
        #expect(slabs.flatMap { positions(of: $0, in: shape) } == Array(start..<end), "\(start)..<\(end)")
        #expect(slabs.count <= 2 * shape.count - 1, "\(start)..<\(end)")
      }
    }
  }

  @Test("are as few as can be for whole rows")
  func rows() {
    #expect(Slab.covering(0..<24, of: [2, 3, 4]) == [Slab(start: [0, 0, 0], count: [2, 3, 4])])
    #expect(Slab.covering(12..<20, of: [2, 3, 4]) == [Slab(start: [1, 0, 0], count: [1, 2, 4])])
    #expect(Slab.covering(5..<5, of: [2, 3, 4]).isEmpty)
  }
}
