import Failures
import Foundation
import Optimizers
import Ranks
import TestSupport
import Testing

@Suite("Ranks that work together") struct RankGroupTests {
  /// What a rank throws, in words.
  private func words(_ results: [Result<some Sendable, any Error>]) -> [String] {
    results.map { result in
      switch result {
      case .success: "done"
      case .failure(let end as RankEnd): "ended \(end.status)"
      case .failure(let error): "\(error)"
      }
    }
  }

  @Test("Every rank gets what all have, by rank", arguments: [1, 2, 4, 8, 16])
  func gathering(count: Int) throws {
    let all = try onRanks(count) { ranks in
      try ranks.gather(2) { [Double(ranks.rank), 0.5 * Double(ranks.rank)] }
    }.map { try $0.get() }
    let expected = (0..<count).flatMap { [Double($0), 0.5 * Double($0)] }
    #expect(all == Array(repeating: expected, count: count))
  }

  @Test("Sums of doubles are those of one after the other, on all ranks", arguments: [1, 2, 4, 8])
  func doubles(count: Int) throws {
    let all = try onRanks(count) { ranks in
      [try ranks.sum([pow(10, 16 - 16 * Double(ranks.rank % 2)), -0.1 * Double(ranks.rank)]), try ranks.sum([])]
    }.map { try $0.get() }
    let first = (0..<count).reduce(0) { $0 + pow(10, 16 - 16 * Double($1 % 2)) }
    let second = (0..<count).reduce(0) { $0 - 0.1 * Double($1) }
    #expect(all.allSatisfy { $0 == [[first, second], []] })
  }

  @Test("Ranks have neighbouring shards, as many each")
  func blocks() {
    let blocks = onRanks(4) { $0.block(of: 8) }.map { try? $0.get() }
    #expect(blocks == [0..<2, 2..<4, 4..<6, 6..<8])
    #expect(RankGroup().block(of: 8) == 0..<8)
  }

  @Test("One that fails tells why, with its number, and all end with its status; of several the first tells")
  func failures() {
    let one = onRanks(4) { ranks in
      try ranks.together { if ranks.rank == 2 { throw Failure(.noInput, "d.npz: no such file") } }
    }
    #expect(words(one) == ["ended 66", "ended 66", "rank 2: d.npz: no such file", "ended 66"])
    let all = onRanks(4) { ranks in
      try ranks.together { throw Failure(.data, "d.npz: holds no images") }
    }
    #expect(words(all) == ["d.npz: holds no images", "ended 65", "ended 65", "ended 65"])
    let first = onRanks(2) { ranks in
      try ranks.first { throw Failure(.inputOutput, "m.h5: No space left on device") }
    }
    #expect(words(first) == ["m.h5: No space left on device", "ended 74"])
  }

  @Test("All know that the work is over after a failure, and only then")
  func ending() throws {
    let ends = try onRanks(2) { ranks in
      _ = try ranks.together { ranks.rank }
      let before = ranks.hasEnded
      try? ranks.together { if !ranks.isFirst { throw Failure(.data, "wrong") } }
      return [before, ranks.hasEnded]
    }.map { try $0.get() }
    #expect(ends == [[false, true], [false, true]])
    #expect(words(onRanks(2) { throw $0.alike(Failure(.usage, "no")) }) == ["no", "ended 64"])
  }

  @Test("A rank that is gone is an error for those who wait for it, not an end for all to know")
  func loss() {
    let results = onRanks(2) { ranks in
      if ranks.isFirst { throw Failure(.internal, "killed") }
      do {
        try ranks.together {}
      } catch {
        throw Failure(.inputOutput, "\(error), ended \(ranks.hasEnded)")
      }
    }
    #expect(words(results) == ["killed", "rank 0 is gone, ended false"])
  }

  @Test("The others wait while the first works", arguments: [2, 4])
  func first(count: Int) {
    let log = Log()
    _ = onRanks(count) { ranks in
      try ranks.first {
        for _ in 0..<1000 { log.add("first") }
      }
      log.add("then")
    }
    #expect(log.words.prefix(1000).allSatisfy { $0 == "first" } && log.words.count == 1000 + count)
  }

  @Test("A number of ranks without a balanced tree is refused, once")
  func powers() {
    for count in [1, 2, 4, 8] {
      #expect(words(onRanks(count) { try $0.requirePowerOfTwo() }).allSatisfy { $0 == "done" })
    }
    let line = "3 ranks: sums are those of a balanced tree; start a power of two, 2 or 4"
    #expect(words(onRanks(3) { try $0.requirePowerOfTwo() }) == [line, "ended 64", "ended 64"])
    #expect(words(onRanks(6) { try $0.requirePowerOfTwo() })[0].hasSuffix("4 or 8"))
  }

  @Test("A rank with something else is told by its number", arguments: [UInt64(1), 1 << 32, 1 << 63])
  func sameness(bit: UInt64) {
    let results = onRanks(4) { try $0.requireSame(7 ^ ($0.rank == 3 ? bit : 0), "images") }
    #expect(words(results)[0] == "rank 3 has other images than rank 0: let all ranks read the same files")
    #expect(words(results).dropFirst().allSatisfy { $0 == "ended 65" })
    #expect(words(onRanks(4) { try $0.requireSame(.max, "images") }) == Array(repeating: "done", count: 4))
  }

  @Test("A fingerprint depends on every bit and on the order")
  func fingerprints() {
    func value(_ words: [UInt64]) -> UInt64 {
      var print = Fingerprint()
      for word in words { print.add(word) }
      return print.value
    }
    let changed =
      (0..<64).map { value([3, 1 << UInt64($0), 5]) } + [value([3, 5, 0]), value([5, 3, 0]), value([3, 5])]
    #expect(Set(changed).count == changed.count)
    var floats = Fingerprint()
    floats.add([Float(0), -0.0])
    #expect(floats.value == value([0, 1 << 31]))
  }
}

/// What happened, in order.
private final class Log: @unchecked Sendable {
  private let lock = NSLock()
  private var entries: [String] = []
  var words: [String] { lock.withLock { entries } }
  func add(_ word: String) { lock.withLock { entries.append(word) } }
}
