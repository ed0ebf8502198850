import Attacks
import Datasets
import Foundation
import Networks
import Programs
import Tensors
import TestSupport
import Testing
import Training

/// Bytes of memory that this process keeps; nil where the system does not say.
private func residentBytes() -> Int? {
  guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
  return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * sysconf(Int32(_SC_PAGESIZE)) }
}

/// How much more memory is kept after 1,100 calls of `step` than after 100.
private func growth(_ step: () throws -> Void) rethrows -> Int {
  for _ in 0..<100 { try step() }
  let before = residentBytes() ?? 0
  for _ in 0..<1000 { try step() }
  return (residentBytes() ?? 0) - before
}

/// Each test is a process of its own, so that nothing else moves its memory.
@Suite("Memory does not grow", .enabled(if: residentBytes() != nil, "no /proc here"))
struct MemoryTests {
  @Test("Over 1,000 steps of training under attack")
  func training() async {
    await #expect(processExitsWith: .success) {
      let attack = ProjectedGradientDescent(epsilon: 0.1, steps: 1, stepSize: 0.1)
      for backend in TestBackend.all {
        let trainer = try trainer(
          recipe(method: .pgd(attack), epochs: 1100, batchSize: 8), digitsGraph(), digits(8), on: try backend.make())
        #expect(try growth { _ = try trainer.runEpoch() } < 8 << 20, "\(backend)")
      }
    }
  }

  @Test("Over 1,000 steps of an attack")
  func attack() async {
    await #expect(processExitsWith: .success) {
      let graph = try digitsGraph()
      let data = try digits(8)
      var clean = Tensor([8, 1, 8, 8])
      data.writePixels(of: Array(0..<8), into: &clean)
      let labels = (0..<8).map(data.label(of:))
      for backend in TestBackend.all {
        let model = try InputGradientProgram(
          graph, parameters: Parameters(initializing: graph, seed: 0), batchSize: 8, on: try backend.make())
        let scheduler = try AttackScheduler(model: model, classifier: model)
        let attack = ProjectedGradientDescent(epsilon: 0.1, steps: 1, stepSize: 0.01)
        var perturbed = clean
        let grown = try growth {
          try scheduler.perturb(clean, by: attack, labels: labels, images: Array(0..<8), into: &perturbed)
        }
        #expect(grown < 8 << 20, "\(backend)")
      }
    }
  }
}
