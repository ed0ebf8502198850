import Foundation
import ImageFiles
import TestSupport
import Testing

@Suite("Images of one size")
struct FitTests {
  private static let fits = (try? Expected.all.get().fits) ?? []

  @Test("Resizing and cropping gives the pixels of torchvision, every one", arguments: fits)
  func fitted(expected: Expected.Fit) throws {
    let fit = try #require(ImageFit(side: expected.side, of: expected.shorter))
    let image = try decoded(expected.file).fitted(fit)
    #expect(image.width == expected.side && image.height == expected.side && image.channels == 3)
    #expect(distance(image.pixels, expected.pixels) == 0)
  }

  @Test("There are shrunk and grown, tall and wide images among the references")
  func references() throws {
    let fits = try Expected.all.get().fits
    #expect(fits.count == 35 && Set(fits.map(\.file)).count == 5)
  }

  @Test("An image that has the size stays as it is")
  func identity() throws {
    let square = try decoded("size-12x12.png")
    #expect(try square.fitted(#require(ImageFit(side: 12))) == square)
  }

  @Test("A strip as long as an image may be costs what is left of it")
  func strip() throws {
    let strip = PixelImage(
      width: 1 << 20, height: 1, channels: 1, pixels: (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 >> 12) })
    let image = try strip.fitted(#require(ImageFit(side: 512)))
    #expect(image.width == 512 && image.height == 512)
    // The one old pixel in the middle and its neighbours, which are equal or differ by one.
    #expect(Set(image.pixels).isSubset(of: [127, 128]))
  }

  @Test(
    "Sizes are read as they are written",
    arguments: [("224", 224, 224), ("224/256", 224, 256), ("1", 1, 1), ("8192/8192", 8192, 8192)])
  func texts(text: String, side: Int, shorter: Int) throws {
    let fit = try #require(ImageFit(text))
    #expect(fit == ImageFit(side: side, of: shorter) && fit.side == side && fit.shorterSide == shorter)
    #expect(fit.description == (side == shorter ? "\(side)" : text))
  }

  @Test(
    "What is no size is none",
    arguments: [
      "", "0", "/", "224/", "/256", "256/224", "8193", "1/2/3", "-1", "+1", " 1", "１", "99999999999999999999",
    ])
  func refused(text: String) { #expect(ImageFit(text) == nil) }
}
