import Archives
import Attacks
import Corruptions
import Datasets
import Evaluation
import Failures
import Foundation
import Networks
import Records
import Spatial
import Tensors
import TestSupport
import Testing

@Suite("Predictions of corrupted images")
struct CorruptionTests {
  private static let fog = ImageCorruption.computed(Corruption(.fog, severity: 4), seed: 9)

  private func records(
    _ model: LoadedModel, _ images: LabeledImages, under attacks: [NamedAttack?] = [nil],
    after transformations: [Transformation]
  ) throws -> [PredictionRecord] {
    var records: [PredictionRecord] = []
    try Predictions(of: model, under: attacks, after: transformations, withLogits: true)
      .forEach(in: ImageSelection(images, data: "digits", total: 360)) { records.append($0) }
    return records
  }

  /// The logits of a corrupted image, turned afterwards.
  private func logits(
    _ model: LoadedModel, _ images: LabeledImages, _ index: Int, _ pose: Pose = Pose()
  ) throws -> [Float] {
    var pixels = Tensor(Shape([1] + images.imageShape.sizes))
    images.writePixels(of: [index], into: &pixels)
    var resampler = Resampler(imageShape: images.imageShape)
    try pixels.values.withUnsafeMutableBufferPointer {
      try Corruption(.fog, severity: 4).apply(to: $0, shape: images.imageShape, seed: 9, image: index)
      resampler.transform($0, pose: pose)
    }
    return try model.inference().logits(of: pixels).values
  }

  @Test("Natural predictions are of the untouched image, others of the corrupted one, which is then turned")
  func facts() throws {
    try withModel { model in
      let images = try digits()[30..<42]
      let turned = Transformation(PoseDistribution(rotation: 40), seed: 4)
      let all = try records(model, images, after: [.none, Transformation.none.after(Self.fog), turned.after(Self.fog)])
      for (place, index) in images.indices.enumerated() {
        let (untouched, corrupted, both) = (all[3 * place], all[3 * place + 1], all[3 * place + 2])
        #expect(corrupted.natural == untouched.perturbed && both.natural == untouched.perturbed)
        #expect(try corrupted.logits == logits(model, images, index))
        #expect(try both.logits == logits(model, images, index, turned.pose(of: index)))
        #expect(untouched.setting.parameters == nil)
        let words = #""corruption":"fog","severity":4,"corruption_seed":"9""#
        #expect(corrupted.setting.parameters?.text == "{\(words)}")
        #expect(both.setting.parameters?.text == #"{"seed":"4",\#(words)}"#)
        #expect(both.pose.degrees == turned.pose(of: index).degrees)
      }
      #expect(all.contains { $0.natural != $0.perturbed })
    }
  }

  @Test("An attack begins at the corrupted image, and its distance is from there")
  func attacked() throws {
    try withModel { model in
      let images = try digits().prefix(6)
      let pgd = NamedAttack(
        name: "pgd", epsilon: 0.1, attack: ProjectedGradientDescent(epsilon: 0.1, steps: 3, stepSize: 0.05, seed: 4))
      let all = try records(model, images, under: [nil, pgd], after: [Transformation.none.after(Self.fog)])
      for record in all where record.setting.attack == "pgd" {
        #expect(record.distance > 0 && record.distance <= 0.1)
        #expect(record.setting.parameters?["corruption"]?.string == "fog")
      }
    }
  }

  @Test("Images of files take the places of those they are versions of")
  func stored() throws {
    try withModel { model in
      let images = try digits().prefix(10)
      try Fixture.withTemporaryFolder { folder in
        // Severity s: every pixel a tenth of s.
        let pixels = (1...5).flatMap { [UInt8](repeating: UInt8(25 * $0), count: 10 * 64) }
        let labels = (0..<50).map { Int64(images.label(of: $0 % 10)) }
        try Data(NumPyArray(.uint8, shape: [50, 8, 8, 1], bytes: pixels).fileBytes)
          .write(to: URL(fileURLWithPath: "\(folder)/grey.npy"))
        try Data(NumPyArray(labels).fileBytes).write(to: URL(fileURLWithPath: "\(folder)/labels.npy"))
        let file = try CorruptedImages("grey", in: folder)
        let all = try records(
          model, images, after: [2, 5].map { Transformation.none.after(.stored(file, severity: $0)) })
        for (place, severity) in [2, 5].enumerated() {
          let flat = Tensor([1, 1, 8, 8], filledWith: Float(25 * severity) / 255)
          let logits = try model.inference().logits(of: flat).values
          let found = stride(from: place, to: all.count, by: 2).map { all[$0] }
          #expect(found.count == 10 && found.allSatisfy { $0.logits == logits })
          let words = #"{"corruption":"grey","severity":\#(severity),"corruption_files":true}"#
          #expect(found.allSatisfy { $0.setting.parameters?.text == words })
        }
        let failure = #expect(throws: Failure.self) {
          _ = try records(model, digits()[5..<15], after: [Transformation.none.after(.stored(file, severity: 1))])
        }
        #expect(failure?.kind == .data)
      }
    }
  }

  @Test("A search for the worst pose and images that have no colours are refused")
  func refused() throws {
    try withModel { model in
      let search = Transformation(PoseDistribution(rotation: 30), search: .worst(of: 3)).after(Self.fog)
      let failure = #expect(throws: Failure.self) { _ = try Predictions(of: model, under: [nil], after: [search]) }
      #expect(failure?.message == "corruptions go with one pose; leave the search for the worst one out")
      let saturate = ImageCorruption.computed(Corruption(.saturate, severity: 1), seed: 0)
      let other = #expect(throws: Failure.self) {
        _ = try records(model, digits().prefix(2), after: [Transformation.none.after(saturate)])
      }
      #expect(other?.message.contains("grey images have no colours") == true)
    }
  }
}
