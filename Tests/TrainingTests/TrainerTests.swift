import Attacks
import Datasets
import Failures
import Foundation
import Networks
import Tensors
import Testing
import Training

@Suite("Training")
struct TrainerTests {
  @Test("The same seed gives the same bits, another seed others", arguments: TestBackend.all)
  func seeds(backend: TestBackend) throws {
    let graph = try dropoutGraph()
    let data = try noise(40, for: graph)
    for method in [Training.Method.natural, .pgd(epsilon: 0.1)] {
      let runs = try [4, 4, 5].map {
        try run(recipe(method: method, seed: $0), graph, data, on: try backend.make()).state.bits
      }
      #expect(runs[0] == runs[1])
      #expect(runs[0] != runs[2])
    }
  }

  @Test("The order of the images is the seed's, too")
  func order() throws {
    let graph = try digitsGraph()
    let data = try digits(40)
    let start = TrainingState(parameters: Parameters(initializing: graph, seed: 0))
    let ends = try [UInt64(1), 2].map { seed in
      let trainer = try Trainer(
        recipe(epochs: 1, seed: seed), graph: graph, data: data, state: start, on: try TestBackend.all[0].make())
      _ = try trainer.runEpoch()
      return try trainer.state().bits
    }
    #expect(ends[0] != ends[1])
  }

  @Test("256 digits are learned", arguments: TestBackend.all)
  func learning(backend: TestBackend) throws {
    var recipe = recipe(epochs: 6)
    recipe.schedule = Schedule(initial: 0.05, milestones: [])
    let epochs = try run(recipe, digitsGraph(), digits(256), on: try backend.make()).epochs
    #expect(epochs[0].loss > 1)
    #expect(epochs[5].loss < 0.3)
    #expect(epochs[0].accuracy < 0.8)
    #expect(epochs[5].accuracy > 0.9)
  }

  @Test("A run that is resumed after an epoch ends where an uninterrupted one does", arguments: TestBackend.all)
  func resuming(backend: TestBackend) throws {
    let graph = try dropoutGraph()
    let data = try noise(40, for: graph)
    for method in [Training.Method.natural, .pgd(epsilon: 0.1)] {
      let recipe = recipe(method: method, epochs: 3, seed: 9)
      let whole = try run(recipe, graph, data, on: try backend.make())
      let first = try trainer(recipe, graph, data, on: try backend.make())
      let before = try first.runEpoch()
      let second = try Trainer(
        recipe, graph: graph, data: data, state: try first.state(), on: try backend.make())
      let after = try [second.runEpoch(), second.runEpoch()]
      #expect(try second.state().bits == whole.state.bits)
      #expect(([before] + after).map(\.loss) == whole.epochs.map(\.loss))
      #expect(([before] + after).map(\.epoch) == [1, 2, 3])
    }
  }

  @Test("A run that is resumed after any step ends where an uninterrupted one does", arguments: TestBackend.all)
  func resumingWithinEpochs(backend: TestBackend) throws {
    let graph = try dropoutGraph()
    let data = try noise(50, for: graph)
    for method in [Training.Method.natural, .pgd(epsilon: 0.1)] {
      let recipe = recipe(method: method, epochs: 2, seed: 9)
      let whole = try run(recipe, graph, data, on: try backend.make())
      // Three steps an epoch; the last of an epoch is a place to stop, too.
      for stops in [[1], [2], [3], [1, 1, 1, 1, 1, 1], [4], [5, 1]] {
        var state = TrainingState(parameters: Parameters(initializing: graph, seed: recipe.seed))
        var epochs: [EpochSummary] = []
        for stop in stops + [100] {
          let trainer = try Trainer(recipe, graph: graph, data: data, state: state, on: try backend.make())
          epochs += try runEpochs(trainer, steps: stop)
          state = try trainer.state()
        }
        #expect(state.bits == whole.state.bits, "\(stops)")
        #expect(epochs.map(\.sums) == whole.epochs.map(\.sums))
        #expect(epochs.map(\.loss) == whole.epochs.map(\.loss))
        #expect(epochs.map(\.images) == [48, 48])
      }
    }
  }

  /// Trains until `steps` are taken or all epochs are done; the epochs that were completed.
  private func runEpochs(_ trainer: Trainer, steps: Int) throws -> [EpochSummary] {
    var (epochs, taken) = ([EpochSummary](), 0)
    do {
      while !trainer.isFinished {
        epochs.append(
          try trainer.runEpoch { _ in
            taken += 1
            if taken == steps { throw Stop() }
          })
      }
    } catch is Stop {}
    return epochs
  }

  private struct Stop: Error {}

  @Test("A state that no run of these settings reaches is refused")
  func strangeStates() throws {
    let graph = try digitsGraph()
    let data = try digits(32)
    let trainer = try trainer(recipe(), graph, data, on: try TestBackend.all[0].make())
    _ = try trainer.runEpoch()
    let reached = try trainer.state()
    func refused(_ change: (inout TrainingState) -> Void) throws -> String {
      var state = reached
      change(&state)
      let failure = #expect(throws: Failure.self) {
        _ = try Trainer(recipe(), graph: graph, data: data, state: state, on: try TestBackend.all[0].make())
      }
      #expect(failure?.kind == .data)
      return failure?.message ?? ""
    }
    let advice = "outside of 2 epochs of 2 steps; resume it with the data it was begun with"
    #expect(try refused { $0.step = 3 } == "training: stands at epoch 1, step 3, \(advice)")
    #expect(try refused { $0.epoch = 3 } == "training: stands at epoch 3, step 0, \(advice)")
    #expect(try refused { ($0.epoch, $0.step) = (2, 1) } == "training: stands at epoch 2, step 1, \(advice)")
    let momentum = "training: the momentum of conv1.weight is missing or of another shape; train anew"
    #expect(try refused { $0.momentum["conv1.weight"] = nil } == momentum)
    #expect(try refused { $0.momentum["conv1.weight"] = Tensor([1]) } == momentum)
  }

  @Test("The momentum matters to what follows")
  func momentum() throws {
    let graph = try digitsGraph()
    let data = try digits(32)
    let first = try trainer(recipe(), graph, data, on: try TestBackend.all[0].make())
    _ = try first.runEpoch()
    let state = try first.state()
    #expect(state.momentum.count == graph.parameters.count { $0.role == .trainable })
    var still = state
    still.momentum = [:]
    let ends = try [state, still].map { start in
      let trainer = try Trainer(recipe(), graph: graph, data: data, state: start, on: try TestBackend.all[0].make())
      _ = try trainer.runEpoch()
      return try trainer.state().bits
    }
    #expect(ends[0] != ends[1])
  }

  @Test("An average changes no step, forgets its start within the first steps, and is the model")
  func average() throws {
    let graph = try dropoutGraph()
    let data = try noise(32, for: graph)
    let plain = try run(recipe(epochs: 3), graph, data, on: try TestBackend.all[0].make()).state
    #expect(plain.average == nil && plain.model == plain.parameters)
    for decay in [0.05, 0.3] as [Float] {
      var averaging = recipe(epochs: 3)
      averaging.averageDecay = decay
      let trainer = try trainer(averaging, graph, data, on: try TestBackend.all[0].make())
      var expected = try trainer.state().model
      var taken = 0
      while !trainer.isFinished {
        _ = try trainer.runEpoch { _ in
          let state = try trainer.state()
          let kept = min(Double(decay), Double(1 + taken) / Double(10 + taken))
          for (spec, tensor) in zip(state.parameters.specs, state.parameters.tensors) {
            guard spec.role != .counter else {
              expected[spec.path] = tensor
              continue
            }
            for (i, value) in tensor.values.enumerated() {
              expected[spec.path].values[i] += Float(1 - kept) * (value - expected[spec.path].values[i])
            }
          }
          #expect(state.average == expected && state.model == expected)
          taken += 1
        }
      }
      let state = try trainer.state()
      #expect(state.parameters == plain.parameters && state.momentum == plain.momentum)
      #expect(taken == 6 && state.average != state.parameters)
    }
  }

  @Test("A learning rate that is far too large is told, not trained on", arguments: TestBackend.all)
  func divergence(backend: TestBackend) throws {
    let graph = try digitsGraph()
    // Which step notices depends on what an engine's ReLU makes of NaN.
    let failure = #expect(throws: Failure.self) {
      _ = try run(recipe(epochs: 3, learningRate: 1e30), graph, digits(64), on: try backend.make())
    }
    #expect(failure?.kind == .data)
    #expect(failure?.message.hasPrefix("training: the loss is not finite in epoch 1, step ") == true)
    #expect(failure?.message.hasSuffix(": lower --learning-rate") == true)
    let single = try trainer(recipe(learningRate: 3e38, weightDecay: 1e30), graph, digits(16), on: try backend.make())
    _ = try single.runEpoch()
    #expect(throws: Failure(.data, "training: a weight is not finite after epoch 1: lower --learning-rate")) {
      _ = try single.state()
    }
  }

  @Test("An epoch accounts for what it trained on")
  func accounting() throws {
    let graph = try digitsGraph()
    let data = try digits(55)
    let spy = SpyBackend(try TestBackend.all[0].make())
    let trainer = try trainer(recipe(method: .pgd(epsilon: 0.25), epochs: 7), graph, data, on: spy)
    var told: [EpochSummary] = []
    let summary = try trainer.runEpoch { told.append($0) }
    // What does not fill a batch is left out.
    #expect(told.map(\.images) == [16, 32, 48])
    #expect(told.allSatisfy { $0.imagesPerEpoch == 48 && $0.epoch == 1 && $0.epochs == 7 && $0.epsilon == 0.25 })
    #expect(zip(told, told.dropFirst()).allSatisfy { $0.seconds <= $1.seconds })
    #expect(summary.learningRate == 0.05)
    #expect(try trainer.runEpoch().learningRate.description == "0.005")
    let state = try trainer.state()
    #expect((state.epoch, state.step, state.sums) == (2, 0, TrainingState.Sums()))

    var generator = Generator(seed: 0, purpose: .shuffle, epoch: 0)
    let labels = generator.permutation(count: 55).prefix(48).map(data.label(of:))
    let rows = spy.steps.prefix(3).flatMap { step in
      (0..<16).map { step.logits[$0 * 10..<$0 * 10 + 10].map(Double.init) }
    }
    let losses = zip(rows, labels).map { row, label in logSumExp(row) - row[label] }
    #expect(abs(losses.reduce(0, +) / 48 - summary.loss) < 1e-6)
    let correct = zip(rows, labels).count { row, label in row.max() == row[label] }
    #expect(abs(Double(correct) / 48 - summary.accuracy) < 1e-12)
  }

  private func logSumExp(_ row: [Double]) -> Double {
    let largest = row.max() ?? 0
    return largest + log(row.reduce(0) { $0 + exp($1 - largest) })
  }
}
