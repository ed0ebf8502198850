import Spatial
import Testing

@Suite("Grids of poses")
struct PoseGridTests {
  @Test("grids are NumPy's even steps in Engstrom's order, but the identity first")
  func poses() throws {
    let grids = try Reference.load().grids
    #expect(grids.map(\.poses.count) == [775, 15, 25, 7, 9])
    for expected in grids {
      let size = try #require(PoseGridSize(expected.size))
      let grid = PoseGrid(size, rotation: expected.rotation, translation: expected.translation)
      #expect(grid.size.description == expected.size)
      #expect(grid.count == expected.poses.count)
      #expect(grid[0] == .identity)
      for (number, pose) in expected.poses.enumerated() {
        let difference = zip([grid[number].dx, grid[number].dy, grid[number].degrees], pose).map { abs($0 - $1) }
        #expect(difference.allSatisfy { $0 < 1e-11 }, "\(expected.size): pose \(number)")
      }
    }
  }

  @Test("within no budget there is one place, and the ends of budgets are exact")
  func budgets() throws {
    let size = try #require(PoseGridSize("5x5x31"))
    #expect(PoseGrid(size, rotation: 0, translation: 0).count == 1)
    #expect(PoseGrid(size, rotation: 30, translation: 0).count == 31)
    let grid = PoseGrid(size, rotation: 0, translation: 0.1)
    #expect(grid.count == 25)
    #expect(grid[1] == Pose(dx: -0.1, dy: -0.1) && grid[24] == Pose(dx: 0.1, dy: 0.1))
    #expect((1..<25).allSatisfy { grid[$0] != .identity })
  }

  @Test(
    "a size is three numbers",
    arguments: [
      "", "5x5", "5x5x", "5x5x31x2", "0x5x5", "-1x5x5", "5 x 5 x 5", "101x100x100", "99999999999999999999x1x1",
    ])
  func refusals(_ text: String) { #expect(PoseGridSize(text) == nil) }

  @Test("the largest size is taken")
  func largest() throws {
    let size = try #require(PoseGridSize("100x100x100"))
    #expect((size.columns, size.rows, size.angles) == (100, 100, 100))
  }
}
