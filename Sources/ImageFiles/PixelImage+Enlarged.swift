extension PixelImage {
  /// The image with each pixel a square of so many, as often as makes the longer side at most `side` pixels; itself where it
  /// is larger.
  ///
  /// Programs that smooth what they enlarge, as librsvg does, then have little to smooth.
  public func enlarged(toFit side: Int) -> PixelImage {
    let factor = max(1, side / max(width, height, 1))
    guard factor > 1 else { return self }
    var enlarged: [UInt8] = []
    enlarged.reserveCapacity(pixels.count * factor * factor)
    for y in 0..<height {
      let start = y * width * channels
      let row = (0..<width).flatMap { x in
        repeatElement(pixels[start + x * channels..<start + (x + 1) * channels], count: factor).joined()
      }
      for _ in 0..<factor { enlarged += row }
    }
    return PixelImage(width: width * factor, height: height * factor, channels: channels, pixels: enlarged)
  }
}
