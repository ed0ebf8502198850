import Failures
import Foundation
import ImageFiles
import TestSupport
import Testing

/// Files that are none, or lie.
@Suite("Damaged images")
struct DamageTests {
  /// Reads all that `bytes` hold.
  private func read(_ bytes: [UInt8], name: String = "x") throws { _ = try ImageFile(bytes, name: name).pixels() }

  @Test(
    "A hostile file is refused in one line that says what is wrong",
    arguments: [
      ("checksum.png", "damaged PNG: "), ("high.png", "more than 67108864 pixels"),
      ("wide.png", "more than 67108864 pixels"), ("longer.png", "damaged PNG: "),
      ("no-colour.png", "a pixel is no colour of the palette"), ("no-palette.png", "damaged PNG: "),
      ("zero.png", "damaged PNG: "), ("no-end.png", "it is truncated"),
      ("large.jpg", "more than 67108864 pixels"), ("no-scan.jpg", "damaged JPEG: "), ("twelve.jpg", "damaged JPEG: "),
      ("scans.jpg", "more scans than an image of its size needs"), ("empty.png", "is no PNG or JPEG image"),
      ("text.jpg", "is no PNG or JPEG image"), ("gif.png", "is no PNG or JPEG image"),
    ])
  func refused(name: String, part: String) throws {
    expectRefusal(part) { try read(bytes("damaged/\(name)"), name: name) }
    expectRefusal("\(name): ") { try read(bytes("damaged/\(name)"), name: name) }
  }

  @Test(
    "A file cut short anywhere is refused",
    arguments: ["rgb-8.png", "interlaced-rgb.png", "palette-2.png", "colour.jpg", "progressive.jpg", "inks.jpg"])
  func truncated(name: String) throws {
    let whole = try bytes(name)
    for count in whole.indices { expectRefusal("x: ") { try read(Array(whole[..<count])) } }
  }

  @Test("A comment that unpacks to 1 MB costs nothing")
  func bomb() throws { #expect(try decoded("text.png").pixels.count == 9 * 13) }

  @Test(
    "Random damage is refused in one line or gives an image of the size that the file says",
    arguments: ["rgba-16.png", "interlaced-palette.png", "grey-1.png", "quarters.jpg", "progressive.jpg", "inks.jpg"])
  func random(name: String) throws {
    let (whole, other) = try (bytes(name), bytes("restarts.jpg"))
    var refusals = 0
    for seed in 0..<400 {
      var damage = Damage(seed: seed)
      let bytes = damage.damage(whole, other: other)
      do {
        let file = try ImageFile(bytes, name: "x")
        guard file.width * file.height < 1 << 20 else { continue }
        let image = try file.pixels()
        #expect(image.pixels.count == file.width * file.height * file.channels)
      } catch let failure as Failure {
        #expect(failure.kind == .data && failure.message.hasPrefix("x: "))
        refusals += 1
      }
    }
    #expect(refusals > 50)
  }

  @Test("A file that is not there, or a folder, is no input")
  func missing() throws {
    for path in ["/nowhere/x.png", "/"] {
      let failure = #expect(throws: Failure.self) { _ = try ImageFile(path: path) }
      #expect(failure?.kind == .noInput)
    }
  }
}
