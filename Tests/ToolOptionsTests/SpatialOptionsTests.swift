import ArgumentParser
import Evaluation
import Records
import Spatial
import Testing
import ToolOptions

@Suite("Options of transformations")
struct SpatialOptionsTests {
  private func options(_ arguments: String) throws -> SpatialOptions {
    try SpatialOptions.parse(arguments.split(separator: " ").map(String.init))
  }

  @Test("Without options images stay as they are")
  func none() throws {
    let options = try self.options("")
    #expect(!options.isGiven)
    #expect(options.count == 1)
    #expect(try options.transformations(seed: 7).map(\.isIdentity) == [true])
  }

  @Test("Every rotation goes with every translation, the rotations outermost")
  func product() throws {
    let options = try self.options("--rotation 0:30:15 --translation 0,2.5")
    #expect(options.count == 6)
    let budgets = try options.transformations(seed: 7).map { [$0.distribution.rotation, $0.distribution.translation] }
    #expect(budgets == [[0, 0], [0, 2.5], [15, 0], [15, 2.5], [30, 0], [30, 2.5]])
    #expect(try options.transformations(seed: 7).map(\.isIdentity) == [true, false, false, false, false, false])
  }

  @Test("A sweep goes through pairs, in either order of its lists")
  func sweep() throws {
    for text in ["rotation=0:180:60,translation=0:3:1", "translation=0,1:3:1,rotation=0,60,120:180:60"] {
      let options = try self.options("--sweep \(text)")
      #expect(options.isGiven && options.drawsPoses && options.count == 4)
      let budgets = try options.transformations(seed: 7).map {
        [$0.distribution.rotation, $0.distribution.translation]
      }
      #expect(budgets == [[0, 0], [60, 1], [120, 2], [180, 3]])
    }
    let exact = try self.options("--sweep rotation=-30,-30,translation=0,2 --rotation-exact")
    #expect(try exact.transformations(seed: 7).map(\.distribution.rotation) == [-30, -30])
    #expect(try self.options("--sweep rotation=0,translation=0").drawsPoses == false)
    #expect(try self.options("--sweep rotation=30,translation=3 --grid 5x5x31").search == "--grid 5x5x31")
  }

  @Test(
    "Sweeps that make no pairs, or the same twice, are refused",
    arguments: [
      ("rotation=0:30:15,translation=0,1", "3 rotations and 2 translations make no pairs; give as many of each"),
      ("rotation=0", "give rotation=LIST,translation=LIST, as in rotation=0:180:15,translation=0:3:0.25"),
      ("0:30:15", "give rotation=LIST,translation=LIST"),
      ("rotation=0,rotation=1", "give rotation=LIST,translation=LIST"),
      ("rotation=0,epsilon=1", "give rotation=LIST,translation=LIST"), ("rotation=x,translation=1", "give numbers"),
      ("rotation=0,translation=1,rotation=0", "give rotation=LIST"),
      ("rotation=15,0,15,translation=1,0,1", "rotation 15 with translation 1 comes twice; give it once"),
      ("rotation=361,translation=1", "--rotation 361: give 0 to 360 degrees"),
      ("rotation=0,translation=0 --rotation 3", "--sweep has rotations and translations: leave out --rotation and"),
    ])
  func wrongSweeps(text: String, message: String) {
    let error = #expect(throws: (any Error).self) {
      try SpatialOptions.parse("--sweep \(text)".split(separator: " ").map(String.init))
    }
    let found = error.map { SpatialOptions.message(for: $0) } ?? ""
    #expect(found.contains(message), "\(found)")
  }

  @Test("Poses are drawn by seed and index; records tell what is not the default")
  func settings() throws {
    let plain = Setting(model: "m", attack: "none", norm: "none", epsilon: 0)
    let drawn = try self.options("--rotation 20").transformations(seed: 7)[0]
    #expect(drawn.pose(of: 3) == PoseDistribution(rotation: 20).draw(seed: 7, image: 3))
    #expect(drawn.setting(plain) == Setting(model: "m", attack: "none", norm: "none", epsilon: 0, rotation: 20))
    let exact = try self.options("--rotation 0,90 --rotation-exact --interpolation bilinear").transformations(seed: 7)
    #expect(exact[0].setting(plain) == plain)
    let setting = exact[1].setting(plain)
    #expect((setting.rotation, setting.isRotationExact, setting.interpolation) == (90, true, "bilinear"))
    #expect(exact[1].pose(of: 3) == Pose(degrees: 90))
  }

  @Test("Every pair of budgets is searched for itself, a grid within them")
  func searches() throws {
    let drawn = try self.options("--rotation 0,30 --worst-of 7")
    #expect(drawn.search == "--worst-of 7")
    #expect(try drawn.transformations(seed: 7).map(\.search) == [.worst(of: 7), .worst(of: 7)])
    let grid = try self.options("--rotation 0:30:30 --translation 3 --grid 5x5x31")
    #expect(grid.search == "--grid 5x5x31" && grid.count == 2)
    let size = try #require(PoseGridSize("5x5x31"))
    let grids = [0.0, 30].map { PoseSearch.grid(PoseGrid(size, rotation: $0, translation: 3)) }
    #expect(try grid.transformations(seed: 7).map(\.search) == grids)
    #expect(try self.options("--translation 3 --grid 5x5x1 --interpolation bilinear").isGiven)
    #expect(try self.options("--rotation 3").search == nil)
  }

  @Test(
    "Poses are drawn within budgets, not where every image takes the same",
    arguments: [
      ("", false), ("--rotation 0", false), ("--rotation 0,3", true), ("--rotation 3 --rotation-exact", false),
      ("--translation 0", false), ("--rotation 3 --rotation-exact --translation 1", true),
      ("--interpolation nearest", false), ("--rotation 3 --worst-of 2", true), ("--rotation 3 --grid 1x1x3", false),
    ])
  func draws(arguments: String, draws: Bool) throws {
    #expect(try options(arguments).drawsPoses == draws)
  }

  @Test(
    "Budgets that mean nothing are refused",
    arguments: [
      ("--rotation=-1", "--rotation -1: give 0 to 360 degrees"),
      ("--rotation 0,361", "--rotation 361: give 0 to 360 degrees"),
      ("--translation 10001", "--translation 10001: give 0 to 10000 pixels"),
      ("--rotation-exact", "--rotation-exact: by how much? give --rotation"),
      ("--interpolation bilinear", "--interpolation bilinear: nothing is turned; give --rotation"),
      ("--rotation 30,15,30", "--rotation 30,15,30: 30 comes twice; give each number once"),
      ("--translation 1,1.0", "--translation 1,1.0: 1.0 comes twice; give each number once"),
      ("--rotation 3 --worst-of 0", "--worst-of 0: give 1 to 1000000 poses"),
      ("--rotation 3 --worst-of 1000001", "--worst-of 1000001: give 1 to 1000000 poses"),
      ("--rotation 3 --rotation-exact --worst-of 2", "--worst-of 2: nothing is drawn here; leave it out"),
      ("--rotation 3 --worst-of 2 --grid 1x1x3", "--worst-of draws poses, --grid has its own; take one"),
      ("--rotation 3 --rotation-exact --grid 1x1x3", "--rotation-exact: --grid has angles of its own; take one"),
      ("--grid 1x1x1", "--grid 1x1x1: by how much? give --rotation or --translation"),
      ("--translation 1 --grid 3x3x3", "--grid 3x3x3: by how much? give --rotation"),
      ("--rotation 30 --grid 5x5x31", "--grid 5x5x31: by how much? give --translation"),
      ("--rotation 30 --translation 3 --grid 1x1x3", "--translation: --grid 1x1x3 has no place for it; leave it out"),
      ("--rotation 3 --translation 3 --grid 5x5x1", "--rotation: --grid 5x5x1 has no place for it; leave it out"),
      (
        "--rotation 3 --grid 5x5",
        "The value '5x5' is invalid for '--grid <grid>': give places across, down, and angles"
      ),
      ("--rotation x", "The value 'x' is invalid for '--rotation <rotation>'"),
    ])
  func refusals(arguments: String, message: String) {
    expectRefusal(SpatialOptions.self, arguments.split(separator: " ").map(String.init), message)
  }
}
