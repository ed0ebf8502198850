import Attacks
import SavedSets
import Testing

@Suite("Distances of saved images")
struct PixelDistanceTests {
  /// An image of three levels, changed by `changes` levels.
  private func images(_ levels: [Int], _ changes: [Int]) -> (image: [Float], clean: [Float]) {
    (zip(levels, changes).map { Float($0 + $1) / 255 }, levels.map { Float($0) / 255 })
  }

  @Test("Norms are those of the changes", arguments: [(Norm.linf, 0.5), (.l2, 0.75), (.l1, 1.25), (.l0, 3)])
  func norms(norm: Norm, expected: Double) {
    let distance = PixelDistance(norm, epsilon: 0)
    #expect(abs(distance([0.5, 0.25, 0.5, 1], from: [0, 0.5, 0, 1]) - expected) < 1e-6)
    #expect(distance([0.25, 1], from: [0.25, 1]) == 0)
    #expect(distance.isWithin(0) && !distance.isWithin(1e-9))
  }

  @Test("So many levels are so many, wherever they lie: none too far at the radius, all beyond it", arguments: 0...16)
  func levels(radius: Int) {
    let distance = PixelDistance(.linf, epsilon: Double(radius) / 255)
    for start in 0...(255 - radius - 1) {
      let (image, clean) = images([start, start + radius], [radius, -radius])
      #expect(distance.isWithin(distance(image, from: clean)))
      let (farther, original) = images([start, start], [0, radius + 1])
      #expect(!distance.isWithin(distance(farther, from: original)))
    }
  }

  @Test("What only rounding takes beyond the radius is the radius; what exceeds it otherwise is told as it is")
  func rounding() {
    let distance = PixelDistance(.linf, epsilon: 0.1)
    for clean: Float in [0.1, 0.3, 0.55, 0.7, 0.85] {
      #expect(distance.isWithin(distance([clean + 0.1], from: [clean])))
      #expect(distance([clean + 0.1], from: [clean]) <= Double(Float(0.1)))
      let farther = distance([clean + 0.1 + 4 * clean.ulp], from: [clean])
      #expect(farther > Double(Float(0.1)) && !distance.isWithin(farther))
    }
    #expect(PixelDistance(.linf, epsilon: 0.1, tolerance: 1e-6).isWithin(0.1 + 9e-7))
    #expect(!PixelDistance(.linf, epsilon: 0.1, tolerance: 1e-6).isWithin(0.1 + 1.1e-6))
  }

  @Test("A pixel value has changed if no number rounds to both")
  func counts() {
    let distance = PixelDistance(.l0, epsilon: 1)
    #expect(distance([0.5, Float(0.25).nextUp, 0.75], from: [0.5, 0.25, 0.5]) == 1)
    #expect(distance([0.5, 0.251, 0.75], from: [0.5, 0.25, 0.5]) == 2)
  }
}
