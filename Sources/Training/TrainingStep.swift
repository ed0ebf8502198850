import Attacks
import Datasets
import Networks
import Optimizers
import Programs
import Ranks
import Spatial
import Tensors

/// One step of training, with the buffers it needs; nothing around the engine is allocated in a step on natural images.
final class TrainingStep {
  let program: TrainingProgram
  /// What is done, with stages where they are known to begin.
  var configuration: TrainingConfiguration
  private let ranks: RankGroup
  private var tree = GradientTree()
  /// Where batches come from.
  var data: LabeledImages
  let adversary: Adversary?
  private var masks: DropoutMasks
  private var resampler: Resampler
  private(set) var labels: [Int] = []
  private var poses: [Pose] = []
  /// The shard as it is posed, and what an attack makes of it.
  var pixels, perturbed: Tensor
  private var logits, perturbedLogits: Tensor
  /// Who is told of a gradient of the step, by its place, when all passes have added to it.
  private var complete: (Int) -> Void = { _ in }

  init(
    _ configuration: TrainingConfiguration, graph: NetworkGraph, data: LabeledImages, state: TrainingState,
    among ranks: RankGroup, on backend: any Backend
  ) throws {
    self.ranks = ranks
    let shardSize = configuration.shardSize
    let statistics =
      configuration.sharesStatistics
      ? SharedStatistics(shardCount: configuration.shardCount) { try ranks.sum($0) } : nil
    program = try TrainingProgram(
      graph, parameters: state.parameters, optimizer: configuration.optimizer, state: state.optimizerState,
      batchSize: shardSize, sharing: statistics, on: backend)
    adversary = try Adversary(configuration, graph, state.parameters, backend)
    masks = DropoutMasks(program)
    resampler = Resampler(imageShape: graph.imageShape)
    pixels = Tensor(Shape([shardSize] + graph.imageShape.sizes))
    perturbed = adversary == nil ? Tensor([0]) : pixels
    logits = Tensor([shardSize, graph.classCount])
    perturbedLogits = logits
    (self.configuration, self.data) = (configuration, data)
  }

  /// Trains on `images`, a batch; the summed objective, and how many were classified rightly, before the step.
  ///
  /// A sum that is not finite ends the step before it changes a weight.
  func take(_ images: [Int], epoch: Int, update: OptimizerStep) throws -> (loss: Double, correct: Int) {
    guard configuration.shardCount > 1 else {
      try showAdversary(epoch)
      let result = try differentiate(images, epoch, number: update.number)
      if result.loss.isFinite { try program.update(update) }
      return result
    }
    let own = ranks.block(of: configuration.shardCount)
    var statistics: [Float] = []
    // Ranks that meet within their passes, for statistics or for sums: who fails there cannot tell the others here, and ends them.
    let early = try meeting(own, of: images, epoch, update.number, &statistics)
    // What every shard came to, in their order, whoever computed it.
    let results = try ranks.gather(2 * own.count) {
      try early ?? differentiate(own, of: images, epoch, update.number, &statistics)
    }
    var sums = (loss: 0.0, correct: 0)
    for shard in 0..<configuration.shardCount {
      sums = (sums.loss + results[2 * shard], sums.correct + Int(results[2 * shard + 1]))
    }
    guard sums.loss.isFinite else { return sums }
    let gradients = sumsEarly(own) ? [] : program.gradientBuffers
    try statistics.withUnsafeMutableBufferPointer { try ranks.sum(gradients + [$0]) }
    let share = 1 / Float(configuration.shardCount)
    program.runningStatistics = statistics.map { share * $0 }
    try program.update(update)
    return sums
  }

  /// Whether gradients are summed over ranks while they are computed: those of one shard a rank, where nothing else is sent.
  private func sumsEarly(_ own: Range<Int>) -> Bool {
    own.count == 1 && !ranks.isAlone && !configuration.sharesStatistics
  }

  /// As `differentiate`, where ranks meet in it; else nil.
  private func meeting(
    _ own: Range<Int>, of images: [Int], _ epoch: Int, _ number: Int, _ statistics: inout [Float]
  ) throws -> [Double]? {
    if configuration.sharesStatistics { return try differentiate(own, of: images, epoch, number, &statistics) }
    guard sumsEarly(own) else { return nil }
    return try ranks.sum(program.gradientBuffers) { complete in
      try withoutActuallyEscaping(complete) { complete in
        self.complete = complete
        defer { self.complete = { _ in } }
        return try differentiate(own, of: images, epoch, number, &statistics)
      }
    }
  }

  /// Goes forward and back on the shards `own` of a batch, one by one; the loss and the right ones of each.
  ///
  /// Every shard finds the running statistics as they were before the step. What gradients and `statistics` come to is
  /// then the sum of all; a sum of losses that is not finite comes before they are complete.
  private func differentiate(
    _ own: Range<Int>, of images: [Int], _ epoch: Int, _ number: Int, _ statistics: inout [Float]
  ) throws -> [Double] {
    var results: [Double] = []
    let start = program.runningStatistics
    tree.clear()
    try showAdversary(epoch)
    for shard in own {
      program.runningStatistics = start
      let first = shard * configuration.shardSize
      let result = try differentiate(
        Array(images[first..<first + configuration.shardSize]), epoch, number: number)
      results += [result.loss, Double(result.correct)]
      guard result.loss.isFinite else { break }
      statistics = program.runningStatistics
      // They may be on their way to others.
      guard own.count > 1 else { break }
      statistics.withUnsafeMutableBufferPointer {
        tree.add(program.gradientBuffers + [$0], isLast: shard == own.last)
      }
    }
    return results + Array(repeating: 0, count: 2 * own.count - results.count)
  }

  /// Shows the adversary the network as it is now: once a step, since all shards begin with the same weights and statistics.
  private func showAdversary(_ epoch: Int) throws {
    if configuration.stage(epoch: epoch).method != .natural { try adversary?.follow(program) }
  }

  /// Forward and back by the objective of the stage on `images`, a shard of the step with this number.
  private func differentiate(_ images: [Int], _ epoch: Int, number: Int) throws -> (loss: Double, correct: Int) {
    let stage = configuration.stage(epoch: epoch)
    switch stage.method {
    case .natural:
      load(images, stage, epoch)
      return try descend(pixels, images, epoch)
    case .adversarial: return try descendMixture(images, stage, epoch, number: number)
    case .trades(_, let beta), .transformedTrades(_, let beta):
      load(images, stage, epoch)
      return try descendDivergence(images, stage, epoch, beta: beta)
    }
  }

  /// Makes `labels` and `pixels` those of `images` in their poses.
  func load(_ images: [Int], _ stage: Stage, _ epoch: Int) {
    labels.removeAll(keepingCapacity: true)
    for image in images { labels.append(data.label(of: image)) }
    data.writePixels(of: images, into: &pixels)
    guard !stage.poses.isIdentity else { return }
    poses.removeAll(keepingCapacity: true)
    for image in images { poses.append(stage.poses.draw(seed: configuration.seed, epoch: epoch, image: image)) }
    resampler.transform(&pixels, poses: poses)
  }

  /// Makes `perturbed` of `pixels`, of which the first `count` are attacked: `images` in the order of both.
  func attack(
    _ images: [Int], _ stage: Stage, _ epoch: Int, reference: Tensor? = nil, count: Int? = nil
  ) throws {
    guard let adversary, let attack = stage.method.attack(seed: configuration.seed) else { return }
    try adversary.perturb(
      pixels, reference: reference, by: attack, labels: labels, images: images, epoch: epoch, count: count,
      into: &perturbed)
  }

  /// Forward and back by the cross-entropy, or by a share of it: in another pass of the step than the first, gradients are
  /// added to those before; unless it `isLast`, others add to them.
  func descend(
    _ pixels: Tensor, _ images: [Int], _ epoch: Int, share: Float = 1, pass: Int = 0, isLast: Bool = true
  ) throws -> (loss: Double, correct: Int) {
    masks.draw(seed: configuration.seed, epoch: epoch, images: images, pass: pass)
    try program.forward(pixels, masks: masks.tensors, into: &logits)
    let loss = CrossEntropy(labels: labels, smoothing: configuration.labelSmoothing)
    let sum = images.indices.reduce(0) { $0 + Double(loss.value(row: $1, logits: logits)) }
    // Whatever the loss is: other shards may wait for this one's statistics on the way back.
    try program.backward(
      loss, logits: logits, scale: share / Float(configuration.batchSize), accumulates: pass > 0,
      complete: isLast ? complete : { _ in })
    return (Double(share) * sum, correctCount)
  }

  /// Forward and back by the objective of TRADES.
  ///
  /// Engines keep one forward pass to go back from, so images go forward a second time, under the same dropout. The
  /// published code also passes them twice, for the two parts of its loss, and so moves running statistics three times.
  private func descendDivergence(
    _ images: [Int], _ stage: Stage, _ epoch: Int, beta: Float
  ) throws -> (loss: Double, correct: Int) {
    if case .transformedTrades = stage.method {
      var untouched = pixels
      data.writePixels(of: images, into: &untouched)
      try attack(images, stage, epoch, reference: untouched)
      pixels = untouched
    } else {
      try attack(images, stage, epoch)
    }
    masks.draw(seed: configuration.seed, epoch: epoch, images: images)
    try program.forward(pixels, masks: masks.tensors, into: &logits)
    masks.draw(seed: configuration.seed, epoch: epoch, images: images, pass: 1)
    try program.forward(perturbed, masks: masks.tensors, into: &perturbedLogits)
    let correct = correctCount
    let loss = TradesLoss(
      labels: labels, beta: beta, smoothing: configuration.labelSmoothing, meanOver: configuration.batchSize)
    let sum = loss.differentiate(clean: &logits, attacked: &perturbedLogits)
    try program.backward(perturbedLogits)
    let gradient = logits
    masks.draw(seed: configuration.seed, epoch: epoch, images: images)
    try program.forward(pixels, masks: masks.tensors, into: &logits)
    try program.backward(gradient, accumulates: true, complete: complete)
    return (sum, correct)
  }

  private var correctCount: Int {
    labels.indices.count { predictedClass(row: $0, logits: logits) == labels[$0] }
  }
}
