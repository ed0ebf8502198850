import Attacks
import Datasets
import Networks
import Programs
import Records
import Spatial

/// The search for the worst of an image's poses, each attacked: the first that is fooled or, where none is, the first of
/// those with the highest cross-entropy after the attack.
struct AttackedPoses {
  /// The worst pose so far, and what the attack came to in it.
  private(set) var worst: (pose: Pose, result: AttackResult)?
  /// What was asked in all poses together.
  private(set) var cost = AttackCost()
  /// Whether there is nothing left to try.
  private(set) var isDone = false
  private var highestLoss = -Float.infinity

  /// Takes what the attack came to in the next pose.
  mutating func take(_ result: AttackResult, in pose: Pose, label: Int, target: Int?) {
    guard !isDone else { return }
    cost.forwards += result.cost.forwards
    cost.backwards += result.cost.backwards
    let goal = Goal(label: label, natural: result.naturalClass, target: target)
    let loss = result.perturbedLogits.withUnsafeBufferPointer { Objective.crossEntropy(label: label).value($0) }
    // Logits that are not finite are no verdict to go on from.
    isDone = goal.isFooled(by: result.perturbedClass) || !result.perturbedLogits.allSatisfy(\.isFinite)
    guard isDone || worst == nil || loss > highestLoss else { return }
    (worst, highestLoss) = ((pose, result), loss)
  }
}

extension Predictions {
  /// Attacks `images` in one pose after the other, and hands the records of the worst to `body`.
  ///
  /// Poses are taken of as many images as are left, and several of each where these are few; those that turn out not to be
  /// needed count for nothing.
  func attackPoses(
    of images: LabeledImages, _ settings: [[Setting]], progress: (Int) throws -> Void,
    _ body: (PredictionRecord, [TraceRecord]) throws -> Void
  ) throws {
    let count = Self.keptImages(images.imageShape)
    for start in stride(from: images.indices.lowerBound, to: images.indices.upperBound, by: count) {
      let part = images[start..<min(start + count, images.indices.upperBound)]
      var found: [[AttackedPoses]] = []
      for place in transformations.indices {
        for attack in attacks {
          found.append(try attackPoses(of: part, by: place, attack))
          try progress(start - images.indices.lowerBound + part.count * found.count / settingCount)
        }
      }
      for (row, index) in part.indices.enumerated() {
        for (number, searches) in found.enumerated() {
          guard let worst = searches[row].worst else { continue }
          let (pose, attack) = number.quotientAndRemainder(dividingBy: attacks.count)
          let (setting, label) = (settings[pose][attack], images.label(of: index))
          var record = record(
            worst.result, of: attacks[attack], setting, pose: worst.pose.record, index: index, label: label)
          (record.forwards, record.backwards) = (searches[row].cost.forwards, searches[row].cost.backwards)
          try body(record, trace(worst.result, setting, pose: worst.pose.record, index: index, label: label))
        }
      }
    }
  }

  /// What `attack` comes to for `images` in the poses of one of the transformations.
  private func attackPoses(
    of images: LabeledImages, by place: Int, _ attack: NamedAttack?
  ) throws -> [AttackedPoses] {
    let transformation = transformations[place]
    let sequence = try AttackSequence([attack?.scheduled])
    var transformer = Transformer(transformations, imageShape: images.imageShape)
    var found = [AttackedPoses](repeating: AttackedPoses(), count: images.count)
    var tried = 0
    while tried < transformation.poseCount {
      let open = found.indices.filter { !found[$0].isDone }
      guard !open.isEmpty else { break }
      let ahead = min(transformation.poseCount - tried, max(1, 2 * NetworkGraph.usualEvaluationBatchSize / open.count))
      let places = open.flatMap { [Int](repeating: images.indices.lowerBound + $0, count: ahead) }
      func pose(_ row: Int) -> Pose { transformation.pose(of: places[row], after: tried + row % ahead) }
      var results = [AttackResult?](repeating: nil, count: places.count)
      try scheduler?.run(
        sequence, on: places, labels: places.map(images.label(of:)), poses: ahead,
        pixels: { row, pixels in
          images.writePixels(of: places[row], into: pixels)
          transformer.transform(pixels, to: pose(row), by: place)
        },
        untouched: { row, pixels in images.writePixels(of: places[row], into: pixels) },
        finish: { results[$0.place] = $0 })
      for (row, result) in results.enumerated() {
        guard let result else { continue }
        found[open[row / ahead]].take(
          result, in: pose(row), label: images.label(of: places[row]), target: attack?.attack.target)
      }
      tried += ahead
    }
    return found
  }
}
