import Attacks
import Checkpoints
import Datasets
import Evaluation
import Failures
import Files
import Networks
import PortableBackend
import Records
import Tensors
import TestSupport
import Testing

@Suite("The diagnosis of an attack")
struct DiagnosisTests {
  /// A linear network that tells digits apart by their mean images, its last layer times `scale`.
  private func withTemplates<Result>(scale: Float, _ body: (LoadedModel) throws -> Result) throws -> Result {
    let images = try DatasetReference("digits").load(split: .train)
    var (means, counts) = ([Float](repeating: 0, count: 640), [Float](repeating: 0, count: 10))
    var pixels = Tensor([1, 1, 8, 8])
    for index in images.indices {
      images.writePixels(of: [index], into: &pixels)
      let label = images.label(of: index)
      counts[label] += 1
      for place in 0..<64 { means[label * 64 + place] += pixels.values[place] }
    }
    for place in means.indices { means[place] /= counts[place / 64] }
    // The nearest mean: twice the product less the mean's own length.
    let weight = means.map { scale * 4 * $0 }
    let bias = (0..<10).map { label in -scale * 2 * means[label * 64..<label * 64 + 64].reduce(0) { $0 + $1 * $1 } }
    let definition = NetworkDefinition(
      architecture: "templates", imageShape: [1, 8, 8], classCount: 10,
      nodes: [
        Node(name: "flatten", inputs: [Node.image], layer: .flatten),
        Node(name: "scores", inputs: ["flatten"], layer: .dense(Dense(outputs: 10))),
      ])
    let parameters = try Parameters(of: NetworkGraph(definition)) { spec in
      Tensor(spec.shape, spec.shape.rank > 1 ? weight : bias)
    }
    let checkpoint = try Checkpoint(definition: definition, parameters: parameters, documents: .init(configuration: ""))
    return try Fixture.withTemporaryFolder { folder in
      try checkpoint.write(to: "\(folder)/model.h5")
      return try body(LoadedModel(reading: InputFile(path: "\(folder)/model.h5"), on: PortableBackend(threads: 2)))
    }
  }

  private func record(scale: Float, _ change: (inout AttackSettings) -> Void = { _ in }) throws -> DiagnosisRecord {
    try withTemplates(scale: scale) { model in
      var settings = AttackSettings()
      settings.epsilon = ExactNumber("0.1")
      change(&settings)
      return try Diagnosis(of: model, under: settings).record(of: ImageSelection(digits(), data: "digits"))
    }
  }

  private func firing(_ record: DiagnosisRecord) -> [String] { record.indicators.filter(\.fires).map(\.name) }

  @Test("finds nothing where the attack is sound, and says what it measured")
  func sound() throws {
    let record = try record(scale: 1)
    #expect(firing(record) == [] && record.count == 128)
    #expect(
      record.indicators.map(\.name) == [
        "zero-gradients", "saturated-logits", "loss-does-not-grow", "larger-budget-weaker", "unbounded-survivors",
        "incomplete-optimisation", "restarts-gain", "silent-success", "search-beats-gradient", "budget-out-of-reach",
      ])
    #expect((record.setting.attack, record.setting.epsilon, record.setting.data) == ("pgd", 0.1, "digits"))
  }

  @Test("finds gradients that vanish where the last layer is a thousandfold")
  func saturated() throws {
    let found = firing(try record(scale: 1000))
    #expect(found.contains("zero-gradients") && found.contains("saturated-logits"))
    #expect(found.contains("loss-does-not-grow") && found.contains("unbounded-survivors"))
    #expect(found.contains("search-beats-gradient"))
    // The margin has a gradient there.
    #expect(!firing(try record(scale: 1000) { $0.values[.loss] = .text("margin") }).contains("zero-gradients"))
  }

  @Test("sees a loss grow of which single precision has nothing left, that of a model that is sure")
  func sure() throws {
    // NumPy's count: by losses in single precision 41 of 100 images, by those in double precision 3.
    #expect(!firing(try record(scale: 3)).contains("loss-does-not-grow"))
  }

  @Test("finds steps that do not reach the budget, and too few of them")
  func short() throws {
    let found = firing(
      try record(scale: 1) {
        $0.values[.steps] = .integer(2)
        $0.values[.start] = .text("clean")
        $0.stepSize = ExactNumber("0.02")
      })
    #expect(found.contains("budget-out-of-reach") && found.contains("incomplete-optimisation"))
  }

  @Test("is of attacks within a budget, and its signs depend on no batch")
  func refusals() throws {
    #expect(throws: Failure.self) { try record(scale: 1) { $0.epsilon = ExactNumber("0") } }
    #expect(throws: Failure.self) {
      try record(scale: 1) { ($0.kind, $0.epsilon) = (AttackCatalogue.all.first { $0.name == "ddn" } ?? $0.kind, nil) }
    }
    #expect(try record(scale: 1).line == record(scale: 1).line)
  }
}
