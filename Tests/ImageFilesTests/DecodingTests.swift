import Foundation
import ImageFiles
import TestSupport
import Testing

@Suite("Decoding images")
struct DecodingTests {
  private static let names = ((try? Expected.all.get().files.keys.sorted()) ?? [])

  @Test("The fixtures hold every kind of PNG and JPEG")
  func kinds() throws {
    let names = try Expected.all.get().files.keys
    #expect(names.count { $0.hasSuffix(".png") } > 20 && names.count { $0.hasSuffix(".jpg") } == 9)
  }

  @Test("A file is what Pillow makes of it: PNG exactly, JPEG within one level of 255", arguments: names)
  func decodes(name: String) throws {
    let expected = try #require(try Expected.all.get().files[name])
    let file = try ImageFile(bytes(name), name: name)
    #expect(file.width == expected.width && file.height == expected.height && file.name == name)
    let image = try file.pixels()
    #expect(image.channels == file.channels && image.width == file.width && image.height == file.height)
    let most = name.hasSuffix(".jpg") || name == "named-wrongly.png" ? 1 : 0
    #expect(try #require(distance(image.converted(toChannels: 3).pixels, expected.rgb)) <= most)
    #expect(try #require(distance(image.converted(toChannels: 1).pixels, expected.grey)) <= most)
  }

  @Test("Grey files have one channel, all others three, palettes of greys too")
  func channels() throws {
    for name in try Expected.all.get().files.keys {
      let isGrey = name.contains("grey") || ["text.png", "named-wrongly.png"].contains(name)
      #expect(try ImageFile(bytes(name), name: name).channels == (isGrey ? 1 : 3), "\(name)")
    }
  }

  @Test("Planes are the pixels with the channels first, and come back")
  func planes() throws {
    let image = PixelImage(width: 2, height: 1, channels: 3, pixels: [1, 2, 3, 4, 5, 6])
    #expect(image.planes == [1, 4, 2, 5, 3, 6])
    #expect(PixelImage(planes: image.planes, width: 2, height: 1, channels: 3) == image)
    for name in ["rgb-8.png", "grey-8.png", "colour.jpg"] {
      let image = try decoded(name)
      let again = PixelImage(
        planes: image.planes, width: image.width, height: image.height, channels: image.channels)
      #expect(again == image)
    }
  }

  @Test("What is written is read back, in the same bytes every time, and as small as its kind")
  func writing() throws {
    for name in ["rgb-8.png", "grey-8.png", "palette-4.png", "colour.jpg", "size-40x6.png"] {
      let image = try decoded(name)
      let bytes = try image.pngBytes()
      #expect(try ImageFile(bytes, name: name).pixels() == image)
      #expect(try image.pngBytes() == bytes)
      // Colour type and depth.
      #expect(bytes[24] == 8 && bytes[25] == (image.channels == 1 ? 0 : 2))
      // No time, name of a program or anything else beside the pixels.
      #expect(bytes.count < 100 + image.pixels.count * 5 / 4)
      for chunk in ["tIME", "tEXt", "pHYs"] { #expect(bytes.firstRange(of: Array(chunk.utf8)) == nil) }
    }
    for size in [(0, 4), (4, 0)] {
      let empty = PixelImage(width: size.0, height: size.1, channels: 1, pixels: [])
      expectRefusal("PNG: ") { _ = try empty.pngBytes() }
    }
  }
}
