import Failures
import ImageFiles
import Plots
import Records
import TestSupport
import Testing
import VectorGraphics

/// PNG and PDF, where librsvg is.
@Suite(.enabled(if: (try? SVGRenderer()) != nil)) struct RasterTests {
  private func image(_ png: [UInt8]) throws -> PixelImage { try ImageFile(png, name: "figure").pixels() }

  @Test(
    "A PNG has the colour of a series where the document has its markers, and white around, at 400 and 1,600 pixels")
  func markers() throws {
    let figure = try Drawing.figure(.profile, [0, 90.0, 180].map { Drawing.score("m", rotation: $0, right: 50) })
    for width in [400, 1600] {
      let (document, exact, height) = try figure.svg(width: Double(width))
      #expect(exact == Double(width))
      let png = try SVGRenderer().png(document, width: width, height: Int(height))
      #expect(try SVGRenderer().png(document, width: width, height: Int(height)) == png)
      let image = try image(png)
      #expect(image.width == width && image.height == Int(height))
      func colour(_ x: Double, _ y: Double) -> [UInt8] {
        let place = (Int(y) * image.width + Int(x)) * image.channels
        return Array(image.pixels[place..<place + 3])
      }
      let text = String(decoding: document, as: UTF8.self)
      let circles = text.matches(of: /<circle class="f0" cx="([0-9.]+)" cy="([0-9.]+)"/)
      #expect(circles.count == 4)
      for circle in circles {
        let (x, y) = (try #require(Double(circle.1)), try #require(Double(circle.2)))
        #expect(colour(x, y) == [0x00, 0x72, 0xB2], "\(x), \(y)")
      }
      // The light colours, whatever the reader's screen: the corners are paper.
      for x in [0.0, exact - 1] { for y in [0.0, height - 1] { #expect(colour(x, y) == [255, 255, 255]) } }
      // There is text: dark pixels left of the frame.
      // The leftmost circle but that of the legend below.
      let frame = circles.compactMap { Double($0.1) }.filter { $0 > 40 }.min() ?? 0
      let dark = (0..<Int(height)).flatMap { y in (0..<Int(frame) - 8).map { colour(Double($0), Double(y)) } }
      #expect(dark.count { $0[0] < 150 } > 50)
    }
  }

  @Test("A band is a sixth of its colour over the paper, rules are thin and grey, gaps are paper")
  func blending() throws {
    let scores = [0.0, 60, 120, 180].map { Drawing.score("m", rotation: $0, right: 10, of: 20) }
    let (document, _, height) = try Drawing.figure(.profile, scores).svg(width: 800)
    let image = try image(SVGRenderer().png(document, width: 800, height: Int(height)))
    func colour(_ x: Double, _ y: Double) -> [Int] {
      let place = (Int(y) * image.width + Int(x)) * image.channels
      return image.pixels[place..<place + 3].map(Int.init)
    }
    let text = String(decoding: document, as: UTF8.self)
    func corners(_ line: Substring) -> [(x: Double, y: Double)] {
      line.split(separator: " ").compactMap { pair in
        let numbers = pair.split(separator: ",").compactMap { Double(String($0)) }
        return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
      }
    }
    let band = corners(try #require(text.firstMatch(of: /class="b f0" points="([^"]*)"/)).1)
    let line = corners(try #require(text.firstMatch(of: /class="l l0" points="([^"]*)"/)).1)
    try #require(band.count == 8 && line.count == 4)
    let x = (line[0].x + line[1].x) / 2
    // 0.15 of #0072b2 over white.
    let blend = [0x00, 0x72, 0xB2].map { Int((255 + 0.15 * (Double($0) - 255)).rounded()) }
    for y in [(line[0].y + band[0].y) / 2 + 3, (line[0].y + band[7].y) / 2 - 3] {
      let found = colour(x, y)
      let isRule = found.allSatisfy { $0 == found[0] }
      #expect(isRule || zip(found, blend).allSatisfy { abs($0 - $1) <= 2 }, "\(found) for \(blend)")
    }
    // The line may lie between two rows of pixels.
    #expect(colour(x, line[0].y)[0] < 0x40 && colour(x, line[0].y)[2] > 0xA0)
    // Above the band there is paper, but for rules.
    let above = stride(from: band[0].y - 4, to: band[0].y - 30, by: -1).map { colour(x, $0) }
    #expect(above.count { $0 == [255, 255, 255] } >= 22)
    #expect(above.allSatisfy { $0[0] == $0[1] && $0[1] == $0[2] && $0[0] >= 0xDD })
    for rule in text.matches(of: /class="g" points="([^"]*)"/) {
      let ends = corners(rule.1)
      let found = colour(ends[1].x - 1, ends[1].y)
      #expect(found[0] == found[1] && found[0] == found[2] || zip(found, blend).allSatisfy { $0 <= $1 + 2 })
    }
  }

  @Test("Cells have the colour that their shade says, in every row and column")
  func cells() throws {
    let scores = [0.0, 30].flatMap { angle in
      [0.0, 0.1].map { Drawing.score("m", rotation: angle, epsilon: $0, right: 90 - Int(angle) - Int(300 * $0)) }
    }
    let (document, _, height) = try Drawing.figure(.heatmap, scores).svg(width: 400)
    let image = try image(SVGRenderer().png(document, width: 400, height: Int(height)))
    let cells = String(decoding: document, as: UTF8.self).matches(
      of: /class="y" fill="#([0-9a-f]{6})" x="([0-9.]+)" y="([0-9.]+)" width="([0-9.]+)"/)
    #expect(cells.count == 4)
    for cell in cells {
      let value = try #require(Int(cell.1, radix: 16))
      let (x, y) = (try #require(Double(String(cell.2))), try #require(Double(String(cell.3))))
      // Near the corner, where no text is.
      let place = (Int(y + 3) * image.width + Int(x + 3)) * image.channels
      let found = image.pixels[place..<place + 3].map(Int.init)
      #expect(found == [value >> 16, value >> 8 & 255, value & 255])
    }
  }

  @Test("A figure at twice its size has the same colours at the same places")
  func scales() throws {
    let (document, width, height) = try Drawing.figure(.profile, Drawing.profile(models: 3)).svg(width: 400)
    let (columns, rows) = (Int(width), Int(height))
    let small = try image(SVGRenderer().png(document, width: columns, height: rows))
    let large = try image(SVGRenderer().png(document, width: 2 * columns, height: 2 * rows))
    #expect(large.width == 2 * small.width && large.height == 2 * small.height)
    var difference = 0
    for y in 0..<rows {
      for x in 0..<columns {
        for channel in 0..<3 {
          let one = Int(small.pixels[(y * columns + x) * small.channels + channel])
          let four = [(0, 0), (0, 1), (1, 0), (1, 1)].map { down, across in
            Int(large.pixels[((2 * y + down) * 2 * columns + 2 * x + across) * large.channels + channel])
          }
          difference += abs(one - four.reduce(0, +) / 4)
        }
      }
    }
    // Mean levels; letters are hinted to whole pixels, the rest is the same.
    #expect(Double(difference) / Double(columns * rows * 3) < 4)
  }

  @Test("Pixels are those of the PNG, figures and pictures alike, and white where a document is clear")
  func pixels() throws {
    let documents = [
      try Drawing.figure(.profile, Drawing.profile(models: 3)).svg(width: 500),
      try PictureSheet(
        caption: "c",
        groups: [
          .init(
            pictures: [.init(PixelImage(width: 2, height: 1, channels: 3, pixels: [255, 0, 9, 0, 99, 1]), hint: "h")],
            heading: "1", detail: "d")
        ]
      ).svg(width: 300),
    ]
    for (document, width, height) in documents {
      let renderer = try SVGRenderer()
      let png = try renderer.png(document, width: Int(width), height: Int(height))
      let pixels = try renderer.pixels(document, width: Int(width), height: Int(height))
      #expect(try image(png).converted(toChannels: 3) == pixels)
      #expect(try renderer.pixels(document, width: Int(width), height: Int(height)) == pixels)
    }
    let half =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"2\" height=\"1\">"
      + "<rect width=\"1\" height=\"1\" fill=\"#000000\" fill-opacity=\"0.2\"/></svg>"
    // A fifth of black over white.
    #expect(try SVGRenderer().pixels(Array(half.utf8), width: 2, height: 1).pixels == [204, 204, 204, 255, 255, 255])
  }

  @Test("A PDF is the same bytes twice")
  func pdf() throws {
    let document = try Drawing.figure(.profile, Drawing.profile(models: 3)).svg(theme: .paper).document
    let first = try SVGRenderer().pdf(document, width: 240, height: 160)
    #expect(first.starts(with: "%PDF-".utf8) && first.count > 2000)
    #expect(try SVGRenderer().pdf(document, width: 240, height: 160) == first)
  }

  @Test("Sizes that cairo has not, and documents that are none, are refused")
  func refusals() throws {
    #expect(throws: Failure.self) { try SVGRenderer().png([], width: 100_000, height: 1) }
    #expect(throws: Failure.self) { try SVGRenderer().png(Array("no".utf8), width: 10, height: 10) }
    #expect(throws: Failure.self) { try SVGRenderer().pixels([], width: 1, height: 100_000) }
    #expect(throws: Failure.self) { try SVGRenderer().pixels(Array("no".utf8), width: 10, height: 10) }
    #expect(throws: Failure.self) { try SVGRenderer().pdf(Array("<svg".utf8), width: 10, height: 10) }
  }
}
