import Corruptions
import Tensors
import Testing

/// What corruptions do to images of which the answer is known.
@Suite("Corruptions of plain images")
struct KnownAnswerTests {
  private func corrupted(
    _ pixels: [Float], _ shape: Shape, _ kind: Corruption.Kind, _ severity: Int, seed: UInt64 = 1
  ) throws -> [Float] {
    var pixels = pixels
    try pixels.withUnsafeMutableBufferPointer {
      try Corruption(kind, severity: severity).apply(to: $0, shape: shape, seed: seed, image: 3)
    }
    return pixels
  }

  private func flat(_ level: Int, _ shape: Shape) -> [Float] {
    [Float](repeating: Float(level) / 255, count: shape.count)
  }

  @Test(
    "A flat image has nothing to blur, to level out or to enlarge",
    arguments: [Corruption.Kind.gaussianBlur, .defocusBlur, .glassBlur, .zoomBlur, .contrast, .pixelate])
  func flatImages(kind: Corruption.Kind) throws {
    for level in [0, 1, 100, 254, 255] {
      for severity in Corruption.severities {
        let image = flat(level, [3, 32, 32])
        let found = try corrupted(image, [3, 32, 32], kind, severity)
        // A sum of weights that is one but for rounding may fall below a level.
        #expect(zip(found, image).allSatisfy { abs($0 - $1) < 1.01 / 255 }, "\(kind) \(level) \(severity)")
      }
    }
  }

  @Test("Normal noise has no mean and the deviation of its severity", arguments: Array(Corruption.severities))
  func noise(severity: Int) throws {
    let deviation = [0.04, 0.06, 0.08, 0.09, 0.1][severity - 1]
    let found = try corrupted([Float](repeating: 0.5, count: 4096), [1, 64, 64], .gaussianNoise, severity).map(
      Double.init)
    let mean = found.reduce(0, +) / 4096
    let variance = found.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 4096
    // What lies between two levels is cut off, half a level on average.
    #expect(abs(mean - 0.5 + 0.5 / 255) < 4 * deviation / 64)
    #expect(abs(variance.squareRoot() - deviation) < 0.05 * deviation)
  }

  @Test("Noise that grows with the pixels leaves black ones, and impulses hit their share", arguments: [1, 5])
  func others(severity: Int) throws {
    let black = flat(0, [1, 64, 64])
    #expect(try corrupted(black, [1, 64, 64], .speckleNoise, severity) == black)
    #expect(try corrupted(black, [1, 64, 64], .shotNoise, severity) == black)
    let share = severity == 1 ? 0.01 : 0.07
    let grey = try corrupted(flat(128, [1, 64, 64]), [1, 64, 64], .impulseNoise, severity)
    let (white, dark) = (grey.count { $0 == 1 }, grey.count { $0 == 0 })
    #expect(abs(Double(white + dark) / 4096 - share) < 4 * (share / 4096).squareRoot())
    #expect(white > 0 && dark > 0 && grey.allSatisfy { [0, 1, Float(128) / 255].contains($0) })
  }

  @Test("Noise is of one pattern at every severity, so that it grows")
  func onePattern() throws {
    let image = flat(128, [1, 16, 16])
    let (weak, strong) = (
      try corrupted(image, [1, 16, 16], .gaussianNoise, 1), try corrupted(image, [1, 16, 16], .gaussianNoise, 5)
    )
    for (one, other) in zip(weak, strong) where abs(one - image[0]) > 2.0 / 255 {
      #expect((one < image[0]) == (other < image[0]) && abs(other - image[0]) >= abs(one - image[0]) - 1.01 / 255)
    }
  }

  @Test("Brightness adds to every channel of a grey pixel, and saturation leaves it")
  func colours() throws {
    let grey = flat(100, [3, 4, 4])
    for (severity, more) in zip(1...5, [0.05, 0.1, 0.15, 0.2, 0.3] as [Float]) {
      let bright = try corrupted(grey, [3, 4, 4], .brightness, severity)
      #expect(bright.allSatisfy { abs($0 - grey[0] - more) < 1.01 / 255 })
    }
    #expect(try corrupted(grey, [3, 4, 4], .saturate, 1) == grey)
    #expect(try corrupted(grey, [3, 4, 4], .saturate, 3) == grey)
    // Pure red has all the saturation there is, and a tenth of it is nearly white.
    let red = [Float](repeating: 1, count: 16) + [Float](repeating: 0, count: 32)
    let pale = try corrupted(red, [3, 4, 4], .saturate, 2)
    #expect(pale[..<16].allSatisfy { $0 == 1 } && pale[16...].allSatisfy { abs($0 - 0.9) < 1.01 / 255 })
  }

  @Test("Contrast keeps the mean of each channel")
  func contrast() throws {
    let image = (0..<192).map { place -> Float in
      let level: Int = place % 64 * 3 + place / 64 * 20
      return Float(level) / 255
    }
    let found = try corrupted(image, [3, 8, 8], .contrast, 5)
    for channel in 0..<3 {
      let range = channel * 64..<(channel + 1) * 64
      let before: Float = image[range].reduce(0, +) / 64
      let after: Float = found[range].reduce(0, +) / 64
      #expect(abs(before - after) < 1.01 / 255)
      let spread: Float = (found[range].max() ?? 0) - (found[range].min() ?? 0)
      #expect(abs(spread - 0.15 * 63 * 3 / 255) < 2.01 / 255)
    }
  }

  @Test("Fog makes dark pixels brighter and keeps black images black")
  func fog() throws {
    #expect(try corrupted(flat(0, [1, 32, 32]), [1, 32, 32], .fog, 5) == flat(0, [1, 32, 32]))
    var image = flat(0, [1, 32, 32])
    image[0] = 1
    let found = try corrupted(image, [1, 32, 32], .fog, 3)
    #expect(found.dropFirst().count { $0 > 0 } > 900 && (found.max() ?? 0) <= 1)
  }
}
