import Foundation
import Records
import TestSupport
import Testing

/// What a network over rotations is for, on real images.
@Suite("Rotated digits", .enabled(if: Fixture.realImages != nil, "no images in ../shared/data"))
struct EquivarianceToolTests {
  /// The share of each budget that is right, of a short training on images turned by up to 180 degrees.
  private func accuracies(_ architecture: String, in folder: String) throws -> [Double] {
    let data = "mnist:\(try #require(Fixture.realImages))/mnist"
    let train = try BuiltTool("cusp-train").run(
      [
        "--data", data, "--arch", architecture, "--rotation", "180", "--epochs", "1", "--limit", "2560",
        "--batch-size", "64", "--quiet", "--output", "\(architecture).h5",
      ], folder: folder)
    #expect(train.status == 0, "\(train.errors)")
    let table = try BuiltTool("cusp-evaluate").run(
      [
        "\(architecture).h5", "--data", data, "--limit", "500", "--rotation", "0,45,90,180", "--format", "ndjson",
        "--quiet",
      ], folder: folder)
    #expect(table.status == 0, "\(table.errors)")
    return try table.text.split(separator: "\n").map { try JSON(parsing: String($0)) }.compactMap {
      $0["accuracy"]?.number
    }
  }

  @Test("p4cnn recognises more of them than z2cnn of as many parameters, at every angle")
  func flatter() throws {
    try Fixture.withTemporaryFolder { folder in
      let (plane, group) = (try accuracies("z2cnn", in: folder), try accuracies("p4cnn", in: folder))
      #expect(plane.count == group.count && group.count >= 4, "\(plane), \(group)")
      #expect(group.allSatisfy { $0 > 0.4 }, "\(group)")
      for (one, other) in zip(plane, group) { #expect(other > one + 0.02, "\(plane), \(group)") }
    }
  }
}
