import Attacks
import Networks
import Tensors
import Testing

/// One attack of the table on one network; every test below holds for all of them.
struct Contract: Sendable, CustomTestStringConvertible {
  let kind: ToyNetwork.Kind
  let attack: ProjectedGradientDescent

  var testDescription: String {
    """
    \(kind) \(attack.norm) \(attack.steps) steps, \(attack.start) start, x\(attack.restarts), \(attack.loss.rawValue) \
    to \(attack.target.map(String.init) ?? "-")
    """
  }

  static let all: [Contract] = ToyNetwork.Kind.allCases.flatMap { kind in
    Norm.lengths.flatMap { norm in
      AttackLoss.allCases.flatMap { loss in
        ([nil, 2] as [Int?]).filter { loss != .divergence || $0 == nil }.flatMap { target in
          attacks(norm, loss, target).map { Contract(kind: kind, attack: $0) }
        }
      }
    }
  }

  private static func attacks(_ norm: Norm, _ loss: AttackLoss, _ target: Int?) -> [ProjectedGradientDescent] {
    let epsilon: Float = [.linf: 0.06, .l2: 0.4, .l1: 1.5][norm] ?? 0
    var fast = ProjectedGradientDescent.fastGradientSign(norm: norm, epsilon: epsilon)
    (fast.loss, fast.target) = (loss, target)
    return [fast]
      + [(Start.clean, 1), (.random, 1), (.random, 3)].map { start, restarts in
        ProjectedGradientDescent(
          norm: norm, epsilon: epsilon, steps: 3, stepSize: epsilon / 4, start: start, restarts: restarts, loss: loss,
          target: target, seed: 9)
      }
  }

  func perturb(
    _ images: Tensor, labels: [Int], indices: [Int], batchSize: Int = 10, epoch: Int = 0
  ) throws -> Tensor {
    var result = images
    let network = ToyNetwork(kind, batchSize: batchSize)
    let failures = try AttackScheduler(model: network, classifier: network)
      .perturb(images, by: attack, labels: labels, images: indices, epoch: epoch, into: &result)
    #expect(failures.allSatisfy { $0 == nil })
    return result
  }

  func perturb(_ count: Int = 10, batchSize: Int = 10, epoch: Int = 0) throws -> Tensor {
    try perturb(
      Toy.images(count), labels: Toy.labels(count), indices: Array(100..<100 + count), batchSize: batchSize,
      epoch: epoch)
  }

  func with(_ change: (inout ProjectedGradientDescent) -> Void) -> Contract {
    var attack = attack
    change(&attack)
    return Contract(kind: kind, attack: attack)
  }
}

@Suite("Every attack")
struct ContractTests {
  @Test("the table holds FGSM and PGD with every norm, loss, start, restart and target")
  func table() { #expect(Contract.all.count == 2 * 3 * 5 * 4) }

  @Test("with epsilon 0 gives back the clean images, bit for bit", arguments: Contract.all)
  func epsilonZeroIsIdentity(_ contract: Contract) throws {
    var images = Toy.images(10)
    images.values[3] = -0.0
    images.values[60] = .leastNonzeroMagnitude
    let result = try contract.with { $0.epsilon = 0 }
      .perturb(images, labels: Toy.labels(10), indices: Array(0..<10))
    #expect(result.values.map(\.bitPattern) == images.values.map(\.bitPattern))
  }

  @Test("never leaves the ball or 0...1, and goes somewhere", arguments: Contract.all)
  func staysInside(_ contract: Contract) throws {
    var images = Toy.images(10)
    // Saturated images are where clipping matters.
    for i in 0..<150 { images.values[i] = images.values[i].rounded() }
    for epsilon in [contract.attack.epsilon, 1e-6, 0.7, 8.0 / 255] as [Float] {
      let result = try contract.with { ($0.epsilon, $0.stepSize) = (epsilon, epsilon / 2) }
        .perturb(images, labels: Toy.labels(10), indices: Array(0..<10))
      #expect(result.values.allSatisfy { $0 >= 0 && $0 <= 1 })
      for row in 0..<10 { #expect(distance(contract.attack.norm, row, result, images) <= Double(epsilon) * 1.0000001) }
      let stuck = contract.attack.loss == .divergence && contract.attack.start == .clean
      #expect(stuck || result != images)
    }
  }

  @Test(
    "repeats itself for the same seed and epoch; another seed or epoch only moves random starts",
    arguments: Contract.all)
  func seeds(_ contract: Contract) throws {
    let first = try contract.perturb()
    #expect(try contract.perturb() == first)
    let isRandom = contract.attack.start == .random
    #expect(try (contract.with { $0.seed = 10 }.perturb() != first) == isRandom)
    #expect(try (contract.perturb(epoch: 1) != first) == isRandom)
  }

  @Test("treats an image alike in every batch size and slot", arguments: Contract.all)
  func batchesDoNotMatter(_ contract: Contract) throws {
    let (images, labels) = (Toy.images(10), Toy.labels(10))
    let whole = try contract.perturb(images, labels: labels, indices: Array(100..<110), batchSize: 64)
    for size in [1, 7] {
      for start in stride(from: 0, to: 10, by: size) {
        let rows = start..<min(start + size, 10)
        let part = try contract.perturb(
          images[rows: rows], labels: Array(labels[rows]), indices: rows.map { 100 + $0 }, batchSize: size)
        #expect(part == whole[rows: rows])
      }
    }
    let order = [3, 9, 0, 7, 7, 1]
    let shuffled = Tensor([6, 2, 5, 5], order.flatMap { images[rows: $0..<$0 + 1].values })
    let result = try contract.perturb(shuffled, labels: order.map { labels[$0] }, indices: order.map { 100 + $0 })
    for (slot, row) in order.enumerated() { #expect(result[rows: slot..<slot + 1] == whole[rows: row..<row + 1]) }
  }

  @Test(
    "from the clean image, climbs the loss of the linear network, or lowers the target's",
    arguments: Contract.all.filter { $0.kind == .linear && $0.attack.start == .clean })
  func climbs(_ contract: Contract) throws {
    let labels = contract.attack.target.map { [Int](repeating: $0, count: 10) } ?? Toy.labels(10)
    let (before, after) = (logits(of: Toy.images(10)), logits(of: try contract.perturb()))
    let probabilities = softmax(before)
    for row in 0..<10 {
      let change = probabilities.withLogits(row) { probabilities in
        let objective: Objective =
          switch contract.attack.loss {
          case .margin: .margin(label: labels[row])
          case .crossEntropy: .crossEntropy(label: labels[row])
          case .divergence: .divergence(from: probabilities)
          }
        return after.withLogits(row, objective.value) - before.withLogits(row, objective.value)
      }
      if let target = contract.attack.target {
        #expect(change < 0)
        let rise = after.values[row * 5 + target] - before.values[row * 5 + target]
        #expect(rise > 0)
      } else {
        #expect(contract.attack.loss == .divergence ? change == 0 : change > 0)
      }
    }
  }

  private func logits(of images: Tensor) -> Tensor {
    var logits = Tensor([images.shape[0], 5])
    ToyNetwork(.linear, batchSize: images.shape[0]).forward(images, into: &logits)
    return logits
  }

  private func distance(_ norm: Norm, _ row: Int, _ images: Tensor, _ clean: Tensor) -> Double {
    let changes = (row * 50..<(row + 1) * 50).map { Double(images.values[$0]) - Double(clean.values[$0]) }
    switch norm {
    case .linf: return changes.map(abs).max() ?? 0
    case .l2: return changes.reduce(0) { $0 + $1 * $1 }.squareRoot()
    case .l1: return changes.reduce(0) { $0 + abs($1) }
    case .l0: return Double(changes.count { $0 != 0 })
    }
  }
}
