import Datasets
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("The built-in digits")
struct DigitsTests {
  private struct Expected: Decodable {
    let counts: [Int]
    let labels: [Int]
    let first: [Int]
    let sums: [Int]
    let weighted: Int
  }

  @Test("They are those of scikit-learn, the final 360 for tests", arguments: Split.allCases)
  func digits(split: Split) throws {
    let all = try JSONDecoder().decode([String: Expected].self, from: Fixture.data("datasets/digits.json"))
    let expected = try #require(all[split.rawValue])
    let images = try load("digits", split)
    #expect(images.count == (split == .train ? 1437 : 360))
    #expect(images.imageShape == [1, 8, 8])
    #expect(images.name == "digits")
    #expect(images.classNames == (0...9).map(String.init))
    let labels = images.indices.map(images.label)
    #expect((0...9).map { digit in labels.count { $0 == digit } } == expected.counts)
    #expect(Array(labels.prefix(20)) == expected.labels)
    let pixels = images.indices.map { images.pixelValues(of: $0).map { Int(($0 * 255).rounded()) } }
    #expect(pixels[0] == expected.first)
    #expect((0..<64).map { position in pixels.reduce(0) { $0 + $1[position] } } == expected.sums)
    #expect(zip(pixels, 1...).reduce(0) { $0 + $1.0.reduce(0, +) * $1.1 } == expected.weighted)
  }
}
