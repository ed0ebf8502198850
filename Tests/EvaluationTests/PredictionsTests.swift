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

@Suite("Predictions")
struct PredictionsTests {
  private static let pgd = NamedAttack(
    name: "pgd", epsilon: 0.1, attack: ProjectedGradientDescent(epsilon: 0.1, steps: 3, stepSize: 0.05, seed: 4))
  private static let fgsm = NamedAttack(
    name: "fgsm", epsilon: 0.2, attack: ProjectedGradientDescent.fastGradientSign(epsilon: 0.2))

  /// The records of `images` of `model`, in order.
  private func records(
    _ model: LoadedModel, _ images: LabeledImages, under attacks: [NamedAttack?] = [nil, pgd, fgsm],
    batchSize: Int? = nil, withLogits: Bool = true
  ) throws -> [PredictionRecord] {
    let predictions = try Predictions(of: model, under: attacks, batchSize: batchSize, withLogits: withLogits)
    var records: [PredictionRecord] = []
    try predictions.forEach(in: ImageSelection(images, data: "digits", total: 360)) { records.append($0) }
    return records
  }

  @Test("Records do not depend on the size of the batches, to the bit", arguments: [1, 7, 64, 100_000, 0, -1])
  func batches(size: Int) throws {
    try withModel { model in
      let images = try digits()[100..<116]
      let (expected, found) = try (records(model, images), records(model, images, batchSize: size))
      #expect(found.map(\.line) == expected.map(\.line))
    }
  }

  @Test("Records do not depend on how many threads attack side by side", arguments: [1, 2, 3, 8])
  func threads(count: Int) throws {
    try Fixture.withTemporaryFolder { folder in
      try makeCheckpoint().write(to: "\(folder)/model.h5")
      func records(_ threads: Int) throws -> [PredictionRecord] {
        let model = try LoadedModel(
          reading: InputFile(path: "\(folder)/model.h5"), on: PortableBackend(threads: threads))
        let square = NamedAttack(name: "square", epsilon: 0.2, attack: Square(epsilon: 0.2, queries: 20, seed: 3))
        return try self.records(model, digits()[100..<141], under: [Self.pgd, nil, square], batchSize: 5)
      }
      let found = try records(count)
      #expect(found.count == 123)
      #expect(try found.map(\.line) == records(2).map(\.line))
    }
  }

  @Test("The records of all shards one after the other are those of the whole", arguments: [2, 5, 17])
  func shards(count: Int) throws {
    try withModel { model in
      let images = try digits().prefix(16)
      let whole = try records(model, images)
      let parts = try (1...count).flatMap { try records(model, images.shard($0, of: count)) }
      #expect(parts == whole)
    }
  }

  @Test("Records are image-major, every image under every attack in the order given")
  func order() throws {
    try withModel { model in
      let images = try digits()[40..<43]
      let records = try records(model, images, under: [Self.fgsm, nil, Self.pgd], batchSize: 2)
      #expect(records.map(\.index) == [40, 40, 40, 41, 41, 41, 42, 42, 42])
      #expect(records.map(\.setting.attack) == ["fgsm", "none", "pgd", "fgsm", "none", "pgd", "fgsm", "none", "pgd"])
      #expect(records.map(\.label) == [40, 41, 42].flatMap { [Int](repeating: images.label(of: $0), count: 3) })
      #expect(records.allSatisfy { $0.setting.model == model.digest && $0.failure == nil })
    }
  }

  @Test("An untouched image is none of any norm, at distance 0, and classified once")
  func untouched() throws {
    try withModel { model in
      let records = try records(model, digits().prefix(9), under: [nil])
      let none = Setting(
        model: model.digest, attack: "none", norm: "none", epsilon: 0, data: "digits", split: "test", total: 360)
      #expect(records.count == 9)
      for record in records {
        #expect(record.setting.normalised == none.normalised && record.setting.path != nil)
        #expect((record.distance, record.natural, record.setting.parameters) == (0, record.perturbed, nil))
      }
    }
  }

  @Test("Logits are those of the program, their largest is the prediction")
  func logits() throws {
    try withModel { model in
      let images = try digits().prefix(5)
      var pixels = Tensor(Shape([5, 1, 8, 8]))
      images.writePixels(of: Array(0..<5), into: &pixels)
      let logits = try model.inference().logits(of: pixels)
      let records = try records(model, images)
      for (row, record) in records.filter({ $0.setting.attack == "none" }).enumerated() {
        let expected = Array(logits.values[row * 10..<row * 10 + 10])
        #expect(record.logits == expected)
        #expect(record.natural == expected.indices.max { expected[$0] < expected[$1] })
      }
      for record in records {
        let found = try #require(record.logits)
        #expect(record.perturbed == found.indices.max { found[$0] < found[$1] })
      }
      #expect(try self.records(model, images, withLogits: false).allSatisfy { $0.logits == nil })
    }
  }

  @Test("Attacked images stay within the budget and carry the setting and its parameters")
  func attacked() throws {
    try withModel { model in
      let records = try records(model, digits().prefix(8))
      let natural = Dictionary(grouping: records, by: \.index).mapValues { Set($0.map(\.natural)).count }
      #expect(natural.values.allSatisfy { $0 == 1 })
      for attack in [Self.pgd, Self.fgsm] {
        let own = records.filter { $0.setting.attack == attack.name }
        #expect(own.count == 8)
        var setting = attack.setting(model: model.digest)
        (setting.data, setting.split, setting.total) = ("digits", "test", 360)
        setting.parameters = attack.parameters
        #expect(own.allSatisfy { $0.setting.normalised == setting.normalised })
        #expect(own.allSatisfy { $0.distance > 0 && $0.distance <= attack.descent.epsilon })
      }
      // Attacks move scores, or they would do nothing.
      #expect(Set(records.prefix(3).map(\.logits)).count == 3)
    }
  }

  @Test("A budget of 0 changes no score")
  func nothing() throws {
    try withModel { model in
      let attack = NamedAttack(
        name: "pgd", epsilon: 0, attack: ProjectedGradientDescent(epsilon: 0, steps: 2, stepSize: 0.1))
      let records = try records(model, digits().prefix(4), under: [nil, attack])
      for pair in stride(from: 0, to: 8, by: 2) {
        #expect(records[pair].logits == records[pair + 1].logits)
        #expect(records[pair + 1].distance == 0)
      }
    }
  }

  /// Three budgets of which the smallest fools few and the largest many.
  private static func ladder(stopsEarly: Bool) -> [NamedAttack] {
    [0.02, 0.06, 0.2].map { epsilon in
      NamedAttack(
        name: "pgd", epsilon: epsilon,
        attack: ProjectedGradientDescent(
          epsilon: Float(epsilon), steps: 4, stepSize: Float(epsilon) / 3, restarts: 2, seed: 4),
        stopsEarly: stopsEarly)
    }
  }

  @Test("Sweeps give the same records in every batch size and shard", arguments: [true, false])
  func sweeps(stopsEarly: Bool) throws {
    try withModel { model in
      let images = try digits()[100..<130]
      func records(_ images: LabeledImages, batchSize: Int? = nil) throws -> [PredictionRecord] {
        var records: [PredictionRecord] = []
        try Predictions(
          of: model, under: Self.ladder(stopsEarly: stopsEarly), batchSize: batchSize, withLogits: true, reuses: true
        ).forEach(in: ImageSelection(images, data: "digits", total: 360)) { records.append($0) }
        return records
      }
      let whole = try records(images)
      #expect(whole.map(\.index) == (100..<130).flatMap { [$0, $0, $0] })
      #expect(whole.map(\.setting.epsilon) == (0..<30).flatMap { _ in [0.02, 0.06, 0.2] })
      for size in [1, 7, 0, 1000] { #expect(try records(images, batchSize: size).map(\.line) == whole.map(\.line)) }
      #expect(try (1...4).flatMap { try records(images.shard($0, of: 4)) } == whole)
      #expect(whole.allSatisfy { ($0.steps != nil) == stopsEarly })
      #expect(whole.contains { $0.reused == 0.02 } && whole.contains { $0.reused == nil && $0.setting.epsilon == 0.2 })
      #expect(whole.allSatisfy { $0.setting.parameters?["early_stop"] == (stopsEarly ? .bool(true) : nil) })
    }
  }

  @Test("A sweep that neither stops nor reuses would be the attacks in batches; progress comes in order")
  func plainSweep() throws {
    try withModel { model in
      let images = try digits()[7..<17]
      var (attacks, counts) = (Self.ladder(stopsEarly: false).prefix(1).map(\.self), [Int]())
      let plain = try records(model, images, under: attacks)
      var swept: [PredictionRecord] = []
      try Predictions(of: model, under: attacks, batchSize: 4, withLogits: true, reuses: true)
        .forEach(in: ImageSelection(images, data: "digits", total: 360), progress: { counts.append($0) }) {
          swept.append($0)
        }
      #expect(swept == plain)
      #expect(counts == counts.sorted() && counts.last == 10)
      attacks.reverse()
      #expect(try records(model, images.prefix(1), under: attacks + [nil]).count == 2)
    }
  }

  @Test("Progress counts the images that are done, up to the last")
  func progress() throws {
    try withModel { model in
      var counts: [Int] = []
      let predictions = try Predictions(of: model, under: [nil], batchSize: 4)
      try predictions.forEach(
        in: ImageSelection(digits()[7..<17], data: "digits"), progress: { counts.append($0) }
      ) { _ in }
      // Images that another lane has been quicker with count once those before them are done.
      #expect(counts == Set(counts).sorted() && counts.last == 10 && counts.count > 1)
      try predictions.forEach(in: ImageSelection(digits().prefix(0), data: "digits")) { _ in
        Issue.record("a record of nothing")
      }
    }
  }

  @Test("Images of another shape are refused, with both shapes")
  func otherShape() throws {
    try withModel { model in
      let images = try LabeledImages(
        name: "wide", split: .test, imageShape: [1, 4, 16], pixels: .bytes([UInt8](repeating: 0, count: 64)),
        labels: [0], classNames: ["a"], place: "wide")
      let message = "wide: images are [1x4x16], \(model.path) takes [1x8x8]"
      #expect(throws: Failure(.data, message)) { try records(model, images) }
    }
  }

  @Test(
    "Attacks that mean nothing for the model are refused before any image",
    arguments: [
      (ProjectedGradientDescent(epsilon: 0.1, steps: 1, stepSize: 0.1, target: 10), "target 10: the model's classes"),
      (ProjectedGradientDescent(epsilon: 0.1, steps: -1, stepSize: 0.1), "-1 steps: give 0 or more"),
      (ProjectedGradientDescent(epsilon: .infinity, steps: 1, stepSize: 0.1), "epsilon inf: give a finite number"),
      (ProjectedGradientDescent(epsilon: 0.1, steps: 1, stepSize: -1), "step size -1.0: give a finite number"),
      (ProjectedGradientDescent(epsilon: 0.1, steps: 1, stepSize: 1, restarts: 0), "0 restarts: give 1 or more"),
    ])
  func meaningless(attack: ProjectedGradientDescent, part: String) throws {
    try withModel { model in
      let failure = #expect(throws: Failure.self) {
        try Predictions(of: model, under: [nil, NamedAttack(name: "pgd", epsilon: 0.1, attack: attack)])
      }
      #expect(failure?.kind == .usage)
      #expect(failure?.message.contains(part) == true, "\(failure?.message ?? "")")
    }
  }
}
