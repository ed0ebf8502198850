import ImageFiles
import Plots
import Testing

/// Pictures in characters, as they stand there.
@Suite struct HalfBlockTests {
  private let escape = "\u{1B}["

  @Test("A character is two pixels: the upper one its colour, the lower one what is behind; none behind a last odd row")
  func colours() {
    let image = PixelImage(
      width: 2, height: 3, channels: 3, pixels: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18])
    let lines = HalfBlocks(isColoured: true).lines(of: [image], factor: 1)
    #expect(
      lines == [
        "\(escape)38;2;1;2;3m\(escape)48;2;7;8;9m▀\(escape)38;2;4;5;6m\(escape)48;2;10;11;12m▀\(escape)0m",
        "\(escape)38;2;13;14;15m\(escape)49m▀\(escape)38;2;16;17;18m\(escape)49m▀\(escape)0m",
      ])
    let grey = PixelImage(width: 1, height: 2, channels: 1, pixels: [0, 200])
    #expect(
      HalfBlocks(isColoured: true).lines(of: [grey], factor: 1)
        == ["\(escape)38;2;0;0;0m\(escape)48;2;200;200;200m▀\(escape)0m"])
  }

  @Test("Without colours ten characters are as dark as both pixels; images stand side by side, blank where one is over")
  func characters() {
    let greys: [UInt8] = [0, 29, 57, 85, 114, 142, 170, 199, 227, 255]
    let ramp = PixelImage(width: 10, height: 2, channels: 1, pixels: greys + greys)
    let white = PixelImage(width: 2, height: 4, channels: 1, pixels: Array(repeating: 255, count: 8))
    let lines = HalfBlocks(isColoured: false).lines(of: [ramp, white], factor: 1)
    #expect(lines == [" .:-=+*#%@ @@", "           @@"])
    // Black over white is as dark as both.
    let half = PixelImage(width: 1, height: 2, channels: 1, pixels: [0, 255])
    #expect(HalfBlocks(isColoured: false).lines(of: [half], factor: 1) == ["="])
    #expect(HalfBlocks(isColoured: false).lines(of: [], factor: 1) == [])
  }

  @Test("A smaller picture has the means of squares; what is left at the right and below is cut off")
  func factors() {
    let pixels: [UInt8] = [0, 100, 9, 50, 50, 9, 9, 9, 9, 9, 9, 9]
    let image = PixelImage(width: 3, height: 4, channels: 1, pixels: pixels)
    #expect(HalfBlocks.columns(of: 3, factor: 2) == 1 && HalfBlocks.columns(of: 3, factor: 9) == 1)
    // (0 + 100 + 50 + 50) / 4, then (9 + 9 + 9 + 9) / 4.
    #expect(
      HalfBlocks(isColoured: true).lines(of: [image], factor: 2)
        == ["\(escape)38;2;50;50;50m\(escape)48;2;9;9;9m▀\(escape)0m"])
  }
}
