import Attacks
import Failures
import Networks
import Tensors
import Testing

@Suite("An attack's workspace")
struct WorkspaceTests {
  let images = Toy.images(6)
  let labels = Toy.labels(6)

  func attack(restarts: Int = 1, start: Start = .random) -> ProjectedGradientDescent {
    ProjectedGradientDescent(epsilon: 0.02, steps: 2, stepSize: 0.003, start: start, restarts: restarts, seed: 3)
  }

  @Test("asks for as many gradients as it takes steps, and keeps its buffers")
  func costs() throws {
    func evaluations(_ attack: ProjectedGradientDescent, classifier: ToyNetwork? = nil) throws -> Int {
      let network = ToyNetwork()
      let workspace = try AttackWorkspace(attack, model: network, classifier: classifier)
      var result = images
      for _ in 0..<3 { _ = try workspace.perturb(images, labels: labels, images: Array(0..<6), into: &result) }
      #expect(network.buffers.count <= (attack.loss == .divergence ? 4 : 3))
      return network.evaluations / 3
    }
    #expect(try evaluations(.advertorchDefault(channels: 1)) == 40)
    #expect(try evaluations(.fastGradientSign(epsilon: 0.1)) == 1)
    #expect(try evaluations(.fastGradientSign(epsilon: 0)) == 0)
    #expect(try evaluations(attack(restarts: 5, start: .clean)) == 2)
    var divergence = attack()
    divergence.loss = .divergence
    #expect(try evaluations(divergence) == 3)
    #expect(try evaluations(attack(restarts: 2)) == 6)
    let classifier = ToyNetwork()
    #expect(try evaluations(attack(restarts: 2), classifier: classifier) == 4)
    #expect(classifier.classifications == 6)
  }

  @Test("keeps the first restart that fools, else the one with the higher loss")
  func restarts() throws {
    let network = ToyNetwork(batchSize: 6)
    func run(_ restarts: Int) throws -> (fooled: [Bool], losses: [Float], images: Tensor) {
      var (result, logits) = (images, Tensor([6, 5]))
      _ = try AttackWorkspace(attack(restarts: restarts), model: network)
        .perturb(images, labels: labels, images: Array(0..<6), into: &result)
      network.classify(result, into: &logits)
      let loss = Loss.crossEntropy(labels: labels)
      return (
        (0..<6).map { predictedClass(row: $0, logits: logits) != labels[$0] },
        (0..<6).map { loss.value(row: $0, logits: logits) }, result
      )
    }
    let (one, many) = (try run(1), try run(8))
    #expect(one.images != many.images)
    for row in 0..<6 {
      if one.fooled[row] {
        #expect(many.images[rows: row..<row + 1] == one.images[rows: row..<row + 1])
      } else {
        #expect(many.fooled[row] || many.losses[row] >= one.losses[row])
      }
    }
    #expect(one.fooled.contains(true) && one.fooled.contains(false))
  }

  @Test(
    "returns an image whose gradient is not a number unharmed, says so, and leaves its neighbours alone",
    arguments: [1, 3])
  func brokenGradient(restarts: Int) throws {
    var images = images
    // A random start moves a pixel by 0.02 at most, so the third image breaks in every restart and no other does.
    for row in 0..<6 { images.values[row * 50] = row == 2 ? 1 : 0.5 }
    let broken = ToyNetwork()
    broken.breaksAbove = 0.9
    var (expected, result) = (images, images)
    let workspace = try AttackWorkspace(attack(restarts: restarts), model: ToyNetwork())
    _ = try workspace.perturb(images, labels: labels, images: Array(0..<6), into: &expected)
    let failed = try AttackWorkspace(attack(restarts: restarts), model: broken)
      .perturb(images, labels: labels, images: Array(0..<6), into: &result)
    #expect(failed == [false, false, true, false, false, false])
    for row in 0..<6 {
      let range = row..<row + 1
      #expect(result[rows: range] == (row == 2 ? images : expected)[rows: range])
    }
  }

  @Test("gives an image another chance when only some restarts break")
  func brokenRestart() throws {
    var images = images
    for row in 0..<6 { images.values[row * 50] = 0.5 }
    let network = ToyNetwork()
    network.breaksAbove = 0.5
    func failed(restarts: Int) throws -> [Bool] {
      var (attack, result) = (attack(restarts: restarts), images)
      attack.steps = 1
      return try AttackWorkspace(attack, model: network, classifier: ToyNetwork())
        .perturb(images, labels: labels, images: Array(0..<6), into: &result)
    }
    #expect(Set(try failed(restarts: 1)) == [false, true])
    #expect(try failed(restarts: 12) == [Bool](repeating: false, count: 6))
  }

  @Test("returns an image outside 0...1 unharmed and says so", arguments: [Float.nan, .infinity, -0.001, 1.0001])
  func badPixels(value: Float) throws {
    var images = images
    images.values[75] = value
    for epsilon in [0, 0.1] as [Float] {
      var result = Tensor(images.shape)
      let network = ToyNetwork()
      let failed = try AttackWorkspace(.fastGradientSign(epsilon: epsilon), model: network)
        .perturb(images, labels: labels, images: Array(0..<6), into: &result)
      #expect(failed == [false, true, false, false, false, false])
      #expect(result.values[50..<100].map(\.bitPattern) == images.values[50..<100].map(\.bitPattern))
    }
  }

  @Test("moves nothing where the gradient is zero", arguments: Norm.allCases)
  func flatNetwork(norm: Norm) throws {
    let network = ToyNetwork(.linear)
    for i in network.layers[0].weight.indices where i % 50 < 30 { network.layers[0].weight[i] = 0 }
    var result = Tensor(images.shape)
    let workspace = try AttackWorkspace(.fastGradientSign(norm: norm, epsilon: 0.1), model: network)
    #expect(
      try workspace.perturb(images, labels: labels, images: Array(0..<6), into: &result)
        == Array(repeating: false, count: 6))
    for i in images.values.indices { #expect((result.values[i] == images.values[i]) == (i % 50 < 30)) }
    network.layers[0].weight = [Float](repeating: 0, count: 250)
    #expect(
      try workspace.perturb(images, labels: labels, images: Array(0..<6), into: &result)
        == Array(repeating: false, count: 6))
    #expect(result == images)
  }

  @Test("reads no padding and leaves it as it is")
  func padding() throws {
    var padded = Toy.images(8)
    for i in 300..<400 { padded.values[i] = .nan }
    var (result, expected) = (Tensor(padded.shape, filledWith: 7), images)
    let workspace = try AttackWorkspace(attack(), model: ToyNetwork())
    _ = try workspace.perturb(images, labels: labels, images: Array(0..<6), into: &expected)
    let failed = try workspace.perturb(padded, labels: labels, images: Array(0..<6), into: &result)
    #expect(failed.count == 6)
    #expect(result[rows: 0..<6] == expected)
    #expect(result.values[300...].allSatisfy { $0 == 7 })
    #expect(try workspace.perturb(padded, labels: [], images: [], into: &result).isEmpty)
  }

  @Test("refuses what does not fit the network, with a line that says what")
  func refusals() throws {
    let workspace = try AttackWorkspace(attack(), model: ToyNetwork())
    var result = images
    func refusal(_ images: Tensor, _ labels: [Int], _ indices: [Int]) -> Failure? {
      var result = images
      return #expect(throws: Failure.self) {
        _ = try workspace.perturb(images, labels: labels, images: indices, into: &result)
      }
    }
    #expect(
      refusal(images, [0, 1, 5, 0, 0, 0], Array(40..<46))
        == Failure(.data, "image 42: label 5, but the model's classes are 0 to 4"))
    #expect(refusal(images, [0, -1], [0, 1])?.kind == .data)
    #expect(refusal(Tensor([6, 1, 5, 10]), labels, Array(0..<6))?.kind == .data)
    #expect(refusal(Tensor([300]), [], [])?.kind == .data)
    #expect(refusal(images, labels, [0])?.kind == .internal)
    #expect(refusal(Toy.images(9), Toy.labels(9), Array(0..<9))?.kind == .internal)
    result = Tensor([5, 2, 5, 5])
    #expect(throws: Failure.self) {
      _ = try workspace.perturb(images, labels: labels, images: Array(0..<6), into: &result)
    }
    #expect(throws: Failure.self) {
      _ = try AttackWorkspace(attack(), model: ToyNetwork(batchSize: 3), classifier: ToyNetwork(batchSize: 4))
    }
  }
}
