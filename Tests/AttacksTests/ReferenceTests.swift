import Attacks
import Foundation
import Networks
import Tensors
import TestSupport
import Testing

@Suite("Attacks against PyTorch")
struct ReferenceTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    let network, norm, start, loss, seed: String
    let epsilon, stepSize: Float
    let steps, restarts, epoch: Int
    let target: Int?
    let images: [Int]
    let expected: [Float]

    var testDescription: String {
      "\(network) \(norm) \(epsilon) \(steps)x\(stepSize) \(start) x\(restarts) \(loss) to \(target.map(String.init) ?? "-")"
    }
  }

  struct Fixtures: Decodable { let cases: [Case] }

  static let cases: [Case] = {
    let data = try? Fixture.data("attacks.json")
    return data.flatMap { try? JSONDecoder().decode(Fixtures.self, from: $0) }?.cases ?? []
  }()

  @Test("the fixture holds every case")
  func fixtureIsThere() { #expect(Self.cases.count == 17) }

  @Test("ends where an independent implementation ends, random starts and restarts included", arguments: cases)
  func endsAlike(_ reference: Case) throws {
    let attack = ProjectedGradientDescent(
      norm: try #require(Norm(rawValue: reference.norm)), epsilon: reference.epsilon, steps: reference.steps,
      stepSize: reference.stepSize, start: try #require(Start(rawValue: reference.start)),
      restarts: reference.restarts, loss: try #require(AttackLoss(rawValue: reference.loss)), target: reference.target,
      seed: try #require(UInt64(reference.seed)))
    let network = ToyNetwork(try #require(ToyNetwork.Kind(rawValue: reference.network)))
    let images = Toy.images(4)
    var perturbed = images
    let failures = try AttackScheduler(model: network, classifier: network).perturb(
      images, by: attack, labels: Toy.labels(4), images: reference.images, epoch: reference.epoch, into: &perturbed)
    #expect(failures == [nil, nil, nil, nil])
    let differences = zip(perturbed.values, reference.expected).map { abs($0 - $1) }
    #expect(differences.count == 200)
    #expect(differences.count { $0 > 1e-5 } <= 2, "largest difference \(differences.max() ?? .nan)")
    #expect(perturbed != images)
  }
}
