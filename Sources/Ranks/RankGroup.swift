public import Failures

/// The processes that work on one training together, of which this is one: rank 0 speaks and writes, all compute.
///
/// Every method but `first(_:)`'s body is called by all ranks in step. With one process nothing is sent to anybody.
public final class RankGroup {
  /// Which of the ranks this is, from 0.
  public let rank: Int
  /// How many there are.
  public let count: Int
  /// How many of them are on this machine.
  public let countHere: Int
  /// Whether sums may depend on the number of ranks, for less time.
  public var sumsInAnyOrder = false
  /// How many numbers are summed at once beside work, and where there are no more of them, after it.
  package var pieceSize = TreeSum.pieceSize
  /// Whether all ranks know that the work is over, since one of them failed.
  public private(set) var hasEnded = false
  /// What carries bytes to others, and what joined the job, if only as its one rank.
  private let messenger, joined: (any Messenger)?

  /// The ranks that `messenger` joins; without one this process is alone.
  public init(_ messenger: (any Messenger)? = nil) {
    self.messenger = messenger?.count == 1 ? nil : messenger
    joined = messenger
    (rank, count, countHere) = (messenger?.rank ?? 0, messenger?.count ?? 1, messenger?.countHere ?? 1)
  }

  /// The ranks of the job that this process was started for; it is alone where nobody started a job, and where no MPI is
  /// here.
  ///
  /// - Throws: `Failure` when MPI does not start.
  public static func launched() throws -> RankGroup {
    guard let launch = Launch.current, launch.speaks, let library = try? MPILibrary(for: launch) else {
      return RankGroup()
    }
    return RankGroup(try MPIMessenger(library))
  }

  /// Whether this is the rank that speaks and writes.
  public var isFirst: Bool { rank == 0 }

  /// Whether there is no other rank.
  public var isAlone: Bool { count == 1 }

  /// Refuses a number of ranks over which no balanced tree can be laid.
  ///
  /// - Throws: on all ranks; `Failure` (`usage`) on the first.
  public func requirePowerOfTwo() throws {
    guard count & (count - 1) != 0 else { return }
    let below = 1 << (Int.bitWidth - 1 - count.leadingZeroBitCount)
    throw alike(
      Failure(
        .usage, "\(count) ranks: sums are those of a balanced tree; start a power of two, \(below) or \(2 * below)"))
  }

  /// Which of `total` shards are this rank's: a block of neighbours, so that its sum is that of a whole subtree.
  ///
  /// - Precondition: every rank gets as many.
  public func block(of total: Int) -> Range<Int> {
    precondition(total.isMultiple(of: count), "every rank gets as many")
    let size = total / count
    return rank * size..<(rank + 1) * size
  }

  /// Has every rank do `body`, and collects the `size` numbers that come of it, those of rank 0 first.
  ///
  /// - Throws: on all ranks where one of them throws: there its error, on the others `RankEnd`. Of several the first tells.
  public func gather(_ size: Int, _ body: () throws -> [Double]) throws -> [Double] {
    guard let messenger else { return try body() }
    let result = Result { try body() }
    let width = size + 1
    var numbers = [Double](repeating: 0, count: count * width)
    switch result {
    case .success(let own):
      precondition(own.count == size, "as many numbers as are announced")
      numbers.replaceSubrange(rank * width + 1..<(rank + 1) * width, with: own)
    case .failure(let error): numbers[rank * width] = Double(Self.status(of: error))
    }
    try numbers.withUnsafeMutableBufferPointer { try collect($0, width, messenger) }
    if let speaker = (0..<count).first(where: { numbers[$0 * width] != 0 }) {
      hasEnded = true
      guard speaker == rank, case .failure(let error) = result else {
        throw RankEnd(status: Int32(numbers[speaker * width]))
      }
      throw named(error)
    }
    return (0..<count).flatMap { numbers[$0 * width + 1..<($0 + 1) * width] }
  }

  /// Has every rank do `body`, and waits for all.
  ///
  /// - Throws: as `gather(_:_:)`.
  public func together<Value>(_ body: () throws -> Value) throws -> Value {
    var value: Value?
    _ = try gather(0) {
      value = try body()
      return []
    }
    guard let value else { throw Failure(.internal, "ranks: nothing came of what was done") }
    return value
  }

  /// Has the first rank do `body` while the others wait, without a core of their own.
  ///
  /// - Throws: as `gather(_:_:)`.
  public func first(_ body: () throws -> Void) throws {
    try together { if isFirst { try body() } }
  }

  /// Refuses to go on unless the `fingerprint` of `what`, such as images, is the same on all ranks; `advice` says what to do.
  ///
  /// - Throws: on all ranks; `Failure` (`data`) on the first.
  public func requireSame(
    _ fingerprint: UInt64, _ what: String, advice: String = "let all ranks read the same files"
  ) throws {
    // In halves, each of which is exact.
    let halves = try gather(2) { [Double(fingerprint >> 32), Double(fingerprint & 0xFFFF_FFFF)] }
    let differs = (0..<count).first { halves[2 * $0] != halves[0] || halves[2 * $0 + 1] != halves[1] }
    guard let differs else { return }
    throw alike(Failure(.data, "rank \(differs) has other \(what) than rank 0: \(advice)"))
  }

  /// What to throw where all ranks come to the same `failure`: it is told once.
  public func alike(_ failure: Failure) -> any Error {
    hasEnded = true
    return isFirst ? failure : RankEnd(status: failure.kind.exitStatus)
  }

  /// Leaves the job.
  public func leave() { joined?.leave() }

  /// Ends the job for all ranks, where one of them failed and the others do not know.
  public func abort(status: Int32) { joined?.abort(status: status) }

  /// Replaces the numbers of `buffers` by their sums over all ranks, by default in the order of a balanced tree over them,
  /// so that these are the same bits on all ranks, and those of one that sums the same parts by a `GradientTree`.
  ///
  /// - Throws: `Failure` when the connection breaks.
  public func sum(_ buffers: [UnsafeMutableBufferPointer<Float>]) throws {
    guard let messenger else { return }
    try TreeSum(buffers).run(messenger, inAnyOrder: sumsInAnyOrder)
  }

  /// Does `body`, which says of each of `buffers`, by its place, when its numbers are complete, and replaces them by their sums
  /// over all ranks as soon as there is a piece of them, the same bits as by `sum(_:)`.
  ///
  /// A rank whose `body` throws leaves the others waiting: it has to end the job.
  ///
  /// - Precondition: `body` names every buffer once, in an order that is the same on all ranks.
  /// - Throws: what `body` throws; `Failure` when the connection breaks.
  public func sum<Value>(
    _ buffers: [UnsafeMutableBufferPointer<Float>], while body: (_ complete: (Int) -> Void) throws -> Value
  ) throws -> Value {
    guard let messenger, messenger.servesAnyThread, !sumsInAnyOrder,
      buffers.reduce(0, { $0 + $1.count }) > pieceSize
    else {
      let value = try body { _ in }
      try sum(buffers)
      return value
    }
    let sums = BackgroundSum(messenger, pieceSize: pieceSize)
    let value = try body { sums.add(buffers[$0]) }
    try sums.finish()
    return value
  }

  /// The sums over all ranks of `numbers`, of which each has its own, added in the order of the ranks; the same bits on all.
  ///
  /// - Throws: `Failure` when the connection breaks.
  public func sum(_ numbers: [Double]) throws -> [Double] {
    let all = try gather(numbers.count) { numbers }
    var sums = Array(all.prefix(numbers.count))
    for start in stride(from: numbers.count, to: all.count, by: max(numbers.count, 1)) {
      for place in sums.indices { sums[place] += all[start + place] }
    }
    return sums
  }

  /// Gathers rows of `width` numbers, of which each rank has its own: after a round each holds those of twice as many.
  private func collect(
    _ numbers: UnsafeMutableBufferPointer<Double>, _ width: Int, _ messenger: any Messenger
  ) throws {
    var held = 1
    while held < count {
      let (own, other) = (rank & ~(held - 1), (rank ^ held) & ~(held - 1))
      func rows(_ start: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(
          UnsafeMutableBufferPointer(rebasing: numbers[start * width..<(start + held) * width]))
      }
      try messenger.exchange(UnsafeRawBufferPointer(rows(own)), rows(other), with: rank ^ held)
      held *= 2
    }
  }

  /// `error`, with the rank that it is of where that is not the one that speaks otherwise.
  private func named(_ error: any Error) -> any Error {
    guard rank > 0, let failure = error as? Failure else { return error }
    return Failure(failure.kind, "rank \(rank): \(failure.message)")
  }

  private static func status(of error: any Error) -> Int32 {
    ((error as? Failure)?.kind ?? .internal).exitStatus
  }
}

/// The end of a rank because of another, which tells why.
public struct RankEnd: Error, Equatable {
  /// The exit status of the job.
  public let status: Int32
}
