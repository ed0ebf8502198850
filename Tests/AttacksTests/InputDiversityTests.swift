import Attacks
import Tensors
import Testing

@Suite("Images made smaller and put on black")
struct InputDiversityTests {
  private static let shapes: [Shape] = [[2, 28, 28], [1, 5, 5], [3, 7, 40], [1, 40, 11], [1, 30, 3]]

  private func image(_ shape: Shape, _ step: Int) -> [Float] {
    var generator = Generator(seed: 1, purpose: .sample, step: step)
    return (0..<shape.count).map { _ in generator.uniform() }
  }

  private func applied(_ diversity: InputDiversity, _ image: [Float]) -> [Float] {
    var image = image
    image.withUnsafeMutableBufferPointer { diversity.apply($0) }
    return image
  }

  @Test("the way back is the transpose of the way there", arguments: shapes)
  func transpose(shape: Shape) {
    let diversity = InputDiversity(probability: 1, shape: shape)
    for step in 0..<20 {
      var generator = Generator(seed: 2, purpose: .attackStart, step: step)
      diversity.draw(using: &generator)
      let (image, slope) = (image(shape, step), self.image(shape, step + 100))
      let there = zip(applied(diversity, image), slope).map { Double($0) * Double($1) }.reduce(0, +)
      let back = slope.withUnsafeBufferPointer { zip(diversity.takeBack($0), image).map { Double($0) * Double($1) } }
      #expect(abs(back.reduce(0, +) - there) < 1e-5 * there)
    }
  }

  @Test("white becomes a white rectangle of nine tenths at least, now here, now there, on black", arguments: shapes)
  func white(shape: Shape) {
    let diversity = InputDiversity(probability: 1, shape: shape)
    let (height, width) = (shape[1], shape[2])
    var corners: Set<[Int]> = []
    for step in 0..<200 {
      var generator = Generator(seed: 3, purpose: .attackStart, step: step)
      diversity.draw(using: &generator)
      let image = applied(diversity, [Float](repeating: 1, count: shape.count))
      #expect(image.allSatisfy { $0 == 0 || abs($0 - 1) < 1e-6 })
      let inside = image.indices.filter { image[$0] != 0 }
      let (rows, columns) = (inside.map { $0 / width % height }, inside.map { $0 % width })
      let (top, bottom) = (rows.min() ?? 0, rows.max() ?? 0)
      let (left, right) = (columns.min() ?? 0, columns.max() ?? 0)
      let sides = [bottom - top + 1, right - left + 1]
      #expect(inside.count == shape[0] * sides[0] * sides[1])
      #expect((width * 9 / 10..<width).contains(sides[1]) && sides[0] == max(height * sides[1] / width, 1))
      corners.insert([top, left] + sides)
    }
    #expect(corners.count > 2 || width < 11)
  }

  @Test(
    "is drawn as often as it is probable, and else leaves image and gradient alone", arguments: [0.25, 0.75] as [Float])
  func probability(probability: Float) {
    let shape: Shape = [1, 12, 12]
    let (diversity, image) = (InputDiversity(probability: probability, shape: shape), image(shape, 0))
    var count = 0
    for step in 0..<2000 {
      var generator = Generator(seed: 4, purpose: .attackStart, step: step)
      diversity.draw(using: &generator)
      count += diversity.isApplied ? 1 : 0
      guard !diversity.isApplied else { continue }
      let isKept = image.withUnsafeBufferPointer { diversity.takeBack($0).baseAddress == $0.baseAddress }
      #expect(isKept && applied(diversity, image) == image)
    }
    #expect(abs(Float(count) / 2000 - probability) < 0.03)
    // An image of one column cannot be made smaller.
    let narrow = InputDiversity(probability: 1, shape: [1, 9, 1])
    var generator = Generator(seed: 4, purpose: .attackStart)
    narrow.draw(using: &generator)
    #expect(!narrow.isApplied)
  }
}
