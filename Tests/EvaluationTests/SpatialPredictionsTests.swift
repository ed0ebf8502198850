import Attacks
import Datasets
import Evaluation
import Networks
import Records
import Spatial
import Tensors
import Testing

@Suite("Predictions of turned and moved images")
struct SpatialPredictionsTests {
  private static let pgd = NamedAttack(
    name: "pgd", epsilon: 0.1, attack: ProjectedGradientDescent(epsilon: 0.1, steps: 3, stepSize: 0.05, seed: 4))

  private static let poses = [
    Transformation.none, Transformation(PoseDistribution(rotation: 40, translation: 2), seed: 4),
    Transformation(PoseDistribution(rotation: 90, isRotationExact: true), interpolation: .bilinear, seed: 4),
  ]

  private func records(
    _ model: LoadedModel, _ images: LabeledImages, under attacks: [NamedAttack?] = [nil],
    after poses: [Transformation] = poses, batchSize: Int? = nil, reuses: Bool = false
  ) throws -> [PredictionRecord] {
    var records: [PredictionRecord] = []
    try Predictions(
      of: model, under: attacks, after: poses, batchSize: batchSize, withLogits: true, reuses: reuses
    ).forEach(in: ImageSelection(images, data: "digits", total: 360)) { records.append($0) }
    return records
  }

  /// The images of a split, transformed one by one.
  private func transformed(_ images: LabeledImages, _ transformation: Transformation) -> Tensor {
    var pixels = Tensor(Shape([images.count] + images.imageShape.sizes))
    images.writePixels(of: Array(images.indices), into: &pixels)
    var resampler = Resampler(imageShape: images.imageShape, interpolation: transformation.interpolation)
    resampler.transform(&pixels, poses: images.indices.map(transformation.pose(of:)))
    return pixels
  }

  @Test("Natural predictions are of the untouched image, others of the one in the recorded pose")
  func facts() throws {
    try withModel { model in
      let images = try digits()[50..<70]
      let records = try records(model, images)
      #expect(records.map(\.index) == (50..<70).flatMap { [$0, $0, $0] })
      let program = try model.inference()
      let natural = try program.logits(of: transformed(images, .none))
      for (place, transformation) in Self.poses.enumerated() {
        let logits = try program.logits(of: transformed(images, transformation))
        for (row, index) in images.indices.enumerated() {
          let record = records[3 * row + place]
          let pose = transformation.pose(of: index)
          #expect(record.pose == .init(degrees: pose.degrees, dx: Double(pose.dx), dy: Double(pose.dy)))
          #expect(record.natural == predictedClass(row: row, logits: natural))
          #expect(record.perturbed == predictedClass(row: row, logits: logits))
          #expect(record.logits == logits[rows: row..<row + 1].values)
          #expect(record.setting.rotation == transformation.distribution.rotation)
          #expect((record.setting.attack, record.distance) == ("none", 0))
          #expect(record.setting.parameters?.text == (place == 0 ? nil : #"{"seed":"4"}"#))
        }
      }
      #expect(records.contains { $0.natural != $0.perturbed })
    }
  }

  @Test("An attack acts on the turned image, and its distance is from there")
  func attacked() throws {
    try withModel { model in
      let images = try digits().prefix(12)
      let records = try records(model, images, under: [Self.pgd], after: [Self.poses[1]])
      let (posed, network) = (transformed(images, Self.poses[1]), try model.inputGradient())
      var perturbed = posed
      try AttackScheduler(model: network, classifier: network).perturb(
        posed, by: Self.pgd.attack, labels: images.indices.map(images.label(of:)), images: Array(images.indices),
        into: &perturbed)
      let classifier = try model.inference()
      func classes(_ images: Tensor) throws -> [Int] {
        let logits = try classifier.logits(of: images)
        return (0..<12).map { predictedClass(row: $0, logits: logits) }
      }
      #expect(try records.map(\.perturbed) == classes(perturbed))
      #expect(try records.map(\.natural) == classes(transformed(images, .none)))
      #expect(records.map(\.distance) == Self.pgd.descent.bound.distances(of: perturbed, from: posed))
      #expect(records.allSatisfy { $0.setting.parameters == Self.pgd.parameters && $0.setting.epsilon == 0.1 })
    }
  }

  @Test(
    "Records do not depend on batches, shards or the other settings", arguments: [[nil], [pgd]] as [[NamedAttack?]])
  func independence(attacks: [NamedAttack?]) throws {
    try withModel { model in
      let images = try digits()[100..<113]
      let whole = try records(model, images, under: attacks)
      #expect(try records(model, images, under: attacks, batchSize: 4).map(\.line) == whole.map(\.line))
      #expect(try (1...3).flatMap { try records(model, images.shard($0, of: 3), under: attacks) } == whole)
      for place in Self.poses.indices {
        let alone = try records(model, images, under: attacks, after: [Self.poses[place]])
        #expect(alone == stride(from: place, to: whole.count, by: 3).map { whole[$0] })
      }
    }
  }

  @Test("A sweep of poses gives the records of the batches, and progress counts images")
  func sweeps() throws {
    try withModel { model in
      let images = try digits()[7..<17]
      let attacks = [0, 0.1].map { epsilon in
        NamedAttack(
          name: "pgd", epsilon: epsilon,
          attack: ProjectedGradientDescent(epsilon: Float(epsilon), steps: 3, stepSize: 0.05, seed: 4))
      }
      let plain = try records(model, images, under: [attacks[0]])
      #expect(try records(model, images, under: [attacks[0]], reuses: true) == plain)
      let both = try records(model, images, under: attacks, batchSize: 3, reuses: true)
      #expect(both.map(\.index) == (7..<17).flatMap { [Int](repeating: $0, count: 6) })
      #expect(both.map(\.setting.epsilon) == (0..<30).flatMap { _ in [0, 0.1] })
      #expect(stride(from: 0, to: 60, by: 2).map { both[$0] } == plain)
      var counts: [Int] = []
      try Predictions(of: model, under: attacks, after: Self.poses, batchSize: 4, reuses: true)
        .forEach(in: ImageSelection(images, data: "digits"), progress: { counts.append($0) }) { _ in }
      #expect(counts == Set(counts).sorted())
      #expect(counts.last == 10)
    }
  }

  @Test("Images are turned further the same way by a larger budget")
  func sameNumbers() throws {
    try withModel { model in
      let poses = [10.0, 20].map { Transformation(PoseDistribution(rotation: $0)) }
      let records = try records(model, digits().prefix(20), after: poses)
      for place in stride(from: 0, to: 40, by: 2) {
        #expect(records[place + 1].pose.degrees == 2 * records[place].pose.degrees)
      }
    }
  }
}
