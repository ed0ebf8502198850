import Attacks
import Failures
import Foundation
import Networks
import Synchronization
import Tensors
import Testing

/// Schedulers whose lanes answer batches side by side.
@Suite("Lanes")
struct LaneTests {
  private let images = Toy.images(53)
  private let labels = Toy.labels(53)

  /// On a thread each, however busy the machine is.
  private static func spread(_ count: Int, _ body: (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      // Threads let go of what they run only after they have said that it is done.
      let work = Work(body)
      let group = DispatchGroup()
      for lane in 0..<count {
        group.enter()
        Thread.detachNewThread {
          work.body?(lane)
          group.leave()
        }
      }
      group.wait()
      work.body = nil
    }
  }

  /// Calls happen at once, but all before the body is taken away.
  private final class Work: @unchecked Sendable {
    var body: ((Int) -> Void)?

    init(_ body: @escaping (Int) -> Void) { self.body = body }
  }

  private func scheduler(
    _ count: Int, width: Int? = nil, network: () -> any DifferentiableClassifier = { ToyNetwork() }
  ) throws -> AttackScheduler {
    let lanes = try (0..<count).map { _ in
      let network = network()
      return try AttackLane(model: network, classifier: network)
    }
    return try AttackScheduler(lanes, width: width, spread: Self.spread)
  }

  private func results(
    _ scheduler: AttackScheduler, _ sequence: AttackSequence, poses: Int = 1, turned: Bool = false
  ) throws -> [AttackResult] {
    var results: [AttackResult] = []
    func write(_ place: Int, _ pixels: MutablePixels) {
      _ = pixels.update(fromContentsOf: images[rows: place / poses..<place / poses + 1].values)
    }
    let places = (0..<53 * poses).map { $0 / poses }
    try scheduler.run(
      sequence, on: places, labels: places.map { labels[$0] }, poses: poses,
      pixels: { place, pixels in
        write(place, pixels)
        if turned { pixels[place % poses] = 0.5 }
      },
      untouched: turned ? write : nil, finish: { results.append($0) })
    return results.sorted { ($0.place, $0.attack) < ($1.place, $1.attack) }
  }

  @Test("No result depends on how many lanes there are, or how wide", arguments: [(2, 4), (3, 1), (5, 7), (16, 2)])
  func independence(lanes: Int, width: Int) throws {
    let attacks: [any Attack] = [
      ProjectedGradientDescent(epsilon: 0.1, steps: 6, stepSize: 0.03, restarts: 2, seed: 4),
      Cascade.autoAttack(Bound(norm: .l2, epsilon: 0.3), seed: 2), DeepFool(norm: .l2),
      Square(epsilon: 0.1, queries: 40),
    ]
    let sequence = try AttackSequence(attacks)
    let network = ToyNetwork()
    let alone = try results(AttackScheduler(model: network, classifier: network), sequence)
    #expect(alone.count == 53 * 4)
    #expect(try results(scheduler(lanes, width: width), sequence) == alone)
  }

  @Test("The untouched image of several poses is asked about whichever lane has them", arguments: [1, 2, 5])
  func poses(lanes: Int) throws {
    let sequence = try AttackSequence([ProjectedGradientDescent(epsilon: 0.1, steps: 2, stepSize: 0.06, seed: 4), nil])
    let found = try results(scheduler(lanes, width: 3), sequence, poses: 4, turned: true)
    let plain = try results(scheduler(1), try AttackSequence([nil]))
    #expect(found.count == 53 * 4 * 2)
    for result in found { #expect(result.naturalLogits == plain[result.place / 4].perturbedLogits) }
  }

  @Test("Lanes share the work, and end together with few images")
  func balance() throws {
    let counts = Mutex<[ObjectIdentifier: Int]>([:])
    let both = DispatchSemaphore(value: 0)
    let scheduler = try scheduler(2, width: 4) {
      WatchfulNetwork { network in
        let (isFirst, lanes) = counts.withLock {
          $0[ObjectIdentifier(network), default: 0] += 1
          return ($0[ObjectIdentifier(network)] == 1, $0.count)
        }
        // The first lane waits for the second one's thread.
        if isFirst, lanes == 1 { _ = both.wait(timeout: .now() + 60) } else if isFirst { both.signal() }
      }
    }
    _ = try results(
      scheduler, AttackSequence([ProjectedGradientDescent(epsilon: 0.1, steps: 200, stepSize: 0.001, seed: 4)]))
    let passes = counts.withLock { Array($0.values) }
    #expect(passes.count == 2 && passes.allSatisfy { $0 > 200 })
  }

  @Test("What one lane throws ends all, and the scheduler can be used again", arguments: [1, 2, 6])
  func failures(lanes: Int) throws {
    let passes = Mutex((count: 0, fails: true))
    let scheduler = try scheduler(lanes, width: 4) {
      WatchfulNetwork { _ in
        let isLate = passes.withLock {
          $0.count += 1
          return $0.fails && $0.count >= 30
        }
        if isLate { throw Failure(.internal, "the thirtieth pass") }
      }
    }
    let sequence = try AttackSequence([ProjectedGradientDescent(epsilon: 0.1, steps: 20, stepSize: 0.01, seed: 4)])
    #expect(throws: Failure(.internal, "the thirtieth pass")) { try results(scheduler, sequence) }
    // Every lane may have begun one pass more.
    #expect(passes.withLock { $0.count } < 30 + lanes)
    passes.withLock { $0.fails = false }
    #expect(try results(scheduler, sequence) == results(self.scheduler(1), sequence))
    var taken = 0
    #expect(throws: Failure(.data, "no more")) {
      try scheduler.run(
        sequence, on: Array(0..<53), labels: labels,
        pixels: { _ = $1.update(fromContentsOf: images[rows: $0..<$0 + 1].values) },
        finish: { _ in
          taken += 1
          if taken == 10 { throw Failure(.data, "no more") }
        })
    }
    #expect(taken == 10)
  }

  @Test("A scheduler needs a lane")
  func none() {
    #expect(throws: Failure.self) { try AttackScheduler([], spread: Self.spread) }
  }
}

/// The toy network, which tells of every forward pass.
private final class WatchfulNetwork: DifferentiableClassifier {
  private let network = ToyNetwork()
  private let look: (WatchfulNetwork) throws -> Void

  init(_ look: @escaping (WatchfulNetwork) throws -> Void) { self.look = look }

  var batchSize: Int { network.batchSize }
  var imageShape: Shape { network.imageShape }
  var classCount: Int { network.classCount }

  func forward(_ pixels: Tensor, rows: Int, into logits: inout Tensor) throws {
    try look(self)
    network.forward(pixels, rows: rows, into: &logits)
  }

  func spread(_ count: Int, _ body: (Int) -> Void) { network.spread(count, body) }

  func backward(_ logitGradient: Tensor, into pixelGradient: inout Tensor) throws {
    network.backward(logitGradient, into: &pixelGradient)
  }
}
