import ImageFiles
import Testing

/// JPEG files written, and images made smaller and larger by boxes.
@Suite("JPEG files written, and boxes")
struct WritingTests {
  /// A picture of slopes and edges.
  private func picture(_ width: Int, _ height: Int, channels: Int) -> PixelImage {
    let pixels = (0..<width * height * channels).map { place -> UInt8 in
      let (y, x, c) = (place / channels / width, place / channels % width, place % channels)
      return UInt8(truncatingIfNeeded: min(255, 40 + 3 * x + 2 * y + 30 * c + ((x / 8 + y / 8) % 2) * 60))
    }
    return PixelImage(width: width, height: height, channels: channels, pixels: pixels)
  }

  private func distance(_ one: PixelImage, _ other: PixelImage) -> Double {
    let sum = zip(one.pixels, other.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
    return Double(sum) / Double(one.pixels.count)
  }

  @Test("A JPEG file reads back as nearly the image, the better the quality the nearer", arguments: [1, 3])
  func jpeg(channels: Int) throws {
    let image = picture(37, 21, channels: channels)
    var last = (bytes: 0, distance: Double.infinity)
    for quality in [10, 50, 95] {
      let bytes = try image.jpegBytes(quality: quality)
      #expect(bytes.starts(with: [0xFF, 0xD8, 0xFF]))
      #expect(try image.jpegBytes(quality: quality) == bytes)
      let again = try ImageFile(bytes, name: "x").pixels()
      #expect(again.width == 37 && again.height == 21 && again.channels == channels)
      let distance = distance(again, image)
      #expect(bytes.count > last.bytes && distance < last.distance, "\(quality): \(distance)")
      last = (bytes.count, distance)
    }
    #expect(last.distance < 8)
  }

  @Test("An image of one pixel is a JPEG file, too")
  func smallest() throws {
    for channels in [1, 3] {
      let image = PixelImage(width: 1, height: 1, channels: channels, pixels: [UInt8](repeating: 90, count: channels))
      let again = try ImageFile(image.jpegBytes(quality: 80), name: "x").pixels()
      #expect(distance(again, image) <= 2)
    }
  }

  @Test("Whole factors make means of squares, and larger images repeat pixels")
  func boxes() {
    let image = picture(8, 4, channels: 3)
    let small = image.boxed(width: 4, height: 2)
    for y in 0..<2 {
      for x in 0..<4 {
        for channel in 0..<3 {
          // Rounded along rows, then along columns.
          let rows = (0..<2).map { row -> Int in
            let first = ((2 * y + row) * 8 + 2 * x) * 3 + channel
            return (Int(image.pixels[first]) + Int(image.pixels[first + 3]) + 1) / 2
          }
          #expect(Int(small.pixels[(y * 4 + x) * 3 + channel]) == (rows[0] + rows[1] + 1) / 2)
        }
      }
    }
    let large = small.boxed(width: 8, height: 4)
    for place in 0..<8 * 4 * 3 {
      let (y, x, channel) = (place / 24, place / 3 % 8, place % 3)
      #expect(large.pixels[place] == small.pixels[(y / 2 * 4 + x / 2) * 3 + channel])
    }
    #expect(image.boxed(width: 8, height: 4) == image)
  }

  @Test("A flat image stays flat at every size", arguments: [1, 2, 5, 13, 31, 64])
  func flat(side: Int) {
    let image = PixelImage(width: 13, height: 7, channels: 1, pixels: [UInt8](repeating: 77, count: 91))
    let changed = image.boxed(width: side, height: side)
    #expect(changed.pixels == [UInt8](repeating: 77, count: side * side))
  }
}
