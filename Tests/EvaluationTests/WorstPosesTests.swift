import Attacks
import Datasets
import Evaluation
import Failures
import Foundation
import Networks
import Records
import Spatial
import Tensors
import Testing

@Suite("Worst poses")
struct WorstPosesTests {
  private static func grid(
    _ size: String, rotation: Double, translation: Double, _ interpolation: Interpolation = .bilinear
  ) throws -> Transformation {
    let size = try #require(PoseGridSize(size))
    return Transformation(
      PoseDistribution(rotation: rotation, translation: translation), interpolation: interpolation, seed: 4,
      search: .grid(PoseGrid(size, rotation: rotation, translation: translation)))
  }

  private static func worst(of count: Int, _ interpolation: Interpolation = .nearest) -> Transformation {
    Transformation(
      PoseDistribution(rotation: 60, translation: 2), interpolation: interpolation, seed: 4,
      search: .worst(of: count))
  }

  private static func searches() throws -> [Transformation] {
    try [
      grid("3x3x5", rotation: 5, translation: 0.3), worst(of: 6),
      grid("1x1x4", rotation: 20, translation: 0, .nearest),
    ]
  }

  /// Test images of the digits; all but every fifth have the class that the model predicts, so that poses matter.
  private func images(_ range: Range<Int>, of model: LoadedModel) throws -> LabeledImages {
    let digits = try digits().prefix(range.upperBound)
    var pixels = Tensor(Shape([digits.count] + digits.imageShape.sizes))
    digits.writePixels(of: Array(digits.indices), into: &pixels)
    let program = try model.inference()
    let labels = try digits.indices.map { index in
      let logits = try program.logits(of: Tensor([1, 1, 8, 8], Array(pixels.values[index * 64..<(index + 1) * 64])))
      return (predictedClass(row: 0, logits: logits) + (index % 5 == 0 ? 1 : 0)) % 10
    }
    let all = try LabeledImages(
      name: "digits", split: .test, imageShape: [1, 8, 8], pixels: .floats(pixels.values), labels: labels,
      classNames: (0..<10).map(String.init), place: "here")
    return all[range]
  }

  private func records(
    _ model: LoadedModel, _ images: LabeledImages, after searches: [Transformation], batchSize: Int? = nil,
    lookUp: @escaping () throws -> Void = {}
  ) throws -> [PredictionRecord] {
    var records: [PredictionRecord] = []
    try Predictions(
      of: model, under: [nil], after: searches, batchSize: batchSize, withLogits: true, lookUp: lookUp
    ).forEach(in: ImageSelection(images, data: "digits", total: 360)) { records.append($0) }
    return records
  }

  /// The poses that a search tries, in turn.
  private func poses(_ search: Transformation, _ index: Int) -> [Pose] {
    switch search.search {
    case .grid(let grid): (0..<grid.count).map { grid[$0] }
    case .worst(let count):
      (0..<count).map { search.distribution.draw(seed: search.seed, image: index, attempt: $0) }
    case .climb: []
    case nil: [search.pose(of: index)]
    }
  }

  /// The logits of one image in one pose.
  private func logits(
    _ program: any Classifier, _ images: LabeledImages, _ index: Int, _ pose: Pose, _ interpolation: Interpolation
  ) throws -> [Float] {
    var pixels = Tensor([1, 1, 8, 8])
    images.writePixels(of: [index], into: &pixels)
    var resampler = Resampler(imageShape: [1, 8, 8], interpolation: interpolation)
    resampler.transform(&pixels, poses: [pose])
    return try program.logits(of: pixels).values
  }

  private func crossEntropy(_ logits: [Float], _ label: Int) -> Double {
    log(logits.reduce(0) { $0 + exp(Double($1) - Double(logits[label])) })
  }

  @Test(
    "The worst pose is the first that fools, or else that of the highest cross-entropy, as trying one by one finds it")
  func facts() throws {
    try withModel { model in
      let (images, program, searches) = (try images(20..<50, of: model), try model.inference(), try Self.searches())
      let records = try records(model, images, after: searches)
      #expect(records.map(\.index) == (20..<50).flatMap { [$0, $0, $0] })
      for (place, record) in records.enumerated() {
        let search = searches[place % 3]
        let tried = try poses(search, record.index).map { pose in
          (pose: pose, logits: try logits(program, images, record.index, pose, search.interpolation))
        }
        let natural = try logits(program, images, record.index, .identity, .nearest)
        #expect(record.natural == natural.indices.max { natural[$0] < natural[$1] })
        let first = tried.firstIndex { one in
          one.logits.indices.max { one.logits[$0] < one.logits[$1] } != record.label
        }
        #expect(record.forwards == first.map { $0 + 1 } ?? tried.count)
        #expect((record.perturbed != record.label) == (first != nil))
        let losses = tried.map { crossEntropy($0.logits, record.label) }
        let found = try #require(
          tried.firstIndex {
            [$0.pose.degrees, $0.pose.dx, $0.pose.dy] == [record.pose.degrees, record.pose.dx, record.pose.dy]
          })
        #expect(record.logits == tried[found].logits)
        if let first { #expect(found == first) } else { #expect(losses[found] > (losses.max() ?? 0) - 1e-5) }
        #expect(record.distance == 0 && record.setting.rotation == search.distribution.rotation)
      }
      for place in 0..<3 {
        let some = stride(from: place, to: records.count, by: 3).map { records[$0] }
        #expect(some.contains { $0.perturbed != $0.label && $0.forwards ?? 0 > 1 }, "\(place)")
        #expect(some.contains { $0.perturbed == $0.label }, "\(place)")
      }
      let parameters = [#"{"grid":"3x3x5"}"#, #"{"worst_of":6,"seed":"4"}"#, #"{"grid":"1x1x4"}"#]
      #expect(records.prefix(3).map { $0.setting.parameters?.text } == parameters)
    }
  }

  @Test("Records do not depend on batches, shards or the other settings")
  func independence() throws {
    try withModel { model in
      let (images, searches) = (try images(100..<117, of: model), try Self.searches())
      let whole = try records(model, images, after: searches)
      for size in [1, 3, 7] {
        #expect(try records(model, images, after: searches, batchSize: size).map(\.line) == whole.map(\.line))
      }
      #expect(try (1...3).flatMap { try records(model, images.shard($0, of: 3), after: searches) } == whole)
      for (place, search) in searches.enumerated() {
        let alone = try records(model, images, after: [search])
        #expect(alone == stride(from: place, to: whole.count, by: 3).map { whole[$0] })
      }
      // Beside a pose that is drawn without a search.
      let mixed = try records(model, images, after: [Transformation.none, searches[0]])
      #expect(stride(from: 1, to: mixed.count, by: 2).map { mixed[$0] } == (0..<17).map { whole[3 * $0] })
      #expect(stride(from: 0, to: mixed.count, by: 2).allSatisfy { mixed[$0].forwards == nil })
    }
  }

  @Test("The first of several drawn poses is the one drawn alone, and more are never better")
  func nested() throws {
    try withModel { model in
      let images = try images(0..<60, of: model)
      let alone = Transformation(Self.worst(of: 1).distribution, seed: 4)
      let plain = try records(model, images, after: [alone])
      var before = try records(model, images, after: [Self.worst(of: 1)])
      #expect(before.map(\.pose) == plain.map(\.pose) && before.map(\.logits) == plain.map(\.logits))
      #expect(before.allSatisfy { $0.forwards == 1 })
      for count in [3, 10] {
        let after = try records(model, images, after: [Self.worst(of: count)])
        #expect(zip(before, after).allSatisfy { $0.perturbed == $0.label || $1.perturbed == $0.perturbed })
        #expect(after.count { $0.perturbed == $0.label } < before.count { $0.perturbed == $0.label })
        before = after
      }
    }
  }

  @Test("Batches are full: of many images, and of the poses that few images would try next")
  func batches() throws {
    try withModel { model in
      let search = try Self.grid("5x5x13", rotation: 4, translation: 0.2)
      let images = try images(0..<120, of: model)
      var passes = 0
      let records = try records(model, images, after: [search]) { passes += 1 }
      let stubborn = try #require(records.first { $0.perturbed == $0.label })
      #expect(stubborn.forwards == 325)
      let needed = records.reduce(0) { $0 + ($1.forwards ?? 0) }
      #expect(needed < 120 * 325)
      // What is asked beyond the need fills batches that few images are left for.
      #expect(passes >= needed / 32 && passes <= needed / 32 + 4 + 325 / 4)
      passes = 0
      let alone = try self.records(model, images[stubborn.index..<stubborn.index + 1], after: [search]) { passes += 1 }
      #expect(alone.map(\.line) == [stubborn.line])
      // The untouched image, then 324 poses.
      #expect(passes == 1 + 11)
    }
  }

  @Test("Progress counts images, in order")
  func progress() throws {
    try withModel { model in
      var counts: [Int] = []
      try Predictions(of: model, under: [nil], after: Self.searches(), batchSize: 4)
        .forEach(in: ImageSelection(images(0..<10, of: model), data: "digits"), progress: { counts.append($0) }) { _ in
        }
      #expect(counts == Set(counts).sorted() && counts.last == 10)
    }
  }

  @Test("Labels that the model does not have are refused, and climbs with an attack")
  func refusals() throws {
    try withModel { model in
      let attack = NamedAttack(
        name: "pgd", epsilon: 0.1, attack: ProjectedGradientDescent(epsilon: 0.1, steps: 3, stepSize: 0.05))
      let climb = Transformation(PoseDistribution(rotation: 9), search: .climb(steps: 3, starts: 1))
      let failure = #expect(throws: Failure.self) { try Predictions(of: model, under: [attack], after: [climb]) }
      #expect(failure?.kind == .usage)
      let strange = try LabeledImages(
        name: "x", split: .test, imageShape: [1, 8, 8], pixels: .bytes([UInt8](repeating: 0, count: 64)), labels: [10],
        classNames: (0..<11).map(String.init), place: "here")
      let other = #expect(throws: Failure.self) { try records(model, strange, after: [Self.worst(of: 3)]) }
      #expect(other?.kind == .data)
      #expect(other?.message == "image 0: label 10, but the model's classes are 0 to 9")
    }
  }
}
