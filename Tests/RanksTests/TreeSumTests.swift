import Failures
import Optimizers
import Ranks
import TestSupport
import Testing

@Suite("Sums over ranks") struct TreeSumTests {
  /// Numbers of one shard whose sum depends on the order: some large ones cancel, small ones get lost beside them.
  private static func numbers(_ shard: Int, count: Int) -> [Float] {
    (0..<count).map { place in
      let sample = Float((place &* 7919 &+ shard &* 104_729) % 1000) / 997 - 0.5
      return sample * Float(1 << ((place + 3 * shard) % 20))
    }
  }

  /// The bits of the sum over `shards` shards, of which each of `count` ranks has a block that it sums by itself.
  private static func sum(
    shards: Int, ranks count: Int, sizes: [Int], inAnyOrder: Bool = false, besideWork: Bool = false
  ) throws -> [[UInt32]] {
    try onRanks(count) { ranks in
      ranks.sumsInAnyOrder = inAnyOrder
      let buffers = sizes.map { UnsafeMutableBufferPointer<Float>.allocate(capacity: $0) }
      defer { for buffer in buffers { buffer.deallocate() } }
      var tree = GradientTree()
      let own = ranks.block(of: shards)
      for shard in own {
        var rest = numbers(shard, count: sizes.reduce(0, +))[...]
        for buffer in buffers {
          _ = buffer.initialize(from: rest.prefix(buffer.count))
          rest = rest.dropFirst(buffer.count)
        }
        tree.add(buffers, isLast: shard == own.last)
      }
      if besideWork {
        ranks.pieceSize = 500
        let said = try ranks.sum(buffers) { complete in
          for place in buffers.indices.reversed() { complete(place) }
          return "done"
        }
        #expect(said == "done")
      } else {
        try ranks.sum(buffers)
      }
      return buffers.flatMap { $0.map(\.bitPattern) }
    }.map { try $0.get() }
  }

  @Test(
    "1, 2, 4 and 8 ranks come to the same bits, each of them, over buffers of any lengths",
    arguments: [[1], [5], [3, 0, 1, 40], [1 << 20], [1 << 20, 7], [700_000, 500_001, 300_000]])
  func sameness(sizes: [Int]) throws {
    let alone = try Self.sum(shards: 8, ranks: 1, sizes: sizes)[0]
    #expect(alone.count == sizes.reduce(0, +))
    for count in [2, 4, 8] {
      let all = try Self.sum(shards: 8, ranks: count, sizes: sizes)
      #expect(all.allSatisfy { $0 == alone }, "\(count) ranks")
    }
  }

  @Test(
    "Buffers that are summed beside work come to the same bits, whatever the pieces",
    arguments: [[400, 300, 0, 1, 40], [1000, 7, 499], [3, 5], []], [1, 2, 4])
  func besideWork(sizes: [Int], count: Int) throws {
    let alone = try Self.sum(shards: 8, ranks: 1, sizes: sizes)[0]
    let all = try Self.sum(shards: 8, ranks: count, sizes: sizes, besideWork: true)
    #expect(all.allSatisfy { $0 == alone })
  }

  @Test("A connection that breaks beside work is told when the work is done")
  func broken() {
    let all = onRanks(2) { ranks in
      guard ranks.rank == 0 else { throw Failure(.internal, "gone") }
      ranks.pieceSize = 1
      let buffers = [0, 1].map { _ in UnsafeMutableBufferPointer<Float>.allocate(capacity: 2) }
      defer { for buffer in buffers { buffer.deallocate() } }
      for buffer in buffers { buffer.initialize(repeating: 1) }
      try ranks.sum(buffers) { for place in buffers.indices { $0(place) } }
    }
    #expect(throws: Failure(.inputOutput, "rank 1 is gone")) { try all[0].get() }
  }

  @Test("The order matters to these numbers, and one that is free comes near")
  func anyOrder() throws {
    let tree = try Self.sum(shards: 8, ranks: 8, sizes: [1000])[0]
    let free = try Self.sum(shards: 8, ranks: 8, sizes: [1000], inAnyOrder: true)
    #expect(free[0] != tree && free.allSatisfy { $0 == free[0] })
    for (one, other) in zip(free[0], tree) {
      let (one, other) = (Float(bitPattern: one), Float(bitPattern: other))
      #expect(abs(one - other) < 0.25 * max(1, abs(other) * 1e-3))
    }
    let long = try Self.sum(shards: 2, ranks: 2, sizes: [900_000, 200_001], inAnyOrder: true)
    #expect(long[0] == (try Self.sum(shards: 2, ranks: 2, sizes: [900_000, 200_001])[0]))
  }

  @Test("Nothing is a sum, too")
  func nothing() throws {
    #expect(try Self.sum(shards: 2, ranks: 2, sizes: []).allSatisfy(\.isEmpty))
    #expect(try Self.sum(shards: 2, ranks: 2, sizes: [0, 0]).allSatisfy(\.isEmpty))
  }
}
