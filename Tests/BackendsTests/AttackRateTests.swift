import Attacks
import Foundation
import Networks
import Tensors
import TestSupport
import Testing

/// How often an attack that draws random numbers succeeds, by an implementation of others: a case of
/// `fixtures/attacks/rates.json`, `rates-search.json` or `rates-variants.json`.
private struct RateCase: Decodable, Sendable, CustomTestStringConvertible {
  let attack, norm: String
  let epsilon: Double?
  /// All settings by the catalogue's names, where the case has them so.
  let settings: [String: Double]?
  let steps, queries, restarts, targets: Int?
  let stepSize: Float?
  /// The share of images that are misclassified afterwards.
  let rate: Double
  /// How many images were attacked, and the median distance of those that were perturbed, where the case says.
  let count: Int?, median: Float?

  var testDescription: String { "\(attack) \(norm)" }

  private struct File: Decodable { let cases: [RateCase] }

  static let all: [RateCase] = ["rates", "rates-search", "rates-variants"].flatMap(read)

  static func read(_ name: String) -> [RateCase] {
    let file = try? JSONDecoder().decode(File.self, from: Fixture.data("attacks/\(name).json"))
    return file?.cases ?? []
  }

  func attack(seed: UInt64) throws -> any Attack {
    var request = AttackRequest()
    (request.norm, request.epsilon, request.seed) = (try #require(Norm(rawValue: norm)), epsilon, seed)
    (request.steps, request.queries, request.stepSize) = (steps, queries, stepSize)
    (request.restarts, request.targets) = (restarts, targets)
    for (name, value) in settings ?? [:] {
      let setting = try #require(AttackSetting(rawValue: name))
      request.values[setting] = setting.kind == .integer ? .integer(Int(value)) : .number(Float(value))
    }
    return try #require(AttackCatalogue[attack]).attack(request)
  }
}

@Suite("Random attacks against public implementations")
struct AttackRateTests {
  private let digits: FramedDigits

  init() throws { digits = try FramedDigits(count: 500) }

  /// The share of images misclassified after `attack`.
  private func rate(_ attack: (any Attack)?, _ scheduler: AttackScheduler) throws -> Double {
    let results = try digits.results(of: attack, by: scheduler)
    return Double(results.count { $0.perturbedClass != digits.labels[$0.place] }) / Double(results.count)
  }

  @Test("fool as many of 500 images, within a point", arguments: RateCase.all)
  fileprivate func rates(_ reference: RateCase) throws {
    let scheduler = try digits.scheduler()
    // One seed's rate may lie a point from the mean of many.
    let rates = try (0..<(reference.settings == nil ? 2 : 6)).map { try rate(reference.attack(seed: $0), scheduler) }
    let mean = rates.reduce(0, +) / Double(rates.count)
    // The fixture has single precision.
    #expect(abs(mean - reference.rate) <= 0.01 + 1e-6, "\(rates), not \(reference.rate)")
    #expect(try rate(nil, scheduler) + 0.1 < mean)
  }

  @Test("the fixture holds its cases")
  func fixture() { #expect(RateCase.all.count == 17) }
}

extension AttackRateTests {
  @Test("those by L-BFGS fool as many as public ones, as near", arguments: RateCase.read("rates-quasi-newton"))
  fileprivate func nearness(_ reference: RateCase) throws {
    let count = try #require(reference.count)
    let target = reference.settings?["target"].map { Int($0) }
    let results = try digits.results(
      of: reference.attack(seed: 0), on: Array(0..<count), by: digits.scheduler())
    let reached = results.count { result in
      target.map { result.perturbedClass == $0 } ?? (result.perturbedClass != digits.labels[result.place])
    }
    let distances = results.map(\.distance).filter { $0 > 0 }
    // One image is a point; more are welcome.
    #expect(Double(reached) / Double(count) >= reference.rate - 0.01, "\(reached) of \(count), not \(reference.rate)")
    guard let median = reference.median else { return }
    // The lower of the two in the middle, as PyTorch's.
    let ours = distances.sorted()[(distances.count - 1) / 2]
    #expect(ours <= 1.03 * median && ours > 0.5 * median, "\(ours), not \(median)")
  }

  @Test("the fixture of those by L-BFGS holds its cases")
  func quasiNewtonFixture() { #expect(RateCase.read("rates-quasi-newton").count == 6) }
}
