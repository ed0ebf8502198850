import Attacks
import Datasets
import Evaluation
import Failures
import Networks
import Records
import Spatial
import Tensors
import Testing

/// Poses that gradients lead to, and poses in each of which an image is attacked.
@Suite("Attacked poses")
struct AttackedPosesTests {
  private static let distribution = PoseDistribution(rotation: 25, translation: 1.5)
  private static let attack = NamedAttack(
    name: "pgd", epsilon: 0.02, attack: ProjectedGradientDescent(epsilon: 0.02, steps: 2, stepSize: 0.01, seed: 4))

  private func transformation(_ search: PoseSearch?, _ interpolation: Interpolation = .nearest) -> Transformation {
    Transformation(Self.distribution, interpolation: interpolation, seed: 4, search: search)
  }

  /// Images with the labels that the model predicts, so that poses matter.
  private func images(_ range: Range<Int>, of model: LoadedModel) throws -> LabeledImages {
    let digits = try digits().prefix(range.upperBound)
    var pixels = Tensor(Shape([digits.count, 1, 8, 8]))
    digits.writePixels(of: Array(digits.indices), into: &pixels)
    let program = try model.inference()
    let labels = try digits.indices.map { index in
      predictedClass(
        row: 0, logits: try program.logits(of: Tensor([1, 1, 8, 8], pixels[rows: index..<index + 1].values)))
    }
    return try LabeledImages(
      name: "digits", split: .test, imageShape: [1, 8, 8], pixels: .floats(pixels.values), labels: labels,
      classNames: (0..<10).map(String.init), place: "here")[range]
  }

  private func records(
    _ model: LoadedModel, _ images: LabeledImages, under attacks: [NamedAttack?], after: [Transformation],
    batchSize: Int? = nil
  ) throws -> [PredictionRecord] {
    var records: [PredictionRecord] = []
    try Predictions(of: model, under: attacks, after: after, batchSize: batchSize, withLogits: true)
      .forEach(in: ImageSelection(images, data: "digits", total: 360)) { records.append($0) }
    return records
  }

  /// The grid's poses as settings of their own, each turned and moved by just so much.
  private func alone(_ model: LoadedModel, _ images: LabeledImages, _ pose: Pose) throws -> [PredictionRecord] {
    var turned = Tensor(Shape([images.count, 1, 8, 8]))
    images.writePixels(of: Array(images.indices), into: &turned)
    var resampler = Resampler(imageShape: [1, 8, 8])
    resampler.transform(&turned, poses: images.indices.map { _ in pose })
    let copies = try LabeledImages(
      name: "turned", split: .test, imageShape: [1, 8, 8],
      // As many images before them that their positions, by which random numbers go, are the same.
      pixels: .floats([Float](repeating: 0, count: images.indices.lowerBound * 64) + turned.values),
      labels: [Int](repeating: 0, count: images.indices.lowerBound) + images.indices.map(images.label(of:)),
      classNames: (0..<10).map(String.init), place: "here")
    return try records(model, copies[images.indices], under: [Self.attack], after: [.none])
  }

  @Test("Of an attack in every pose of a grid the first that fools counts, or else the highest cross-entropy after it")
  func everyPose() throws {
    try withModel { model in
      let images = try images(20..<60, of: model)
      let grid = PoseGrid(try #require(PoseGridSize("1x3x3")), rotation: 6, translation: 0.5)
      let search = Transformation(
        PoseDistribution(rotation: 6, translation: 0.5), seed: 4, search: .grid(grid))
      let found = try records(model, images, under: [Self.attack], after: [search])
      let poses = (0..<grid.count).map { grid[$0] }
      let each = try poses.map { try alone(model, images, $0) }
      #expect(found.map(\.index) == Array(images.indices))
      var (held, later) = (0, 0)
      for (row, record) in found.enumerated() {
        let tries = each.map { $0[row] }
        let first = tries.firstIndex { $0.perturbed != $0.label }
        let taken = first.map { $0 + 1 } ?? tries.count
        let losses = tries.map { loss($0) }
        let worst = first ?? losses.indices.max { losses[$0] < losses[$1] } ?? 0
        #expect(record.logits == tries[worst].logits && record.distance == tries[worst].distance)
        #expect(record.pose == PredictionRecord.Pose(degrees: poses[worst].degrees, dx: 0, dy: poses[worst].dy))
        #expect(record.forwards == tries.prefix(taken).reduce(0) { $0 + ($1.forwards ?? 0) })
        #expect(record.backwards == tries.prefix(taken).reduce(0) { $0 + ($1.backwards ?? 0) })
        held += first == nil ? 1 : 0
        later += first ?? 0 > 0 ? 1 : 0
      }
      #expect(held > 0 && later > 0)
      #expect(found[0].setting.parameters?["grid"]?.string == "1x3x3")
    }
  }

  private func loss(_ record: PredictionRecord) -> Float {
    (record.logits ?? []).withUnsafeBufferPointer { Objective.crossEntropy(label: record.label).value($0) }
  }

  @Test("Records depend neither on batches nor on shards or other settings")
  func independence() throws {
    try withModel { model in
      let images = try images(0..<40, of: model)
      let searches = [transformation(.worst(of: 4)), transformation(nil)]
      var larger = Self.attack
      larger = NamedAttack(
        name: "pgd", epsilon: 0.05, attack: ProjectedGradientDescent(epsilon: 0.05, steps: 2, stepSize: 0.03, seed: 4))
      let whole = try records(model, images, under: [Self.attack, larger], after: searches)
      #expect(whole.count == 160)
      for size in [1, 5] {
        #expect(
          try records(model, images, under: [Self.attack, larger], after: searches, batchSize: size) == whole)
      }
      let parts = try (1...3).flatMap {
        try records(model, images.shard($0, of: 3), under: [Self.attack, larger], after: searches)
      }
      #expect(parts == whole)
      // Beside a search, a pose that is drawn is a search of one.
      let plain = try records(model, images, under: [Self.attack], after: [transformation(nil)])
      #expect(stride(from: 2, to: 160, by: 4).map { whole[$0] } == plain)
    }
  }

  @Test("Steps along the gradient lead to poses that fool, within the budgets, and more starts to more")
  func climbing() throws {
    try withModel { model in
      let images = try images(0..<60, of: model)
      let climbed = try records(
        model, images, under: [nil], after: [transformation(.climb(steps: 9, starts: 1), .bilinear)])
      let more = try records(
        model, images, under: [nil], after: [transformation(.climb(steps: 9, starts: 3), .bilinear)])
      let right = { (records: [PredictionRecord]) in records.count { $0.perturbed == $0.label } }
      #expect(right(more) < right(climbed) && right(climbed) < climbed.count { $0.forwards ?? 0 > 1 })
      for record in climbed {
        #expect(abs(record.pose.degrees) <= 25 && abs(record.pose.dx) <= 1.5 && abs(record.pose.dy) <= 1.5)
        #expect(record.perturbed != record.label || record.forwards == 10)
        #expect((record.backwards ?? 0) == max((record.forwards ?? 0) - 1, 0))
      }
      #expect(climbed.contains { $0.forwards ?? 0 > 1 && $0.perturbed != $0.label })
      #expect(climbed[0].setting.parameters?.text == #"{"worst_of":1,"pose_steps":9,"seed":"4"}"#)
    }
  }

  @Test("A climb is its steps, one by one, and the same in any batch")
  func steps() throws {
    try withModel { model in
      let images = try images(0..<12, of: model)
      let search = transformation(.climb(steps: 3, starts: 2), .bilinear)
      let found = try records(model, images, under: [nil], after: [search])
      #expect(try records(model, images, under: [nil], after: [search], batchSize: 1) == found)
      let program = try model.inputGradient()
      for record in found {
        let (pose, logits, tried) = try climb(program, images, record.index, starts: 2, steps: 3)
        #expect(record.pose == PredictionRecord.Pose(degrees: pose.degrees, dx: pose.dx, dy: pose.dy))
        #expect(record.logits == logits && record.forwards == tried)
      }
    }
  }

  /// The worst pose of an image, its logits, and how many were tried: step after step of a batch of one image.
  private func climb(
    _ program: any DifferentiableClassifier, _ images: LabeledImages, _ index: Int, starts: Int, steps: Int
  ) throws -> (Pose, [Float], Int) {
    var clean = Tensor([1, 1, 8, 8])
    images.writePixels(of: [index], into: &clean)
    let label = images.label(of: index)
    var resampler = Resampler(imageShape: [1, 8, 8], interpolation: .bilinear)
    var batch = Tensor(Shape([program.batchSize, 1, 8, 8]))
    var (gradient, logits) = (batch, Tensor([program.batchSize, 10]))
    var (worst, highest, tried) = ((Pose.identity, [Float]()), -Float.infinity, 0)
    for start in 0..<starts {
      var pose = Self.distribution.draw(seed: 4, image: index, attempt: start, isWhole: false)
      for step in 0...steps {
        var turned = clean
        resampler.transform(&turned, poses: [pose])
        batch.values.replaceSubrange(0..<64, with: turned.values)
        try program.forward(batch, into: &logits)
        let row = Array(logits.values.prefix(10))
        tried += 1
        let loss = row.withUnsafeBufferPointer { Objective.crossEntropy(label: label).value($0) }
        let isFooled = row.indices.max { row[$0] < row[$1] } != label
        if isFooled || loss > highest { (worst, highest) = ((pose, row), loss) }
        if isFooled { return (worst.0, worst.1, tried) }
        guard step < steps else { continue }
        var rise = Tensor([program.batchSize, 10])
        row.withUnsafeBufferPointer { row in
          rise.values.withUnsafeMutableBufferPointer {
            Objective.crossEntropy(label: label).writeGradient(at: row, into: MutableLogitRow(rebasing: $0[..<10]))
          }
        }
        try program.backward(rise, into: &gradient)
        let slope = clean.values.withUnsafeBufferPointer { clean in
          gradient.values.withUnsafeBufferPointer {
            resampler.slope(of: clean, at: pose, along: UnsafeBufferPointer(rebasing: $0[..<64]))
          }
        }
        func moved(_ value: Double, _ slope: Double, _ budget: Double) -> Double {
          min(max(value + (slope > 0 ? 1 : slope < 0 ? -1 : 0) * (2.5 * budget / Double(steps)), -budget), budget)
        }
        pose = Pose(
          degrees: moved(pose.degrees, slope.degrees, 25), dx: moved(pose.dx, slope.dx, 1.5),
          dy: moved(pose.dy, slope.dy, 1.5))
      }
    }
    return (worst.0, worst.1, tried)
  }
}
