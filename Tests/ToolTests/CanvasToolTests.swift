import Foundation
import Records
import TestSupport
import Testing

/// Images on a canvas, from training to the service.
@Suite struct CanvasToolTests {
  @Test("A model of canvases is trained, turned and attacked without a word more, and turning cuts nothing off")
  func canvases() throws {
    try Fixture.withTemporaryFolder { folder in
      let trained = try BuiltTool("cusp-train").run(
        ["--data", "canvas:14:digits", "--epochs", "1", "--output", "\(folder)/m.h5", "--quiet"])
      #expect(trained.problems.isEmpty)
      #expect(try trained.records().last?["data"]?.string == "canvas:14:digits")
      let spatial = try BuiltTool("cusp-attack").run(
        ["\(folder)/m.h5", "--quiet", "--spatial", "--rotation", "45", "--translation", "2", "--limit", "20"])
      #expect(try spatial.records().allSatisfy { $0["data"]?.string == "canvas:14:digits" })
      #expect(try spatial.problems.isEmpty && spatial.records().count == 20)
      let grid = try BuiltTool("cusp-evaluate").run(
        ["\(folder)/m.h5", "--quiet", "--rotation", "30", "--translation", "2", "--grid", "3x3x3", "--limit", "20"])
      #expect(try grid.problems.isEmpty && grid.records().first?["count"]?.integer == 20)
      // Images moved within the canvas keep every pixel.
      let pose = #""transform":{"pose":{"dx":3,"dy":-3}}"#
      let requests = #"{"op":"transform","image":{"data":"canvas:14:digits","index":4},\#(pose)}"# + "\n"
      let served = try BuiltTool("cusp-serve").run(["\(folder)/m.h5", "--quiet"], input: Data(requests.utf8))
      let reply = try #require(try served.records().last)
      #expect(reply["image"]?["shape"]?.text == "[1,14,14]")
      let moved = try pixels(reply)
      let still = requests.replacing(#""dx":3,"dy":-3"#, with: #""dx":0,"dy":0"#)
      let before = try pixels(
        try #require(
          try BuiltTool("cusp-serve").run(["\(folder)/m.h5", "--quiet"], input: Data(still.utf8)).records().last))
      #expect(moved.sorted() == before.sorted() && moved != before && moved.contains { $0 > 0.5 })
    }
  }

  private func pixels(_ reply: JSON) throws -> [Float] {
    let bytes = try #require(Data(base64Encoded: reply["image"]?["f32"]?.string ?? ""))
    return bytes.withUnsafeBytes { all in
      (0..<bytes.count / 4).map {
        Float(bitPattern: UInt32(littleEndian: all.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
      }
    }
  }

  @Test("Canvases become files like any other images, and a canvas is no file to write")
  func conversion() throws {
    try Fixture.withTemporaryFolder { folder in
      let outcome = try BuiltTool("cusp-convert").run(["canvas:12:digits", "c.npz"], folder: folder)
      #expect(outcome.status == 0)
      let model = try TrainedModel.digits.get().path
      let attack = try BuiltTool("cusp-attack").run([model, "--data", "\(folder)/c.npz"])
      #expect(attack.status == 65 && attack.errors.contains("images are [1x12x12]"))
      let refused = try BuiltTool("cusp-convert").run(["digits", "canvas:12:c.npz"], folder: folder)
      #expect(refused.status == 64 && refused.errors.contains("canvas:12:c.npz: is only read"))
      let small = try BuiltTool("cusp-train").run(["--data", "canvas:6:digits", "--output", "\(folder)/n.h5"])
      #expect(small.status == 64 && small.errors.contains("give a canvas of 8 to 32"))
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/n.h5"))
    }
  }
}
