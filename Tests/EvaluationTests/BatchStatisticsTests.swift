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

/// Attacks in training mode, as the paper's code carries them out on a GCNN, against PyTorch.
@Suite("Predictions by batch statistics")
struct BatchStatisticsTests {
  private static let images = 104
  private let fixture: BatchStatisticsFixture<NetworkDefinition>.Attack

  init() throws { fixture = try BatchStatisticsFixture(of: NetworkDefinition.self).attack }

  /// The fixture's model with the weights of the formula, read from a file.
  private func withModel<Result>(_ body: (LoadedModel) throws -> Result) throws -> Result {
    let parameters = try Parameters(of: NetworkGraph(fixture.definition)) { spec in
      let (path, shape) = (spec.path.text, spec.shape)
      if path.hasSuffix("running_var") { return Tensor(shape, filledWith: 1) }
      if path.contains("running") || path.contains("tracked") { return Tensor(shape) }
      let isNorm = path.hasPrefix("norm") || path.hasPrefix("last")
      let kind: FormulaWeights.Kind =
        path.hasSuffix("bias") ? isNorm ? .normBias : .bias : isNorm ? .normWeight : .weight
      return Tensor(shape, FormulaWeights.values(path: path, shape: shape.sizes, kind: kind))
    }
    return try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/group.h5"
      try Checkpoint(definition: fixture.definition, parameters: parameters).write(to: path)
      return try body(LoadedModel(reading: InputFile(path: path), on: PortableBackend(threads: 2)))
    }
  }

  private var attack: NamedAttack {
    let descent = ProjectedGradientDescent(
      epsilon: fixture.epsilon, steps: fixture.steps, stepSize: fixture.stepSize, seed: fixture.seed)
    return NamedAttack(name: "pgd", epsilon: Double(fixture.epsilon), attack: descent)
  }

  /// The formula's images, in an order of labels that no prediction follows.
  private func images() throws -> LabeledImages {
    let pixels = FormulaWeights.pixels(shape: [Self.images, 1, 8, 8], path: "pixels")
    return try LabeledImages(
      name: "formula", split: .test, imageShape: [1, 8, 8], pixels: .floats(pixels),
      labels: (0..<Self.images).map { $0 % 5 }, classNames: ["a", "b", "c", "d", "e"], place: "formula")
  }

  private func records(
    _ model: LoadedModel, of images: LabeledImages? = nil, batchSize: Int? = nil,
    after transformations: [Transformation] = [.none]
  ) throws -> [PredictionRecord] {
    var records: [PredictionRecord] = []
    let predictions = try Predictions(
      of: model, under: [attack.asInPaper(on: model)], after: transformations, batchSize: batchSize, withLogits: true)
    #expect(predictions.goByBatchStatistics)
    try predictions.forEach(in: ImageSelection(images ?? self.images(), data: "x", total: Self.images)) {
      records.append($0)
    }
    return records
  }

  @Test("are PyTorch's, in batches of a hundred whatever is taken at once")
  func reference() throws {
    try withModel { model in
      let records = try records(model)
      #expect(records.map(\.natural) == fixture.natural)
      #expect(records.map(\.index) == Array(0..<Self.images))
      for (record, (logits, distance)) in zip(records, zip(fixture.logits, fixture.distances)) {
        // A pixel whose gradient is nearly 0 goes either way.
        #expect(zip(record.logits ?? [], logits).allSatisfy { abs($0 - $1) < 2e-3 }, "image \(record.index)")
        #expect(abs(record.distance - distance) < 1e-5)
      }
      #expect(records.allSatisfy { $0.setting.parameters?["batch_statistics"]?.integer == 100 })
      #expect(try self.records(model, batchSize: 7) == records)
    }
  }

  @Test("of images in several poses are those of a hundred images in one pose")
  func poses() throws {
    try withModel { model in
      let plain = try records(model)
      let turns = [Transformation.none, Transformation(PoseDistribution(rotation: 30))]
      let both = try records(model, after: turns)
      #expect(both.count == 2 * Self.images)
      for (place, record) in both.enumerated() where place % 2 == 0 {
        #expect(record.logits == plain[place / 2].logits && record.natural == plain[place / 2].natural)
      }
      #expect(both.enumerated().allSatisfy { $1.natural == plain[$0 / 2].natural })
    }
  }

  @Test("of a shard are those of the whole, and a shard that cuts a hundred is refused")
  func shards() throws {
    try withModel { model in
      let (all, whole) = (try images(), try records(model))
      let part = try records(model, of: all[100..<104])
      #expect(part == Array(whole[100...]))
      let refusal = #expect(throws: Failure.self) { try records(model, of: all[0..<52]) }
      #expect(
        refusal?.message
          == "--shard cuts at image 52: batch statistics are those of 100 images; let parts be whole hundreds")
    }
  }

  @Test("are no setting of other attacks, nor of networks with dropout")
  func others() throws {
    try withModel { model in
      let (plain, meant) = (
        try Predictions(of: model, under: [attack]),
        try Predictions(of: model, under: [attack.asInPaper(on: model)]).asMeant()
      )
      #expect(!plain.goByBatchStatistics && !meant.goByBatchStatistics)
    }
    try EvaluationTests.withModel(architecture: .p4CNN) { model in
      let dropping = try Predictions(of: model, under: [attack.asInPaper(on: model)])
      #expect(!dropping.goByBatchStatistics)
    }
  }
}
