import Attacks
import Checkpoints
import Datasets
import Evaluation
import Failures
import Files
import Networks
import PortableBackend
import Records
import Spatial
import Tensors
import TestSupport
import Testing

/// Images made against one model and shown to another.
@Suite("Transfer")
struct TransferTests {
  private static let attack = NamedAttack(
    name: "pgd", epsilon: 0.3, attack: ProjectedGradientDescent(epsilon: 0.3, steps: 3, stepSize: 0.15, seed: 4))

  /// A model of the same shapes and other weights than `withModel` has.
  private func withSurrogate(classCount: Int = 10, _ body: (LoadedModel, LoadedModel) throws -> Void) throws {
    try Fixture.withTemporaryFolder { folder in
      let definition = Architecture.digitsCNN.definition(classCount: classCount)
      let parameters = try Parameters(of: NetworkGraph(definition)) { spec in
        let kind: FormulaWeights.Kind = spec.shape.rank > 1 ? .weight : .bias
        return Tensor(
          spec.shape, FormulaWeights.values(path: "other \(spec.path.text)", shape: spec.shape.sizes, kind: kind))
      }
      try Checkpoint(definition: definition, parameters: parameters, documents: .init(configuration: ""))
        .write(to: "\(folder)/other.h5")
      let surrogate = try LoadedModel(
        reading: InputFile(path: "\(folder)/other.h5"), on: PortableBackend(threads: 2))
      try withModel { try body($0, surrogate) }
    }
  }

  private func results(
    of model: LoadedModel, from source: LoadedModel?, _ images: LabeledImages, after: [Transformation] = [.none]
  ) throws -> [(record: PredictionRecord, image: [Float])] {
    var results: [(record: PredictionRecord, image: [Float])] = []
    try Predictions(of: model, under: [Self.attack], from: source, after: after, withLogits: true)
      .forEachImage(in: ImageSelection(images, data: "digits", total: 360)) { results.append(($0, $1)) }
    return results
  }

  @Test("Records say what the model makes of images that were made against the source")
  func facts() throws {
    try withSurrogate { model, surrogate in
      let images = try digits()[10..<57]
      let program = try model.inference()
      let turned = [
        Transformation.none, Transformation(PoseDistribution(rotation: 20, translation: 1), seed: 4),
      ]
      let (found, own) = (
        try results(of: model, from: surrogate, images, after: turned),
        try results(of: surrogate, from: nil, images, after: turned)
      )
      #expect(found.count == 94 && own.count == 94)
      var clean = Tensor([1, 1, 8, 8])
      var (differing, transferred) = (0, 0)
      for (one, source) in zip(found, own) {
        #expect(one.image == source.image && one.record.pose == source.record.pose)
        images.writePixels(of: [one.record.index], into: &clean)
        let (natural, logits) = (
          try program.logits(of: clean).values, try program.logits(of: Tensor([1, 1, 8, 8], one.image)).values
        )
        #expect(one.record.logits == logits)
        #expect(one.record.natural == natural.indices.max { natural[$0] < natural[$1] })
        #expect(one.record.perturbed == logits.indices.max { logits[$0] < logits[$1] })
        #expect(one.record.setting.model == model.digest && one.record.distance == source.record.distance)
        #expect(one.record.setting.parameters?["source"]?.string == surrogate.digest)
        #expect((one.record.forwards, one.record.backwards) == (source.record.forwards, source.record.backwards))
        differing += one.record.perturbed == source.record.perturbed ? 0 : 1
        transferred += one.record.perturbed == one.record.natural ? 0 : 1
      }
      #expect(differing > 0 && transferred > 0)
    }
  }

  @Test("Images that were made against the model itself are its own")
  func itself() throws {
    try withModel { model in
      let images = try digits().prefix(9)
      let (own, transferred) = (
        try results(of: model, from: nil, images), try results(of: model, from: model, images)
      )
      #expect(zip(own, transferred).allSatisfy { $0.image == $1.image && $0.record.logits == $1.record.logits })
    }
  }

  @Test("A source of other classes, and what has no meaning beside one, is refused")
  func refusals() throws {
    try withSurrogate(classCount: 7) { model, surrogate in
      let failure = #expect(throws: Failure.self) {
        try Predictions(of: model, under: [Self.attack], from: surrogate)
      }
      #expect(failure?.kind == .data && failure?.message.contains("for 7 classes") == true)
    }
    try withSurrogate { model, surrogate in
      let search = Transformation(PoseDistribution(rotation: 9), search: .worst(of: 3))
      for predictions in [
        { try Predictions(of: model, under: [nil], from: surrogate) },
        { try Predictions(of: model, under: [Self.attack], from: surrogate, after: [search]) },
        { try Predictions(of: model, under: [Self.attack], from: surrogate, reuses: true) },
      ] {
        let failure = #expect(throws: Failure.self) { try predictions() }
        #expect(failure?.kind == .usage)
      }
    }
  }

  @Test("A traced attack hands out its points before the record, and changes no record")
  func traces() throws {
    try withModel { model in
      let images = try digits().prefix(5)
      var traced = Self.attack
      traced.isTraced = true
      var lines: [String] = []
      var points: [TraceRecord] = []
      let predictions = try Predictions(
        of: model, under: [traced, Self.attack], withLogits: true,
        trace: {
          lines.append("trace \($0.index) \($0.step)")
          points.append($0)
        })
      var records: [PredictionRecord] = []
      try predictions.forEach(in: ImageSelection(images, data: "digits", total: 360)) {
        lines.append("record \($0.index)")
        records.append($0)
      }
      #expect(
        lines
          == (0..<5).flatMap { image in
            (0...3).map { "trace \(image) \($0)" } + ["record \(image)", "record \(image)"]
          })
      for (watched, plain) in stride(from: 0, to: 10, by: 2).map({ (records[$0], records[$0 + 1]) }) {
        #expect(watched == plain)
        let last = try #require(points.last { $0.index == watched.index })
        #expect(last.distance == watched.distance && last.setting == watched.setting)
        #expect((last.margin ?? 0 > 0) == (watched.perturbed != watched.label))
      }
    }
  }
}
