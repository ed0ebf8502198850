import Tensors
import Testing

@testable import Corruptions

/// Photons, counted.
@Suite("Poisson's distribution")
struct PoissonTests {
  private func draws(_ mean: Double, _ count: Int = 20_000) -> [Int] {
    var generator = Generator(seed: 5, purpose: .corruption, image: 1, restart: 2)
    return (0..<count).map { _ in generator.poisson(mean) }
  }

  @Test("Mean and variance are both what was asked for", arguments: [0.1, 1, 7.5, 50, 500] as [Double])
  func moments(mean: Double) {
    let found = draws(mean).map(Double.init)
    let count = Double(found.count)
    let average = found.reduce(0, +) / count
    let variance = found.reduce(0) { $0 + ($1 - average) * ($1 - average) } / count
    #expect(abs(average - mean) < 5 * (mean / count).squareRoot(), "\(average)")
    // The variance of a variance: that of the fourth moment, 3 mean^2 + mean, less its square.
    #expect(abs(variance - mean) < 5 * ((2 * mean * mean + mean) / count).squareRoot(), "\(variance)")
    #expect(found.allSatisfy { $0 >= 0 })
  }

  @Test("As many are 0, 1 and 2 as the formula says")
  func shares() {
    let found = draws(2)
    // exp(-2) times 1, 2, 2.
    for (value, share) in [(0, 0.135335), (1, 0.270671), (2, 0.270671)] {
      let part = Double(found.count { $0 == value }) / Double(found.count)
      #expect(abs(part - share) < 5 * (share / Double(found.count)).squareRoot(), "\(value): \(part)")
    }
  }

  @Test("Nothing comes of nothing, and the same draws are the same")
  func ends() {
    #expect(draws(0, 100).allSatisfy { $0 == 0 })
    #expect(draws(3, 100) == draws(3, 100))
    #expect(draws(3, 100) != draws(4, 100))
    #expect(draws(1e-9, 100).allSatisfy { $0 <= 1 })
  }

  @Test("Another image draws other numbers, the same image the same")
  func images() {
    let found = [1, 2, 1].map { image in
      var generator = Generator(seed: 5, purpose: .corruption, image: image, restart: 2)
      return (0..<50).map { _ in generator.poisson(20) }
    }
    #expect(found[0] == found[2] && found[0] != found[1])
  }
}
