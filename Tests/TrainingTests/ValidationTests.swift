import Attacks
import Datasets
import Failures
import Networks
import Programs
import Spatial
import Tensors
import Testing
import Training

@Suite("Keeping the best epoch") struct ValidationTests {
  private let graph: NetworkGraph
  private let attack = ProjectedGradientDescent(epsilon: 0.2, steps: 2, stepSize: 0.1)

  init() throws { graph = try digitsGraph() }

  private func configuration(
    _ metric: Validation.Metric?, method: Training.Method = .natural, epochs: Int = 4, learningRate: Float = 0.05
  ) -> TrainingConfiguration {
    var recipe = recipe(method: method, epochs: epochs, learningRate: learningRate, seed: 7)
    recipe.stages[0].poses = PoseDistribution(rotation: 40, translation: 1, isFlipping: true)
    recipe.validation = metric.map { Validation(metric: $0, imageCount: 40) }
    return recipe
  }

  @Test("The seed draws which images are held out; every other one is trained on")
  func split() {
    let validation = Validation(metric: .natural, imageCount: 30)
    let (heldOut, trained) = validation.split(count: 100, seed: 1)
    #expect(heldOut.count == 30 && Set(heldOut + trained) == Set(0..<100))
    #expect(heldOut == heldOut.sorted() && trained == trained.sorted())
    #expect(validation.split(count: 100, seed: 1).heldOut == heldOut)
    #expect(validation.split(count: 100, seed: 2).heldOut != heldOut)
    #expect(Set(heldOut) != Set(0..<30) && Set(heldOut) != Set(70..<100))
  }

  @Test("Images held out are never trained on")
  func heldOut() throws {
    let graph = try dropoutGraph()
    let data = try noise(60, for: graph)
    let spy = SpyBackend(try TestBackend.all[0].make())
    var recipe = recipe(epochs: 3, batchSize: 10, seed: 7)
    recipe.validation = Validation(metric: .natural, imageCount: 20)
    _ = try run(recipe, graph, data, on: spy)
    let size = graph.imageShape.count
    let seen = Set(spy.steps.flatMap { step in (0..<10).map { Array(step.pixels[$0 * size..<($0 + 1) * size]) } })
    let trained = Validation(metric: .natural, imageCount: 20).split(count: 60, seed: 7).trained
    var pixels = Tensor(Shape([40] + graph.imageShape.sizes))
    data.writePixels(of: trained, into: &pixels)
    #expect(seen == Set((0..<40).map { Array(pixels.values[$0 * size..<($0 + 1) * size]) }))
    #expect(spy.steps.count == 3 * 4)
  }

  @Test("Every metric is what the model makes of the held-out images", arguments: Validation.Metric.allCases)
  func metrics(metric: Validation.Metric) throws {
    let data = try digits(200)
    let backend = try TestBackend.all[0].make()
    var recipe = configuration(metric, method: .trades(attack, beta: 1))
    recipe.averageDecay = 0.5
    let trainer = try trainer(recipe, graph, data, on: backend)
    let summary = try trainer.runEpoch()
    let state = try trainer.state()

    let images = Validation(metric: metric, imageCount: 40).split(count: 200, seed: 7).heldOut
    let labels = images.map(data.label(of:))
    var pixels = Tensor([40, 1, 8, 8])
    data.writePixels(of: images, into: &pixels)
    let model = try #require(state.average)
    if metric == .spatial {
      let poses = PoseDistribution(rotation: 40, translation: 1)
      var resampler = Resampler(imageShape: [1, 8, 8])
      resampler.transform(&pixels, poses: images.map { poses.draw(seed: 7, image: $0) })
    }
    if metric == .robust {
      var seeded = attack
      seeded.seed = 7
      let clean = pixels
      let program = try InputGradientProgram(graph, parameters: model, batchSize: 40, on: backend)
      try AttackScheduler(model: program, classifier: program)
        .perturb(clean, by: seeded, labels: labels, images: images, into: &pixels)
    }
    let logits = try InferenceProgram(graph, parameters: model, batchSize: 40, on: backend).logits(of: pixels)
    let correct = labels.indices.count { predictedClass(row: $0, logits: logits) == labels[$0] }
    #expect(summary.validation == Double(correct) / 40 && summary.kept == 1)
    #expect(state.best == TrainingState.Best(epoch: 1, accuracy: Double(correct) / 40, parameters: model))
  }

  @Test("The model is that of the first epoch with the best accuracy; training is as without")
  func best() throws {
    let data = try digits(200)
    // Steps of this length go astray now and then.
    let recipes = [
      configuration(.natural, epochs: 8, learningRate: 0.3), configuration(.spatial, epochs: 8, learningRate: 0.3),
    ]
    let ends = try recipes.map { recipe in
      let trainer = try trainer(recipe, graph, data, on: try TestBackend.all[0].make())
      var (models, accuracies) = ([Parameters](), [Double]())
      while !trainer.isFinished {
        let summary = try trainer.runEpoch { #expect($0.validation == nil && $0.kept == nil) }
        let state = try trainer.state()
        models.append(state.parameters)
        accuracies.append(try #require(summary.validation))
        let best = try #require(accuracies.firstIndex(of: accuracies.max() ?? 0))
        #expect(summary.kept == best + 1)
        #expect(state.best == TrainingState.Best(epoch: best + 1, accuracy: accuracies[best], parameters: models[best]))
        #expect(state.model == models[best])
      }
      return models
    }
    #expect(ends[0] == ends[1])
  }

  @Test("A run that keeps its best resumes to the bit after any step", arguments: TestBackend.all)
  func resuming(backend: TestBackend) throws {
    let data = try digits(80)
    var recipe = configuration(.robust, method: .pgd(attack), epochs: 3, learningRate: 0.3)
    recipe.averageDecay = 0.5
    let whole = try run(recipe, graph, data, on: try backend.make())
    struct Stop: Error {}
    var state = TrainingState(parameters: Parameters(initializing: graph, seed: recipe.seed))
    var kept: [Int?] = []
    for _ in 0..<7 {
      let trainer = try Trainer(recipe, graph: graph, data: data, state: state, on: try backend.make())
      do {
        while !trainer.isFinished { kept.append(try trainer.runEpoch { _ in throw Stop() }.kept) }
      } catch is Stop {}
      state = try trainer.state()
    }
    #expect(state.bits == whole.state.bits && state.best == whole.state.best)
    #expect(kept == whole.epochs.map(\.kept))
  }

  @Test("A metric without its budget, and a split that leaves nothing, are refused")
  func refusals() throws {
    func message(_ change: (inout TrainingConfiguration) -> Void) -> String? {
      var configuration = configuration(.natural)
      change(&configuration)
      return #expect(throws: Failure.self) {
        _ = try trainer(configuration, graph, digits(60), on: try TestBackend.all[0].make())
      }?.message
    }
    #expect(
      message { $0.validation?.metric = .robust }
        == "--keep-best robust needs a method that attacks: pgd, trades or cusp")
    #expect(
      message {
        $0.validation?.metric = .spatial
        $0.stages[0].poses = PoseDistribution(isFlipping: true)
      }
        == "--keep-best spatial needs --rotation or --translation")
    #expect(message { $0.validation?.imageCount = 0 } == "--validation 0: give 1 or more")
    for count in [45, 60, 100] {
      #expect(
        message { $0.validation?.imageCount = count }
          == "digits: \(max(0, 60 - count)) images do not fill a batch of 16: lower --batch-size or --validation")
    }
  }
}
