import Archives
import Attacks
import Datasets
import Foundation
import Networks
import Programs
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
  /// Digits in a black frame, and the network that the fixture's generator trained on others of them.
  private let graph: NetworkGraph
  private let parameters: Parameters
  private let pixels: [Float]
  private let labels: [Int]
  private let count = 500

  init() throws {
    let layers: [(String, Layer)] = [
      ("0", .convolution(Convolution(outputChannels: 8, kernelSize: 4, stride: 2, padding: 1))), ("1", .relu),
      ("2", .convolution(Convolution(outputChannels: 16, kernelSize: 3, stride: 2, padding: 1))), ("3", .relu),
      ("4", .flatten), ("5", .dense(Dense(outputs: 10))),
    ]
    let nodes = layers.enumerated().map { index, layer in
      Node(name: layer.0, inputs: [index == 0 ? Node.image : layers[index - 1].0], layer: layer.1)
    }
    graph = try NetworkGraph(
      NetworkDefinition(architecture: "digits", imageShape: [1, 10, 10], classCount: 10, nodes: nodes))
    let archive = try NumPyArchive(
      parsing: [UInt8](Fixture.data("attacks/digits-network.npz")), limit: 1 << 20, name: "digits-network.npz")
    parameters = try Parameters(of: graph) { spec in
      Tensor(spec.shape, try #require(archive.array(spec.path.text)?.floats))
    }
    let digits = try DatasetReference.digits.load(split: .train, limit: count)
    var small = Tensor([count, 1, 8, 8])
    digits.writePixels(of: Array(digits.indices), into: &small)
    pixels = (0..<count * 100).map { place in
      let (row, column) = (place % 100 / 10 - 1, place % 10 - 1)
      let isInside = (0..<8).contains(row) && (0..<8).contains(column)
      return isInside ? small.values[place / 100 * 64 + row * 8 + column] : 0
    }
    labels = digits.indices.map(digits.label)
  }

  /// The share of images misclassified after `attack`.
  private func rate(_ attack: (any Attack)?, _ scheduler: AttackScheduler) throws -> Double {
    var fooled = 0
    try scheduler.run(
      AttackSequence([attack]), on: Array(0..<count), labels: labels,
      pixels: { _ = $1.update(fromContentsOf: pixels[$0 * 100..<($0 + 1) * 100]) },
      finish: { fooled += $0.perturbedClass == labels[$0.place] ? 0 : 1 })
    return Double(fooled) / Double(count)
  }

  @Test("fool as many of 500 images, within a point", arguments: RateCase.all)
  fileprivate func rates(_ reference: RateCase) throws {
    let backend = try #require(TestBackends.all.last).make(2)
    let scheduler = try AttackScheduler(
      model: InputGradientProgram(graph, parameters: parameters, on: backend),
      classifier: InferenceProgram(graph, parameters: parameters, on: backend))
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
    let backend = try #require(TestBackends.all.last).make(2)
    let scheduler = try AttackScheduler(
      model: InputGradientProgram(graph, parameters: parameters, on: backend),
      classifier: InferenceProgram(graph, parameters: parameters, on: backend))
    let count = try #require(reference.count)
    let target = reference.settings?["target"].map { Int($0) }
    var (reached, distances): (Int, [Float]) = (0, [])
    try scheduler.run(
      AttackSequence([reference.attack(seed: 0)]), on: Array(0..<count), labels: Array(labels[..<count]),
      pixels: { _ = $1.update(fromContentsOf: pixels[$0 * 100..<($0 + 1) * 100]) },
      finish: { result in
        reached += target.map { result.perturbedClass == $0 } ?? (result.perturbedClass != labels[result.place]) ? 1 : 0
        if result.distance > 0 { distances.append(result.distance) }
      })
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
