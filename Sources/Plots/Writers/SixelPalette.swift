internal import ImageFiles

/// At most 256 colours for the pixels of an image, in the levels that sixels have: percent of red, green and blue.
struct SixelPalette {
  /// How many colours terminals take.
  private static let most = 256
  private static let levels = 101

  /// The colours, each percent of red, green and blue.
  let colours: [[Int]]
  /// For each pixel, row by row, the place of its colour.
  let places: [UInt8]

  /// The colours of `image` itself where these are few enough; else means of colours that are alike.
  init(_ image: PixelImage) {
    let (channels, pixels) = (image.channels, image.pixels)
    let percent = (0...255).map { ($0 * 100 + 127) / 255 }
    let codes = stride(from: 0, to: pixels.count, by: channels).map { start in
      (0..<3).reduce(0) { $0 * Self.levels + percent[Int(pixels[start + min($1, channels - 1)])] }
    }
    var counts = [Int](repeating: 0, count: Self.levels * Self.levels * Self.levels)
    for code in codes { counts[code] += 1 }
    var boxes = [ColourBox(counts.indices.filter { counts[$0] > 0 }.map { .init(code: $0, count: counts[$0]) })]
    while boxes.count < Self.most, let widest = boxes.indices.max(by: { boxes[$0].spread < boxes[$1].spread }),
      boxes[widest].spread > 0
    {
      let (lower, upper) = boxes[widest].halves
      boxes[widest] = lower
      boxes.append(upper)
    }
    var table = [UInt8](repeating: 0, count: counts.count)
    for (place, box) in boxes.enumerated() {
      for colour in box.colours { table[colour.code] = UInt8(place) }
    }
    colours = boxes.map(\.mean)
    places = codes.map { table[$0] }
  }

  /// A colour of the image, and how many pixels have it.
  struct Colour {
    let code, count: Int

    /// Its percent of red, green or blue, 0, 1 or 2.
    func percent(_ channel: Int) -> Int {
      switch channel {
      case 0: code / (levels * levels)
      case 1: code / levels % levels
      default: code % levels
      }
    }
  }
}

/// Colours that are alike, which are halved where they differ most: as in Heckbert's median cut, by mean and deviation.
private struct ColourBox {
  let colours: [SixelPalette.Colour]
  /// The squared deviations of all pixels from the mean, in the channel that has the most; 0 for one colour.
  let spread: Double
  private let total: Int
  private let sums: [Int]
  private let channel: Int

  init(_ colours: [SixelPalette.Colour]) {
    let total = colours.reduce(0) { $0 + $1.count }
    let sums = (0..<3).map { channel in colours.reduce(0) { $0 + $1.count * $1.percent(channel) } }
    let spreads = sums.enumerated().map { channel, sum in
      let mean = Double(sum) / Double(max(1, total))
      return colours.reduce(0.0) { spread, colour in
        let deviation = Double(colour.percent(channel)) - mean
        return spread + Double(colour.count) * deviation * deviation
      }
    }
    let widest = spreads.max() ?? 0
    (self.colours, self.total, self.sums, spread) = (colours, total, sums, widest)
    channel = spreads.firstIndex(of: widest) ?? 0
  }

  /// The colours up to the mean, and those above it.
  var halves: (lower: ColourBox, upper: ColourBox) {
    let upper = colours.filter { $0.percent(channel) * total > sums[channel] }
    let lower = colours.filter { $0.percent(channel) * total <= sums[channel] }
    return (ColourBox(lower), ColourBox(upper))
  }

  /// The mean of all pixels, in percent.
  var mean: [Int] { sums.map { (2 * $0 + total) / max(1, 2 * total) } }
}
