import Attacks
import Failures
import Networks
import Tensors
import Testing

@Suite("Attacks inside training")
struct TrainingBatchTests {
  private let images = Toy.images(6)
  private let labels = Toy.labels(6)

  private func attack(restarts: Int = 1) -> ProjectedGradientDescent {
    ProjectedGradientDescent(epsilon: 0.02, steps: 2, stepSize: 0.003, restarts: restarts, seed: 3)
  }

  private func scheduler(_ network: ToyNetwork = ToyNetwork()) throws -> AttackScheduler {
    try AttackScheduler(model: network, classifier: network)
  }

  @Test("come to the same images as elsewhere, and ask for gradients alone", arguments: [1, 3])
  func alike(restarts: Int) throws {
    let network = ToyNetwork(batchSize: 6)
    var result = images
    let failures = try scheduler(network)
      .perturb(images, by: attack(restarts: restarts), labels: labels, images: Array(0..<6), into: &result)
    let expected = try Attacker(attack(restarts: restarts)).attack(images, labels: labels, images: Array(0..<6))
    #expect(result == expected.perturbed && failures == expected.failures)
    if restarts == 1 { #expect((network.forwards, network.backwards) == (2, 2)) }
  }

  @Test("keep the first restart that fools, else the one with the higher loss")
  func restarts() throws {
    let network = ToyNetwork(batchSize: 6)
    func run(_ restarts: Int) throws -> (fooled: [Bool], losses: [Float], images: Tensor) {
      var (result, logits) = (images, Tensor([6, 5]))
      try scheduler(network)
        .perturb(images, by: attack(restarts: restarts), labels: labels, images: Array(0..<6), into: &result)
      network.forward(result, into: &logits)
      let loss = CrossEntropy(labels: labels)
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

  @Test("return an image whose gradient is not a number unharmed, and leave its neighbours alone", arguments: [1, 3])
  func brokenGradient(restarts: Int) throws {
    var images = images
    // A random start moves a pixel by 0.02 at most, so the third image breaks in every restart and no other does.
    for row in 0..<6 { images.values[row * 50] = row == 2 ? 1 : 0.5 }
    let broken = ToyNetwork()
    broken.breaksAbove = 0.9
    var (expected, result) = (images, images)
    let attack = attack(restarts: restarts)
    try scheduler().perturb(images, by: attack, labels: labels, images: Array(0..<6), into: &expected)
    let failures = try scheduler(broken)
      .perturb(images, by: attack, labels: labels, images: Array(0..<6), into: &result)
    #expect(failures == [nil, nil, .gradient, nil, nil, nil])
    for row in 0..<6 {
      let range = row..<row + 1
      #expect(result[rows: range] == (row == 2 ? images : expected)[rows: range])
    }
  }

  @Test("give an image another chance when only some restarts break")
  func brokenRestart() throws {
    var images = images
    for row in 0..<6 { images.values[row * 50] = 0.5 }
    let network = ToyNetwork()
    network.breaksAbove = 0.5
    func failed(restarts: Int) throws -> [Bool] {
      var (attack, result) = (attack(restarts: restarts), images)
      attack.steps = 1
      return try scheduler(network)
        .perturb(images, by: attack, labels: labels, images: Array(0..<6), into: &result).map { $0 != nil }
    }
    #expect(Set(try failed(restarts: 1)) == [false, true])
    #expect(try failed(restarts: 12) == [Bool](repeating: false, count: 6))
  }

  @Test("measure a divergence from the images given for it")
  func reference() throws {
    var attack = attack()
    (attack.loss, attack.start) = (.divergence, .noise)
    let other = Tensor(images.shape, images.values.map { 1 - $0 })
    var (own, given, same) = (images, images, images)
    let scheduler = try scheduler()
    try scheduler.perturb(images, by: attack, labels: labels, images: Array(0..<6), into: &own)
    try scheduler.perturb(images, by: attack, labels: labels, images: Array(0..<6), reference: images, into: &same)
    try scheduler.perturb(images, by: attack, labels: labels, images: Array(0..<6), reference: other, into: &given)
    #expect(own == same && own != given)
  }

  @Test("read no padding and leave it as it is")
  func padding() throws {
    var padded = Toy.images(8)
    for i in 300..<400 { padded.values[i] = .nan }
    var (result, expected) = (Tensor(padded.shape, filledWith: 7), images)
    let scheduler = try scheduler()
    try scheduler.perturb(images, by: attack(), labels: labels, images: Array(0..<6), into: &expected)
    let failures = try scheduler.perturb(padded, by: attack(), labels: labels, images: Array(0..<6), into: &result)
    #expect(failures.count == 6)
    #expect(result[rows: 0..<6] == expected)
    #expect(result.values[300...].allSatisfy { $0 == 7 })
    #expect(try scheduler.perturb(padded, by: attack(), labels: [], images: [], into: &result).isEmpty)
  }

  @Test("may be larger than the network's: every image becomes what it becomes in one of the network's size")
  func larger() throws {
    let (images, labels) = (Toy.images(21), Toy.labels(21))
    var whole = images
    try scheduler().perturb(images, by: attack(), labels: labels, images: Array(0..<21), into: &whole)
    for first in stride(from: 0, to: 21, by: 3) {
      let rows = first..<first + 3
      var part = images[rows: rows]
      try scheduler().perturb(
        images[rows: rows], by: attack(), labels: Array(labels[rows]), images: Array(rows), into: &part)
      #expect(part == whole[rows: rows])
    }
  }

  @Test("refuse what does not fit the network, with a line that says what")
  func refusals() throws {
    let scheduler = try scheduler()
    var result = images
    func refusal(_ images: Tensor, _ labels: [Int], _ indices: [Int]) -> Failure? {
      var result = images
      return #expect(throws: Failure.self) {
        try scheduler.perturb(images, by: attack(), labels: labels, images: indices, into: &result)
      }
    }
    #expect(
      refusal(images, [0, 1, 5, 0, 0, 0], Array(40..<46))
        == Failure(.data, "image 42: label 5, but the model's classes are 0 to 4"))
    #expect(refusal(Tensor([6, 1, 5, 10]), labels, Array(0..<6))?.kind == .data)
    #expect(refusal(Tensor([300]), [], [])?.kind == .data)
    #expect(refusal(images, labels, [0])?.kind == .internal)
    #expect(refusal(images, Toy.labels(7), Array(0..<7))?.kind == .internal)
    result = Tensor([5, 2, 5, 5])
    #expect(throws: Failure.self) {
      try scheduler.perturb(images, by: attack(), labels: labels, images: Array(0..<6), into: &result)
    }
  }
}
