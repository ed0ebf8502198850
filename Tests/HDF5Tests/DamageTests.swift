import Failures
import Foundation
import HDF5
import TestSupport
import Testing

@Suite("Damaged HDF5 files")
struct DamageTests {
  @Test("a file cut short anywhere is refused in one line that names it", arguments: ["kinds", "latest", "layouts"])
  func truncated(name: String) throws {
    let whole = try Fixture.data("hdf5/\(name).h5")
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/cut.h5"
      for length in stride(from: 0, to: whole.count, by: 797) {
        try whole.prefix(length).write(to: URL(fileURLWithPath: path))
        let failure = try #require(try complaint(path), "\(length) bytes of \(whole.count)")
        #expect(failure.kind == .data)
        #expect(failure.message.hasPrefix("\(path): "))
      }
      try whole.prefix(5000).write(to: URL(fileURLWithPath: path))
      let message = try complaint(path)?.message ?? ""
      #expect(message.contains("cut short"), "\(message)")
    }
  }

  @Test("flipped bytes end in a failure or in success, never in a crash", arguments: ["kinds", "latest", "layouts"])
  func flipped(name: String) throws {
    let whole = try Fixture.data("hdf5/\(name).h5")
    // A linear congruential generator: the same flips every time.
    var state: UInt64 = 20_240_229
    func random(below bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/flipped.h5"
      for _ in 0..<100 {
        var bytes = whole
        for _ in 0...random(below: 3) { bytes[random(below: bytes.count)] ^= UInt8(1 + random(below: 255)) }
        try bytes.write(to: URL(fileURLWithPath: path))
        if let failure = try complaint(path) {
          #expect(failure.kind == .data || failure.kind == .inputOutput)
          #expect(failure.message.hasPrefix("\(path): "))
        }
      }
    }
  }
}
