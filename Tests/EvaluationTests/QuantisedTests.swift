import Attacks
import Datasets
import Evaluation
import Failures
import Networks
import Records
import Spatial
import Tensors
import Testing

/// Attacks whose results are rounded to 8 bits.
@Suite("Quantised attacks")
struct QuantisedTests {
  /// PGD of `epsilon` under `norm`, rounded.
  private func attack(_ norm: Norm, _ epsilon: Double, isQuantised: Bool = true) -> NamedAttack {
    var attack = NamedAttack(
      name: "pgd", epsilon: epsilon,
      attack: ProjectedGradientDescent(
        norm: norm, epsilon: Float(epsilon), steps: 4, stepSize: Float(epsilon) / 2, seed: 3))
    attack.isQuantised = isQuantised
    return attack
  }

  private func results(
    _ model: LoadedModel, _ images: LabeledImages, _ attack: NamedAttack, after: [Transformation] = [.none]
  ) throws -> [(record: PredictionRecord, image: [Float])] {
    var results: [(record: PredictionRecord, image: [Float])] = []
    try Predictions(of: model, under: [attack], after: after, withLogits: true)
      .forEachImage(in: ImageSelection(images, data: "digits", total: 360)) { results.append(($0, $1)) }
    return results
  }

  /// The size of a change of whole levels, in levels; computed apart from what is tested.
  private func size(_ changes: [Int], _ norm: Norm) -> Double {
    switch norm {
    case .linf: Double(changes.map(abs).max() ?? 0)
    case .l2: Double(changes.reduce(0) { $0 + $1 * $1 }).squareRoot()
    case .l1: Double(changes.reduce(0) { $0 + abs($1) })
    case .l0: Double(changes.count { $0 != 0 })
    }
  }

  @Test(
    "Images have 8 bits and stay in the ball, in whole levels; records are those of the rounded image",
    arguments: [
      (Norm.linf, 26.0 / 255), (.linf, 0.1), (.linf, 0.3 / 255), (.l2, 0.5), (.l2, 2.0 / 255), (.l1, 2),
      (.l1, 5.0 / 255),
    ] as [(Norm, Double)])
  func ball(norm: Norm, epsilon: Double) throws {
    try withModel { model in
      let images = try digits()[50..<74]
      var clean = Tensor(Shape([1, 1, 8, 8]))
      var moved = 0
      for (record, image) in try results(model, images, attack(norm, epsilon)) {
        images.writePixels(of: [record.index], into: &clean)
        let levels = image.map { Int(($0 * 255).rounded()) }
        #expect(image == levels.map { Float($0) / 255 } && levels.allSatisfy((0...255).contains))
        let changes = zip(levels, clean.values).map { $0 - Int(($1 * 255).rounded()) }
        let length = size(changes, norm)
        #expect(length <= epsilon * 255 + 1e-9)
        #expect(abs(Double(record.distance) * 255 - length) < 1e-4 && record.distance <= Float(epsilon))
        let logits = try model.inference().logits(of: Tensor(Shape([1, 1, 8, 8]), image))
        #expect(record.logits == logits.values)
        #expect(record.perturbed == predictedClass(row: 0, logits: logits) && record.failure == nil)
        #expect(record.setting.parameters?["quantise"] == .bool(true))
        moved += length > 0 ? 1 : 0
      }
      // Less than half a level is nothing.
      if epsilon < 0.5 / 255 { #expect(moved == 0) }
      if epsilon > 0.05 { #expect(moved == 24) }
    }
  }

  @Test("Rounding moves a pixel value by half a level, or one towards the clean one where the ball asks for it")
  func nearness() throws {
    try withModel { model in
      let images = try digits()[50..<74]
      let exact = try results(model, images, attack(.linf, 0.1, isQuantised: false))
      let rounded = try results(model, images, attack(.linf, 0.1))
      for (exact, rounded) in zip(exact, rounded) {
        #expect(zip(exact.image, rounded.image).allSatisfy { abs($0 - $1) * 255 < 0.5001 })
        #expect(exact.record.setting.parameters?["quantise"] == nil)
      }
    }
  }

  @Test("A record tells where an image fooled and rounding lost that, and only there")
  func lost() throws {
    try withModel { model in
      let images = try digits()
      var (lost, kept) = (0, 0)
      for epsilon in [2.2, 3.4, 5.5, 7.3, 9.4].map({ $0 / 255 }) {
        let exact = try results(model, images, attack(.linf, epsilon, isQuantised: false)).map(\.record)
        let rounded = try results(model, images, attack(.linf, epsilon)).map(\.record)
        for (exact, rounded) in zip(exact, rounded) {
          let (label, natural, before, after) = (exact.label, exact.natural, exact.perturbed, rounded.perturbed)
          let isUndone = before != label && after == label || before != natural && after == natural
          #expect(rounded.isLostByRounding == (isUndone && (after == label || after == natural)), "\(rounded)")
          #expect(!exact.isLostByRounding)
          // The question costs a pass.
          #expect(rounded.forwards == exact.forwards.map { $0 + 1 })
          lost += rounded.isLostByRounding ? 1 : 0
          kept += after != natural ? 1 : 0
        }
      }
      #expect(lost > 0 && kept > 20)
    }
  }

  @Test("Images are those of the records, however many are kept at once, in order")
  func order() throws {
    try withModel { model in
      let attack = attack(.linf, 0.1, isQuantised: false)
      let images = try DatasetReference("digits").load(split: .train)[100..<1200]
      let all = try results(model, images, attack)
      #expect(all.map(\.record.index) == Array(100..<1200))
      var plain: [PredictionRecord] = []
      try Predictions(of: model, under: [attack], withLogits: true)
        .forEach(in: ImageSelection(images, data: "digits", total: 360)) { plain.append($0) }
      #expect(plain == all.map(\.record))
      for (record, image) in all.suffix(40) {
        #expect(try record.logits == model.inference().logits(of: Tensor(Shape([1, 1, 8, 8]), image)).values)
      }
    }
  }

  @Test("Images between levels are refused, and so is an interpolation that makes some")
  func refusals() throws {
    try withModel { model in
      let gray = try LabeledImages(
        name: "gray", split: .test, imageShape: [1, 8, 8], pixels: .floats([Float](repeating: 0.3001, count: 64)),
        labels: [0], classNames: ["a"], place: "gray")
      #expect(
        throws: Failure(.usage, "gray: pixels between 8-bit levels cannot be quantised; leave that out")
      ) { try results(model, gray, attack(.linf, 0.1)) }
      #expect(try results(model, gray, attack(.linf, 0.1, isQuantised: false)).count == 1)
      let turned = Transformation(PoseDistribution(rotation: 9), interpolation: .bilinear)
      let message = "bilinear interpolation leaves 8-bit levels, so images cannot be quantised; take nearest"
      #expect(throws: Failure(.usage, message)) {
        try results(model, digits().prefix(1), attack(.linf, 0.1), after: [turned])
      }
    }
  }
}
