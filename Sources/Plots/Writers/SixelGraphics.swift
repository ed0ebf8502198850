public import ImageFiles

/// Pictures in terminals by DEC's sixels: a character for six pixels, one below the other, of one colour.
public enum SixelGraphics {
  /// The most pixels that one count repeats: older terminals take no larger one.
  private static let mostRepeats = 255

  /// What shows `image` where the cursor is, and begins a line below it.
  public static func bytes(of image: PixelImage) -> [UInt8] {
    let palette = SixelPalette(image)
    // Pixels are squares; so many across and down.
    var bytes = Array("\u{1B}Pq\"1;1;\(image.width);\(image.height)".utf8)
    for (place, colour) in palette.colours.enumerated() {
      bytes += Array("#\(place);2;\(colour.map(String.init).joined(separator: ";"))".utf8)
    }
    for top in stride(from: 0, to: image.height, by: 6) {
      if top > 0 { bytes.append(UInt8(ascii: "-")) }
      appendBand(top..<min(top + 6, image.height), width: image.width, palette, to: &bytes)
    }
    return bytes + Array("\u{1B}\\\n".utf8)
  }

  /// Six rows, one colour after the other from the left side.
  private static func appendBand(
    _ rows: Range<Int>, width: Int, _ palette: SixelPalette, to bytes: inout [UInt8]
  ) {
    var sixels = [[UInt8]](repeating: [], count: palette.colours.count)
    for (bit, row) in rows.enumerated() {
      for x in 0..<width {
        let colour = Int(palette.places[row * width + x])
        if sixels[colour].isEmpty { sixels[colour] = Array(repeating: 0, count: width) }
        sixels[colour][x] |= 1 << UInt8(bit)
      }
    }
    var isFirst = true
    for (colour, sixels) in sixels.enumerated() where !sixels.isEmpty {
      if !isFirst { bytes.append(UInt8(ascii: "$")) }
      isFirst = false
      bytes += Array("#\(colour)".utf8)
      append(sixels, to: &bytes)
    }
  }

  /// One colour's pixels, runs of them counted; what is empty at the end is left out.
  private static func append(_ sixels: [UInt8], to bytes: inout [UInt8]) {
    var rest = sixels[..<(1 + (sixels.lastIndex { $0 != 0 } ?? -1))]
    while let first = rest.first {
      let count = rest.prefix(mostRepeats).prefix { $0 == first }.count
      let character = 63 + first
      if count > 3 {
        bytes += Array("!\(count)".utf8) + [character]
      } else {
        bytes += repeatElement(character, count: count)
      }
      rest = rest.dropFirst(count)
    }
  }
}
