import Attacks
import Failures
import Networks
import Tensors

/// Attacks batches of toy images through a scheduler.
struct Attacker {
  let sequence: AttackSequence
  let scheduler: AttackScheduler

  init(
    _ attacks: [any Attack], stopsEarly: Bool = false, reuses: Bool = false,
    model: any DifferentiableClassifier = ToyNetwork(), classifier: any Classifier = ToyNetwork(), width: Int? = nil
  ) throws {
    sequence = try AttackSequence(attacks.map { stopsEarly ? Self.stopping($0) : $0 }, reuses: reuses)
    scheduler = try AttackScheduler(model: model, classifier: classifier, width: width)
  }

  init(
    _ attack: any Attack, stopsEarly: Bool = false, model: any DifferentiableClassifier = ToyNetwork(),
    classifier: any Classifier = ToyNetwork(), width: Int? = nil
  ) throws {
    try self.init([attack], stopsEarly: stopsEarly, model: model, classifier: classifier, width: width)
  }

  private static func stopping(_ attack: some Attack) -> any Attack { UntilFooled(attack) }

  /// The results for images, in the order of places and attacks.
  func attack(
    _ pixels: Tensor, untouched: Tensor? = nil, labels: [Int], images: [Int]
  ) throws -> [AttackResult] {
    var results: [AttackResult] = []
    func write(_ source: Tensor) -> (Int, MutablePixels) -> Void {
      { row, pixels in _ = pixels.update(fromContentsOf: source[rows: row..<row + 1].values) }
    }
    try scheduler.run(
      sequence, on: images, labels: labels, pixels: write(pixels), untouched: untouched.map(write),
      finish: { results.append($0) })
    return results.sorted { ($0.place, $0.attack) < ($1.place, $1.attack) }
  }
}

extension [AttackResult] {
  /// The images after the attack, `[n, 2, 5, 5]`.
  var perturbed: Tensor { Tensor([count, 2, 5, 5], flatMap(\.perturbed)) }
  var naturalLogits: Tensor { Tensor([count, 5], flatMap(\.naturalLogits)) }
  var perturbedLogits: Tensor { Tensor([count, 5], flatMap(\.perturbedLogits)) }
  var failures: [AttackFailure?] { map(\.failure) }
}
