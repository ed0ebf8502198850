import ImageFiles
import Plots
import TestSupport
import Testing

/// Sixels of images, read back by a reader that knows nothing of the writer.
@Suite struct SixelTests {
  /// The colours of `image` as sixels can say them: to the nearest percent.
  private func percents(_ image: PixelImage) -> [Int] {
    colours(image).map { colour in
      [16, 8, 0].reduce(0) { result, shift in
        let percent = (Double(colour >> shift & 255) * 100 / 255).rounded()
        return result << 8 | Int((percent * 255 / 100).rounded())
      }
    }
  }

  /// The colours of `image` as 0xRRGGBB.
  private func colours(_ image: PixelImage) -> [Int] {
    stride(from: 0, to: image.pixels.count, by: image.channels).map { start in
      (0..<3).reduce(0) { $0 << 8 | Int(image.pixels[start + min($1, image.channels - 1)]) }
    }
  }

  private func drawn(_ image: PixelImage) throws -> (picture: SixelPicture, colours: [Int]) {
    let bytes = SixelGraphics.bytes(of: image)
    #expect(SixelGraphics.bytes(of: image) == bytes)
    let picture = try SixelPicture(bytes)
    #expect(picture.width == image.width && picture.height == image.height)
    #expect(picture.rows.count == image.height && picture.rows.allSatisfy { $0.count == image.width })
    #expect(picture.colourCount <= 256)
    let colours = picture.rows.joined().compactMap { $0 }
    try #require(colours.count == image.width * image.height)
    return (picture, colours)
  }

  @Test("Two colours, as one writes them by hand")
  func byHand() {
    // Black, white, black over seven rows: bits 0, 2, 4 are the first colour's, 1, 3, 5 the other's.
    let pixels: [UInt8] = (0..<7).flatMap { [UInt8](repeating: $0 % 2 == 0 ? 0 : 255, count: 5) }
    let bytes = SixelGraphics.bytes(of: PixelImage(width: 5, height: 7, channels: 1, pixels: pixels))
    #expect(
      String(decoding: bytes, as: UTF8.self)
        == "\u{1B}Pq\"1;1;5;7#0;2;0;0;0#1;2;100;100;100#0!5T$#1!5i-#0!5@\u{1B}\\\n")
  }

  @Test("Runs of up to three are written out, longer ones counted, none above 255; the empty end is left out")
  func runs() throws {
    let lengths = [1, 2, 3, 4, 255, 256, 600]
    let row = lengths.enumerated().flatMap { place, length in
      [UInt8](repeating: place % 2 == 0 ? 0 : 255, count: length)
    }
    let image = PixelImage(width: row.count, height: 1, channels: 1, pixels: row)
    let text = String(decoding: SixelGraphics.bytes(of: image), as: UTF8.self)
    #expect(text.contains("#0@??@@@!4?!255@!255??!255@!255@!90@$#1?@@???!4@!255?!255@@\u{1B}"))
    #expect(try drawn(image).colours == percents(image))
  }

  @Test("216 colours of whole percents come back as they are, in images of all heights")
  func exact() throws {
    for height in 1...13 {
      // 0, 20, ... 100 percent of each.
      var pixels: [UInt8] = []
      for pixel in 0..<36 * height {
        for share in [pixel / 36 % 6, pixel / 6 % 6, pixel % 6] { pixels.append(UInt8(share * 51)) }
      }
      let image = PixelImage(width: 36, height: height, channels: 3, pixels: pixels)
      let (picture, colours) = try drawn(image)
      #expect(colours == self.colours(image))
      #expect(picture.colourCount == 36 * min(height, 6))
    }
  }

  @Test("Up to 256 colours of any levels come back to the percent, grey and coloured")
  func percent() throws {
    for seed in 0..<20 {
      var generator = Damage(seed: seed)
      let channels = seed % 2 == 0 ? 1 : 3
      var palette: [[UInt8]] = []
      for _ in 0..<256 {
        palette.append((0..<channels).map { _ -> UInt8 in UInt8.random(in: 0...255, using: &generator) })
      }
      let (width, height) = (Int.random(in: 1...70, using: &generator), Int.random(in: 1...40, using: &generator))
      let pixels = (0..<width * height).flatMap { _ in palette.randomElement(using: &generator) ?? [] }
      let image = PixelImage(width: width, height: height, channels: channels, pixels: pixels)
      let (_, colours) = try drawn(image)
      #expect(colours == percents(image))
      for (found, wanted) in zip(colours, self.colours(image)) {
        for shift in [0, 8, 16] {
          let (one, other) = (found >> shift & 255, wanted >> shift & 255)
          if abs(one - other) > 1 { Issue.record("\(one) for \(other)") }
        }
      }
    }
  }

  /// The largest and the mean difference of a channel between what is drawn of `image` and the image.
  private func differences(_ image: PixelImage) throws -> (largest: Int, mean: Double) {
    var differences: [Int] = []
    for (found, wanted) in zip(try drawn(image).colours, colours(image)) {
      for shift in [0, 8, 16] { differences.append(abs((found >> shift & 255) - (wanted >> shift & 255))) }
    }
    return (differences.max() ?? 0, Double(differences.reduce(0, +)) / Double(differences.count))
  }

  @Test("Of 4,096 colours on a plane each is one of 256 that lie evenly among them")
  func plane() throws {
    // 64 levels of red and of green, 4 apart: four by four of them share a colour, at most 6 from their middle.
    var pixels: [UInt8] = []
    for red in 0..<64 { for green in 0..<64 { pixels += [UInt8(4 * red), UInt8(4 * green), 100] } }
    let (largest, mean) = try differences(PixelImage(width: 64, height: 64, channels: 3, pixels: pixels))
    #expect(largest <= 12 && mean <= 4, "\(largest), \(mean)")
  }

  @Test("Noise of all colours is near to its own, and what most pixels have stays as it is")
  func noise() throws {
    var generator = Damage(seed: 1)
    var pixels = (0..<3 * 10_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
    // 256 cells of a cube of 256 levels are 40 wide.
    let noise = try differences(PixelImage(width: 100, height: 100, channels: 3, pixels: pixels))
    #expect(noise.mean <= 16 && noise.largest <= 90, "\(noise)")
    // Nine tenths white, as paper is.
    for place in 0..<27_000 { pixels[place] = 255 }
    let image = PixelImage(width: 100, height: 100, channels: 3, pixels: pixels)
    let white = try drawn(image).colours.prefix(9000)
    #expect(white.allSatisfy { $0 == 0xFFFFFF })
  }
}

/// Pieces of kitty's protocol.
@Suite struct KittyGraphicsTests {
  @Test(
    "A file comes back from its pieces, which hold at most 4,096 characters, whatever its size",
    arguments: [0, 1, 2, 3, 3071, 3072, 3073, 6144, 10_000])
  func pieces(count: Int) throws {
    var generator = Damage(seed: count)
    let file = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let bytes = KittyGraphics.bytes(png: file)
    guard count > 0 else {
      #expect(bytes == [0x0A])
      return
    }
    let picture = try KittyPicture(bytes)
    #expect(picture.file == file)
    #expect(picture.pieces.dropLast().allSatisfy { $0.utf8.count == 4096 })
    #expect((1...4096).contains(picture.pieces.last?.utf8.count ?? 0))
    // Only the first says what comes, only the last that it is the last.
    let more = (0..<picture.keys.count).map { $0 < picture.keys.count - 1 ? "m=1" : "m=0" }
    #expect(picture.keys == ["a=T,f=100,q=2,\(more[0])"] + more.dropFirst())
  }
}
