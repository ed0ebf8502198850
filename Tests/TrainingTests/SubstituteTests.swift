import Datasets
import Failures
import Foundation
import Networks
import Optimizers
import Programs
import Tensors
import TestSupport
import Testing
import Training

/// What PyTorch makes of the same images, substitute and oracle: `fixtures/make/augmentation.py`.
struct AugmentationReference: Decodable, Sendable, CustomTestStringConvertible {
  let network: String
  let count, doublings: Int
  let step: Float
  let labels: [Int]
  let made: [Float]

  var testDescription: String { "\(network), \(count) images, \(doublings) times" }

  static let all = (try? JSONDecoder().decode([Self].self, from: Fixture.data("augmentation.json"))) ?? []
}

/// A linear network with the formula's weights.
private func linearGraph(_ imageShape: [Int], classCount: Int = 10) throws -> NetworkGraph {
  try NetworkGraph(
    NetworkDefinition(
      architecture: "linear", imageShape: imageShape, classCount: classCount,
      nodes: [
        Node(name: "flat", inputs: [Node.image], layer: .flatten),
        Node(name: "oracle", inputs: ["flat"], layer: .dense(Dense(outputs: classCount))),
      ]))
}

private func formula(_ graph: NetworkGraph) -> Parameters {
  Parameters(of: graph) { spec in
    let kind: FormulaWeights.Kind = spec.path.text.hasSuffix("bias") ? .bias : .weight
    return Tensor(spec.shape, FormulaWeights.values(path: spec.path.text, shape: spec.shape.sizes, kind: kind))
  }
}

private func oracle(_ imageShape: [Int], classCount: Int = 10, on backend: any Backend) throws -> any Classifier {
  let graph = try linearGraph(imageShape, classCount: classCount)
  return try InferenceProgram(graph, parameters: formula(graph), on: backend)
}

/// The pixels of all images, one after the other.
private func pixels(_ images: LabeledImages) -> [Float] {
  var tensor = Tensor(Shape([images.count] + images.imageShape.sizes))
  images.writePixels(of: Array(images.indices), into: &tensor)
  return tensor.values
}

@Suite("Images of a substitute") struct AugmentationTests {
  @Test(
    "are labelled and doubled as an independent implementation does it", arguments: AugmentationReference.all,
    TestBackend.all)
  func golden(_ reference: AugmentationReference, backend: TestBackend) throws {
    let engines = try backend.make()
    let graph = try NetworkGraph(#require(Architecture(rawValue: reference.network)).definition())
    let substitute = try InputGradientProgram(graph, parameters: formula(graph), on: engines)
    let oracle = try oracle(graph.imageShape.sizes, on: engines)
    let seeds = try LabeledImages(
      name: "formula", split: .train, imageShape: graph.imageShape,
      pixels: .floats(FormulaWeights.pixels(shape: [reference.count] + graph.imageShape.sizes)),
      labels: [Int](repeating: 0, count: reference.count), classNames: (0..<10).map(String.init), place: "formula")
    var images = try seeds.labelled(by: oracle)
    for _ in 0..<reference.doublings {
      images = try images.doubled(along: substitute, step: reference.step, labelledBy: oracle)
    }
    #expect(images.indices.map(images.label(of:)) == reference.labels && Set(reference.labels).count > 1)
    let (made, size) = (pixels(images), reference.count * graph.imageShape.count)
    #expect(Array(made[..<size]) == pixels(seeds))
    let near = zip(made[size...], reference.made).count { abs($0 - $1) <= 1e-5 }
    #expect(made.count - size == reference.made.count && 100 * near >= 99 * reference.made.count, "\(near)")
  }

  @Test("The reference has its cases, and pixels are cut off in them")
  func cases() {
    #expect(AugmentationReference.all.map(\.network) == ["digits-cnn", "digits-cnn", "small-cnn"])
    for reference in AugmentationReference.all {
      #expect(reference.made.contains(0) && reference.made.contains(1))
    }
  }

  @Test("A substitute without slopes makes copies of images; one whose slopes are not finite is refused")
  func slopes() throws {
    let backend = try TestBackend.all[0].make()
    let graph = try linearGraph([1, 8, 8])
    let (oracle, seeds) = (try oracle([1, 8, 8], on: backend), try digits(40))
    func doubled(_ weight: Float) throws -> LabeledImages {
      let parameters = Parameters(of: graph) { Tensor($0.shape, filledWith: weight) }
      let substitute = try InputGradientProgram(graph, parameters: parameters, on: backend)
      return try seeds.doubled(along: substitute, step: 0.1, labelledBy: oracle)
    }
    let copies = try doubled(0)
    #expect(pixels(copies) == pixels(seeds) + pixels(seeds))
    #expect((0..<40).allSatisfy { copies.label(of: $0) == copies.label(of: 40 + $0) })
    #expect(throws: Failure(.data, "augmentation: the substitute's gradients are not finite")) { try doubled(.nan) }
    let deaf = try InferenceProgram(
      graph, parameters: Parameters(of: graph) { Tensor($0.shape, filledWith: .infinity) }, on: backend)
    #expect(throws: Failure(.data, "augmentation: the oracle's logits are not finite")) {
      try seeds.labelled(by: deaf)
    }
  }
}

@Suite("Training of substitutes") struct SubstituteTests {
  private func recipe(doublings: Int = 2, epochs: Int = 6) -> TrainingConfiguration {
    var recipe = TrainingConfiguration(
      method: .natural, epochs: epochs, batchSize: 16, schedule: Schedule(initial: 0.05, course: .cosine),
      optimizer: .sgd(momentum: 0.9), weightDecay: 5e-4, seed: 4)
    recipe.augmentation = Augmentation(count: doublings, step: 0.125)
    return recipe
  }

  private func trainer(
    _ recipe: TrainingConfiguration, _ data: LabeledImages, state: TrainingState? = nil, on backend: any Backend
  ) throws -> Trainer {
    let graph = try digitsGraph()
    let start = TrainingState(parameters: Parameters(initializing: graph, seed: recipe.seed))
    return try Trainer(
      recipe, graph: graph, data: data, state: state ?? start, oracle: oracle([1, 8, 8], on: backend), on: backend)
  }

  @Test("Every round trains on twice as many images, the new ones a step away from earlier ones")
  func rounds() throws {
    let spy = SpyBackend(try TestBackend.all[0].make())
    let trainer = try trainer(recipe(), digits(32), on: spy)
    var counts: [Int] = []
    let seeds = try pixels(digits(32))
    var known = Set((0..<32).map { Array(seeds[$0 * 64..<($0 + 1) * 64]) })
    for epoch in 0..<6 {
      let before = spy.steps.count
      counts.append(try trainer.runEpoch().images)
      #expect(try trainer.state().synthetic?.shape[0] == [nil, nil, 32, 32, 96, nil][epoch])
      var seen: Set<[Float]> = []
      for step in spy.steps[before...] {
        for row in 0..<16 { seen.insert(Array(step.pixels[row * 64..<(row + 1) * 64])) }
      }
      let new = seen.subtracting(known)
      #expect(new.count == [0, 0, 32, 0, 64, 0][epoch])
      for image in new {
        #expect(
          known.contains { zip($0, image).allSatisfy { abs(abs($0 - $1) - 0.125) < 1e-6 || $1 == 0 || $1 == 1 } })
      }
      known.formUnion(seen)
    }
    #expect(counts == [32, 32, 64, 64, 128, 128])
  }

  @Test("It learns the oracle's classes: labels of the data set do not matter, and in the end it agrees")
  func labels() throws {
    let data = try digits(64)
    let others = try LabeledImages(
      name: "digits", split: .train, imageShape: data.imageShape, pixels: .floats(pixels(data)),
      labels: [Int](repeating: 3, count: 64), classNames: data.classNames, place: "digits")
    let ends = try [data, others].map { data in
      let trainer = try trainer(recipe(doublings: 1, epochs: 30), data, on: try TestBackend.all[0].make())
      var last: EpochSummary?
      while !trainer.isFinished { last = try trainer.runEpoch() }
      return (state: try trainer.state(), agreement: last?.accuracy ?? 0)
    }
    #expect(ends[0].state.bits == ends[1].state.bits)
    #expect(ends[0].agreement > 0.9)
    #expect(ends[0].state.synthetic == nil)
  }

  @Test("Without a doubling it is natural training on what the oracle says", arguments: TestBackend.all)
  func plain(backend: TestBackend) throws {
    var natural = recipe(doublings: 0, epochs: 3)
    let substitute = try trainer(natural, digits(48), on: try backend.make())
    natural.augmentation = nil
    let labelled = try digits(48).labelled(by: oracle([1, 8, 8], on: try backend.make()))
    let (state, epochs) = try run(natural, digitsGraph(), labelled, on: try backend.make())
    let own = try (0..<3).map { _ in try substitute.runEpoch() }
    #expect(try substitute.state().bits == state.bits)
    #expect(own.map(\.accuracy) == epochs.map(\.accuracy) && own.map(\.loss) == epochs.map(\.loss))
  }

  @Test("It goes on after any step, to the bit", arguments: TestBackend.all)
  func resuming(backend: TestBackend) throws {
    struct Stop: Error {}
    let (recipe, data) = (recipe(), try digits(40))
    let whole = try trainer(recipe, data, on: try backend.make())
    while !whole.isFinished { _ = try whole.runEpoch() }
    var (state, starts) = (nil as TrainingState?, 0)
    while state.map({ $0.epoch < recipe.epochs }) ?? true {
      let trainer = try trainer(recipe, data, state: state, on: try backend.make())
      // Stops within every epoch and at its end, in turn.
      do { _ = try trainer.runEpoch { if starts % 2 == 0, $0.step == 2 { throw Stop() } } } catch is Stop {}
      state = try trainer.state()
      starts += 1
    }
    #expect(starts == 12)
    #expect(try state?.bits == whole.state().bits)
  }

  @Test("States of other runs, too many images and settings that do not go together are refused")
  func refusals() throws {
    let backend = try TestBackend.all[0].make()
    let first = try trainer(recipe(), digits(32), on: backend)
    for _ in 0..<3 { _ = try first.runEpoch() }
    var state = try first.state()
    #expect(state.synthetic?.shape == [32, 1, 8, 8])
    for wrong in [nil, Tensor([16, 1, 8, 8]), Tensor([32, 64]), Tensor([1])] as [Tensor?] {
      state.synthetic = wrong
      let failure = Failure(.data, "training: the images made for the substitute are not 32 of [1x8x8]; train anew")
      #expect(throws: failure) { try trainer(recipe(), digits(32), state: state, on: backend) }
    }
    func message(_ change: (inout TrainingConfiguration) -> Void, _ count: Int = 32) -> String? {
      var recipe = recipe()
      change(&recipe)
      return #expect(throws: Failure.self) { try trainer(recipe, digits(count), on: backend) }?.message
    }
    #expect(
      message({ ($0.augmentation, $0.epochs) = (Augmentation(count: 16, step: 0.1), 17) }, 100)
        == "--augmentations 16: 100 images doubled so often take more than 1 GiB; lower it, or give --limit 64")
    #expect(message { $0.augmentation?.count = 21 } == "--augmentations 21: give 0 to 20")
    for count in [-1, .min, .max] as [Int] {
      #expect(message { $0.augmentation?.count = count } == "--augmentations \(count): give 0 to 20")
    }
    for step in [0, -0.5, 1.5, .nan] as [Float] {
      #expect(
        message { $0.augmentation?.step = step } == "--augmentation-step \(step): give more than 0, at most 1")
    }
    let kind = "--substitute-for: trains naturally, as many epochs in every round, on images as the oracle saw them"
    #expect(message { $0.epochs = 7 } == kind)
    #expect(message { $0.averageDecay = 0.9 } == kind)
    #expect(message { $0.stages[0].method = .pgd(epsilon: 0.1) } == kind)
    #expect(message { $0.validation = Validation(metric: .natural, imageCount: 8) } == kind)
    let graph = try digitsGraph()
    let start = TrainingState(parameters: Parameters(initializing: graph, seed: 0))
    for other in [nil, try oracle([1, 6, 6], on: backend), try oracle([1, 8, 8], classCount: 9, on: backend)] {
      let failure = Failure(.internal, "training: a substitute needs an oracle of its images and classes")
      #expect(throws: failure) {
        try Trainer(recipe(), graph: graph, data: digits(32), state: start, oracle: other, on: backend)
      }
    }
  }
}
