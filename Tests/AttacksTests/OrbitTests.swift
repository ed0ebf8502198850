import Attacks
import Networks
import Tensors
import Testing

/// Rounds that an attack leaves out because they lead nowhere new.
@Suite("Orbits")
struct OrbitTests {
  /// Every step taken, one by one, for one image of the toy network.
  private func steps(_ count: Int, from clean: [Float], label: Int, epsilon: Float, stepSize: Float) -> [Float] {
    let network = ToyNetwork(batchSize: 1)
    var (image, logits, rise) = (Tensor([1, 2, 5, 5], clean), Tensor([1, 5]), Tensor([1, 5]))
    var slope = image
    for _ in 0..<count {
      network.forward(image, into: &logits)
      let row = logits
      row.values.withUnsafeBufferPointer { row in
        rise.values.withUnsafeMutableBufferPointer {
          Objective.crossEntropy(label: label).writeGradient(at: row, into: $0)
        }
      }
      network.backward(rise, into: &slope)
      for i in clean.indices {
        let moved = image.values[i] + (slope.values[i] > 0 ? stepSize : 0) - (slope.values[i] < 0 ? stepSize : 0)
        image.values[i] = min(max(clean[i] + min(max(moved - clean[i], -epsilon), epsilon), 0), 1)
      }
    }
    return image.values
  }

  @Test("PGD of many steps comes to what all its steps come to, and takes few of them", arguments: 400..<412)
  func manySteps(count: Int) throws {
    let (images, labels) = (Toy.images(4), Toy.labels(4))
    let attack = ProjectedGradientDescent(epsilon: 0.1, steps: count, stepSize: 0.013, start: .clean)
    let results = try Attacker(attack).attack(images, labels: labels, images: Array(0..<4))
    for (row, result) in results.enumerated() {
      let clean = images[rows: row..<row + 1].values
      var expected = steps(count, from: clean, label: labels[row], epsilon: 0.1, stepSize: 0.013)
      expected.withUnsafeMutableBufferPointer { expected in
        clean.withUnsafeBufferPointer { Bound(norm: .linf, epsilon: 0.1).settle(expected, around: $0) }
      }
      #expect(result.perturbed == expected && result.steps == count)
    }
    #expect(results.allSatisfy { $0.cost.backwards < count / 2 })
  }

  /// When a walk over numbers, each a point, is noticed to repeat, and after how many points.
  private func notice(_ walk: (Int) -> Float, within count: Int = 5000) -> (point: Int, period: Int)? {
    var orbit = Orbit(count: 2)
    for number in 0..<count {
      let period = [walk(number), 1].withUnsafeBufferPointer { orbit.period(of: $0) }
      if let period { return (number, period) }
    }
    return nil
  }

  @Test("A walk is noticed two rounds after its tail", arguments: [0, 1, 7, 1500], [1, 2, 5, 1000, 1024])
  func rounds(tail: Int, period: Int) throws {
    let found = try #require(notice { Float($0 < tail ? -1 - $0 : ($0 - tail) % period) })
    #expect(found.period == period && found.point == tail + 2 * period)
  }

  @Test("Walks that never repeat, or too late, go on")
  func open() {
    #expect(notice { Float($0) } == nil)
    #expect(notice { Float($0 % 1025) } == nil)
    // Numbers that come again out of turn are no round: 0 1 2 3 1 5 6 7 ...
    #expect(notice { $0 == 4 ? 1 : Float($0) } == nil)
  }
}
