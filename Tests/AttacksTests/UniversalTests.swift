import Attacks
import Failures
import Foundation
import Networks
import Tensors
import TestSupport
import Testing

/// One perturbation for all images.
@Suite("Universal perturbations")
struct UniversalTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    let network, norm: String
    let epsilon: Float
    let steps: Int
    let perturbation: [Float]

    var testDescription: String { "\(network) \(norm) \(steps)" }
  }

  private struct File: Decodable {
    let count, batch: Int
    let cases: [Case]
  }

  private static let file: File? = (try? Fixture.data("attacks/universal.json")).flatMap {
    try? JSONDecoder().decode(File.self, from: $0)
  }

  private func learnt(
    _ network: ToyNetwork, _ norm: Norm, _ epsilon: Float, steps: Int, count: Int = 20
  ) throws -> UniversalPerturbation {
    let images = Toy.images(count)
    return try UniversalPerturbation.learnt(
      norm: norm, epsilon: epsilon, steps: steps, on: network, labels: Toy.labels(count),
      pixels: { _ = $1.update(fromContentsOf: images[rows: $0..<$0 + 1].values) })
  }

  @Test("are learnt as an independent implementation learns them", arguments: file?.cases ?? [])
  func golden(_ one: Case) throws {
    let network = ToyNetwork(try #require(ToyNetwork.Kind(rawValue: one.network)), batchSize: Self.file?.batch ?? 0)
    let found = try learnt(
      network, try #require(Norm(rawValue: one.norm)), one.epsilon, steps: one.steps, count: Self.file?.count ?? 0)
    for (own, expected) in zip(found.perturbation, one.perturbation) { #expect(abs(own - expected) < 1e-5) }
    #expect(found.perturbation.count == 50 && found.perturbation.contains { $0 != 0 })
    #expect(Self.file?.cases.count == 4)
  }

  @Test("are added to every image, within 0...1, and raise the loss, where their mirror image lowers it")
  func added() throws {
    let (images, labels) = (Toy.images(40), Toy.labels(40))
    let attack = try learnt(ToyNetwork(), .linf, 0.2, steps: 5)
    let results = try Attacker(attack).attack(images, labels: labels, images: Array(0..<40))
    for result in results {
      let clean = images[rows: result.place..<result.place + 1].values
      #expect(result.failure == nil && result.cost.backwards == 0 && result.steps == 0)
      for (pixel, (own, change)) in zip(result.perturbed, zip(clean, attack.perturbation)) {
        #expect(abs(pixel - min(max(own + change, 0), 1)) < 1e-6)
      }
    }
    let network = ToyNetwork(batchSize: 1)
    func loss(_ sign: Float) -> Float {
      (0..<40).reduce(0) { sum, place in
        let clean = images[rows: place..<place + 1].values
        var logits = Tensor([1, 5])
        let moved = zip(clean, attack.perturbation).map { min(max($0 + sign * $1, 0), 1) }
        network.forward(Tensor([1, 2, 5, 5], moved), into: &logits)
        return sum + logits.values.withUnsafeBufferPointer { Objective.crossEntropy(label: labels[place]).value($0) }
      }
    }
    #expect(loss(1) > loss(0) && loss(0) > loss(-1))
  }

  @Test("What means nothing is refused")
  func refusals() {
    for (norm, epsilon, steps) in [(Norm.l1, 0.1, 1), (.linf, -1, 1), (.l2, 0.1, 0)] as [(Norm, Float, Int)] {
      let failure = #expect(throws: Failure.self) { try learnt(ToyNetwork(), norm, epsilon, steps: steps) }
      #expect(failure?.kind == .usage)
    }
  }
}
