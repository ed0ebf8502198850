import Failures
import Foundation
import ImageFiles
import Plots
import TestSupport
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Sheets of pictures: everything within the sheet, nothing over anything else, texts as texts.
@Suite struct SheetTests {
  /// A sheet of `count` groups of three pictures of a size.
  private func sheet(_ count: Int, width: Int = 8, height: Int = 8, detail: String = "image 3, distance 0.1")
    -> PictureSheet
  {
    let pictures = ["clean", "perturbed", "difference"].map { name in
      PictureSheet.Picture(grey(width, height), hint: "\(name) <1>")
    }
    let groups = (0..<count).map { PictureSheet.Group(pictures: pictures, heading: "\($0) → 5", detail: detail) }
    return PictureSheet(title: "A title", caption: "pgd linf 0.1: the nearest of 30 images.", groups: groups)
  }

  /// A picture of one grey.
  private func grey(_ width: Int, _ height: Int) -> PixelImage {
    PixelImage(width: width, height: height, channels: 1, pixels: Array(repeating: 128, count: width * height))
  }

  /// Where the pictures of `svg` lie.
  private func boxes(_ svg: String) -> [CGRect] {
    svg.split(separator: "\n").filter { $0.hasPrefix("<image ") }.map { line in
      func number(_ name: String) -> Double {
        Double(line.components(separatedBy: " \(name)=\"").last?.components(separatedBy: "\"").first ?? "") ?? .nan
      }
      return CGRect(x: number("x"), y: number("y"), width: number("width"), height: number("height"))
    }
  }

  @Test(
    "Pictures and texts lie within the sheet and over no other, whatever their number and shape",
    arguments: [(1, 8, 8), (20, 8, 8), (7, 32, 32), (3, 9, 6), (3, 6, 9), (2, 1, 500)])
  func places(count: Int, width: Int, height: Int) throws {
    let long = "image 12345, distance 0.123456, turned by -123.45 degrees, moved by -3, 4"
    for (theme, widths) in [(Theme.screen, [400.0, 800, 1600]), (.paper, [240.0, 500])] {
      for whole in widths {
        let (document, _, tall) = try sheet(count, width: width, height: height, detail: long)
          .svg(theme: theme, width: whole)
        let svg = String(decoding: document, as: UTF8.self)
        let (boxes, texts) = (boxes(svg), try PlacedText.all(in: svg, em: theme.fontSize))
        #expect(boxes.count == 3 * count && texts.count >= 2 * count + 2)
        for (place, box) in boxes.enumerated() {
          #expect(box.minX >= 0 && box.maxX <= whole && box.minY >= 0 && box.maxY <= tall)
          // Two decimals.
          let ratio = box.width * Double(height) - box.height * Double(width)
          #expect(abs(ratio) <= 0.01 * Double(width + height))
          for other in boxes[..<place] { #expect(!box.insetBy(dx: 0.01, dy: 0.01).intersects(other)) }
          for text in texts {
            let isApart =
              text.left >= box.maxX || text.right <= box.minX || text.top >= box.maxY || text.bottom <= box.minY
            #expect(isApart, "\(text.text) over a picture")
          }
        }
        for (place, text) in texts.enumerated() {
          #expect(text.left >= 0 && text.right <= whole && text.top >= 0 && text.bottom <= tall, "\(text.text)")
          for other in texts[..<place] { #expect(!text.overlaps(other), "\(text.text) over \(other.text)") }
        }
      }
    }
  }

  @Test("A sheet is XML with its texts, the same bytes every time; pixels stay squares")
  func document() throws {
    let document = try sheet(2).svg().document
    #expect(try sheet(2).svg().document == document)
    #expect(XMLParser(data: Data(document)).parse())
    let svg = String(decoding: document, as: UTF8.self)
    #expect(svg.contains("<title>A title</title>") && svg.contains("<title>clean &lt;1&gt;</title></image>"))
    #expect(svg.components(separatedBy: "image-rendering:pixelated").count == 7)
    #expect(svg.contains(">1 → 5</text>"))
    // Eight pixels are enlarged to 24 each, so that programs have little to smooth.
    let files = svg.matches(of: /href="data:image\/png;base64,([^"]*)"/).map { String($0.1) }
    #expect(files.count == 6)
    for file in files {
      let bytes = [UInt8](try #require(Data(base64Encoded: file)))
      #expect(try ImageFile(bytes, name: "picture").pixels() == grey(192, 192))
    }
  }

  @Test("In a terminal a group is a line, and nothing in it steers the terminal")
  func text() {
    var sheet = sheet(2)
    sheet.title = ""
    #expect(
      sheet.text == "0 → 5  image 3, distance 0.1\n1 → 5  image 3, distance 0.1\n"
        + "pgd linf 0.1: the nearest of 30 images.\n")
    let group = PictureSheet.Group(pictures: [], heading: "\u{1B}[31m", detail: "\u{202E}")
    #expect(PictureSheet(title: "\u{7}", caption: "c", groups: [group]).text == "?\n?[31m  ?\nc\n")
  }

  @Test("Pictures stand over the texts of their group, groups side by side where the terminal has room")
  func terminal() {
    // 4 pixels are enlarged to 8, so a group is 2 x 8 columns and one between.
    let pictures = [PictureSheet.Picture(grey(4, 4), hint: "a"), PictureSheet.Picture(grey(4, 2), hint: "b")]
    let groups = (0..<3).map { place in
      PictureSheet.Group(pictures: pictures, heading: "\(place) → 5", detail: "image 3, far away")
    }
    let sheet = PictureSheet(title: "A title", caption: "c", groups: groups)
    // Grey 128 is the fifth of ten characters.
    let one = "========"
    let both = "\(one) \(one)"
    let first = "\(one)\(String(repeating: " ", count: 11))\(one)"
    let expected = [
      "A title", "\(both)  \(both)", "\(both)  \(both)", first, first,
      "0 → 5\(String(repeating: " ", count: 14))1 → 5", "image 3, far away  image 3, far away", both, both, one, one,
      "2 → 5",
      "image 3, far away", "c", "",
    ]
    #expect(sheet.text(columns: 40, isColoured: false) == expected.joined(separator: "\n"))
    // One below the other where there is no room, and colours are as many blocks as characters.
    let narrow = sheet.text(columns: 20, isColoured: false).split(separator: "\n")
    #expect(narrow.count == 1 + 3 * 6 + 1 && narrow.allSatisfy { $0.count <= 20 })
    #expect(sheet.text(columns: 40, isColoured: true).count { $0 == "▀" } == 3 * (4 * 8 + 2 * 8))
  }

  @Test("Pictures larger than their part of the terminal are made smaller, all by one factor")
  func small() {
    let pictures = (0..<3).map { _ in PictureSheet.Picture(grey(32, 32), hint: "a") }
    let large = PictureSheet(caption: "c", groups: [.init(pictures: pictures, heading: "h", detail: "")])
    // Three of 80 columns are 26: a half of 32.
    let lines = large.text(columns: 80, isColoured: false).split(separator: "\n")
    #expect(lines.count == 8 + 2 && lines[0].count == 3 * 16 + 2)
    let longest = String(repeating: "x", count: 30)
    let texts = PictureSheet(caption: "c", groups: [.init(pictures: [], heading: "a \(longest) b", detail: "")])
    #expect(texts.text(columns: 80, isColoured: false) == "a\n\(longest)\nb\nc\n")
    #expect(PictureSheet(caption: "c", groups: []).text(columns: 80, isColoured: true) == "c\n")
  }

  @Test("A width in which no group has room is refused with one that will do")
  func narrow() throws {
    let failure = #expect(throws: Failure.self) { try sheet(1).svg(width: 200) }
    let least = try #require(failure?.message.firstMatch(of: /give a width of ([0-9]+)/).flatMap { Double($0.1) })
    #expect(failure?.kind == .usage)
    #expect(try sheet(1).svg(width: least).width == least)
  }

  @Test("A set without successes is a caption")
  func empty() throws {
    let svg = String(decoding: try sheet(0).svg().document, as: UTF8.self)
    #expect(boxes(svg).isEmpty && svg.contains("pgd linf 0.1: the nearest of 30 images."))
  }
}
