import Attacks
import Networks
import Tensors
import TestSupport
import Testing

/// A toy network for one image at a time, which remembers what it was asked.
private final class RecordingNetwork: DifferentiableClassifier {
  private let network: ToyNetwork
  private(set) var points: [[Float]] = []
  private(set) var logits: [[Float]] = []

  init(_ kind: ToyNetwork.Kind) { network = ToyNetwork(kind, batchSize: 1) }

  var batchSize: Int { 1 }
  var imageShape: Shape { network.imageShape }
  var classCount: Int { network.classCount }

  func forward(_ pixels: Tensor, rows: Int, into logits: inout Tensor) { forward(pixels, into: &logits) }

  func forward(_ pixels: Tensor, into logits: inout Tensor) {
    network.forward(pixels, into: &logits)
    points.append(pixels.values)
    self.logits.append(logits.values)
  }

  func backward(_ logitGradient: Tensor, into gradient: inout Tensor) {
    network.backward(logitGradient, into: &gradient)
  }
}

@Suite("Auto-PGD step by step")
struct ScheduleTests {
  /// The points that the attack of `run` asks about for one of its images, and the losses there.
  private func trace(_ run: GoldenRun, row: Int) throws -> (points: [[Float]], losses: [Float]) {
    let kind = try #require(ToyNetwork.Kind(rawValue: run.network))
    let loss = try #require(run.objective.flatMap(AutoPGD.Loss.init))
    let attack = AutoPGD(
      norm: run.attackNorm, epsilon: try #require(run.epsilon), steps: try #require(run.steps), loss: loss,
      usesLargerRadii: run.threeRadii ?? false, seed: run.attackSeed)
    let network = RecordingNetwork(kind)
    _ = try Attacker(attack, model: network, classifier: ToyNetwork(kind, batchSize: 1))
      .attack(run.pixels[rows: row..<row + 1], labels: [run.labels[row]], images: [run.images[row]])
    let label = run.labels[row]
    let objective: Objective = loss == .crossEntropy ? .crossEntropy(label: label) : .logitRatio(label: label)
    return (network.points, network.logits.map { $0.withUnsafeBufferPointer(objective.value) })
  }

  @Test(
    "has the loss of AutoAttack's order of steps after each of a hundred", arguments: GoldenRun.read("apgd-schedules"))
  func losses(_ run: GoldenRun) throws {
    for (row, stages) in try #require(run.stages).enumerated() {
      let found = try trace(run, row: row).losses
      let expected = stages.flatMap { [$0.startLoss] + $0.losses }
      #expect(found.count == expected.count && expected.count == 100 + stages.count)
      let difference = zip(found, expected).map { abs($0 - $1) / max(abs($1), 1) }.max() ?? .nan
      #expect(difference < 1e-5, "image \(row): \(difference)")
    }
  }

  @Test("climbs as high, at the same point", arguments: GoldenRun.read("apgd") + GoldenRun.read("apgd-l1"))
  func highest(_ run: GoldenRun) throws {
    for (row, expected) in try #require(run.highest).enumerated() {
      let (points, losses) = try trace(run, row: row)
      // Of the last of three radii, which takes what two times three tenths of the steps leave.
      let steps = try #require(run.steps)
      let last = run.threeRadii == true ? steps - 2 * Int((0.3 * Double(steps)).rounded(.up)) : steps
      let places = losses.indices.suffix(last + 1)
      let most = losses[places].max()
      let place = try #require(places.first { losses[$0] == most })
      let difference = zip(points[place], expected).map { abs($0 - $1) }.max() ?? .nan
      #expect(difference < 1e-5, "image \(row): \(difference)")
    }
  }

  @Test("the fixture's checkpoints are the published ones, and its step sizes fall there")
  func checkpoints() throws {
    let runs = GoldenRun.read("apgd-schedules")
    #expect(runs.count == 5)
    for run in runs where run.norm != "l1" {
      for stages in try #require(run.stages) {
        #expect(stages.count == 1 && stages[0].checks.map(\.after) == [22, 41, 57, 70, 80, 87, 93, 99])
        let sizes = stages[0].checks.map(\.stepSize)
        #expect(sizes == sizes.sorted(by: >) && Set(sizes).count > 4)
      }
    }
  }
}
