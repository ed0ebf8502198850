import Archives
import Failures
import Files
import Foundation
import TestSupport
import Testing

/// MATLAB's files by SciPy.
@Suite("MATLAB files")
struct MATLABTests {
  private func bytes(_ split: String) throws -> [UInt8] {
    Array(try Fixture.data("datasets/svhn/\(split)_32x32.mat"))
  }

  private func file(_ bytes: [UInt8], limit: Int = 1 << 20) throws -> MATLABFile {
    try MATLABFile(ByteSource(bytes, name: "x"), limit: limit)
  }

  @Test("Arrays are read with the axes in the reverse order, packed or not")
  func reads() throws {
    let packed = try file(bytes("train"))
    #expect(packed.arrays.keys.sorted() == ["X", "y"])
    #expect(packed.arrays["X"]?.shape == [3, 3, 32, 32] && packed.arrays["X"]?.element == .uint8)
    #expect(packed.arrays["y"]?.integers == [10, 1, 9] && packed.arrays["y"]?.shape == [1, 3])
    let plain = try file(bytes("test"))
    #expect(plain.arrays["X"]?.shape == [2, 3, 32, 32])
    #expect(plain.arrays["y"]?.floats == [10, 1] && plain.arrays["y"]?.element == .float64)
  }

  @Test("A file cut short within an element is truncated")
  func truncated() throws {
    for split in ["train", "test"] {
      let bytes = try bytes(split)
      let whole = try stride(from: 0, to: bytes.count, by: 61).filter { count in
        try unlessBadData { try file(Array(bytes[..<count])) } != nil
      }
      #expect(whole.isEmpty)
    }
  }

  @Test("Other files, and more than the limit, are refused")
  func refused() throws {
    expectBadData("no MATLAB file of version 5") {
      _ = try file(Array("MATLAB 7.3".utf8) + [UInt8](repeating: 0, count: 200))
    }
    expectBadData("holds more than") { _ = try file(bytes("train"), limit: 5000) }
    expectBadData("holds more than the 5000 bytes") { _ = try file(bytes("test"), limit: 5000) }
    let train = try bytes("train")
    expectBadData("no array (1)") { _ = try file(train.with([1], at: 128)) }
  }

  @Test("Damage at random is refused or harmless", arguments: ["train", "test"])
  func random(split: String) throws {
    let bytes = try bytes(split)
    var damage = Damage(seed: 9)
    for _ in 0..<300 { _ = try unlessBadData { try file(damage.damage(bytes, other: bytes)) } }
  }
}
