import Attacks
import Failures
import Networks

/// Attacks and judges a network in training mode, batch by batch in the order of the data set, as the paper's code does a
/// GCNN: norms go by the statistics of the batch, so what becomes of an image depends on its neighbours.
///
/// All images of a batch take the same number of steps, and so are asked about together at every one.
final class BatchStatistics {
  /// Images of a batch, in the paper's script; a data set's last one has what is left.
  static let batchSize = 100
  /// Whether attacks that call for it go by them; not where the network has dropouts, which would be random.
  static func areReproduced(on graph: NetworkGraph) -> Bool {
    !graph.vertices.contains { if case .dropout = $0.node.layer { true } else { false } }
  }

  private let model: LoadedModel
  private let lookUp: () throws -> Void
  /// By the number of images.
  private var schedulers: [Int: AttackScheduler] = [:]

  /// Those of `model`; nil unless one of `attacks` goes by them.
  init?(_ model: LoadedModel, under attacks: [NamedAttack?], lookUp: @escaping () throws -> Void) {
    let isCalledFor = attacks.contains { ($0?.attack as? NormalisedDescent)?.script == .equivariant }
    guard isCalledFor, Self.areReproduced(on: model.graph) else { return nil }
    (self.model, self.lookUp) = (model, lookUp)
  }

  /// A scheduler that takes batches of `count` images.
  ///
  /// - Throws: `Failure` when the engine refuses.
  func scheduler(of count: Int) throws -> AttackScheduler {
    if let known = schedulers[count] { return known }
    let network = try model.batchStatistics(batchSize: count)
    let scheduler = try AttackScheduler(model: WatchedNetwork(network, lookUp: lookUp), classifier: network)
    schedulers[count] = scheduler
    return scheduler
  }

  /// The batches of the images at `positions` of a data set, of `total` that were asked for.
  ///
  /// - Throws: `Failure` (`usage`) where a shard cuts one in two.
  static func batches(of positions: Range<Int>, total: Int) throws -> [Range<Int>] {
    let cut = [positions.lowerBound, positions.upperBound].first { !$0.isMultiple(of: batchSize) && $0 != total }
    if let cut {
      throw Failure(
        .usage,
        "--shard cuts at image \(cut): batch statistics are those of \(batchSize) images; let parts be whole hundreds")
    }
    return stride(from: positions.lowerBound, to: positions.upperBound, by: batchSize).map {
      $0..<min($0 + batchSize, positions.upperBound)
    }
  }
}
