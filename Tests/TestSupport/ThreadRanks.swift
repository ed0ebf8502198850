import Failures
import Foundation
public import Ranks

/// Has `count` threads do `body`, each as one rank of a group, and collects what comes of it, that of rank 0 first.
///
/// What MPI does between processes, this does within one: so ranks are tested wherever the package is built.
public func onRanks<Value: Sendable>(
  _ count: Int, _ body: @escaping @Sendable (RankGroup) throws -> Value
) -> [Result<Value, any Error>] {
  let post = Post(count: count)
  let results = Results<Value>(count: count)
  for rank in 0..<count {
    let thread = Thread {
      let result = Result { try body(RankGroup(ThreadMessenger(rank: rank, post: post))) }
      // Whoever still waits for this rank learns that nothing will come.
      post.close(rank)
      results.put(result, at: rank)
    }
    thread.stackSize = 8 << 20
    thread.start()
  }
  return results.all()
}

/// The messages between threads on their way.
private final class Post: @unchecked Sendable {
  let count: Int
  private let condition = NSCondition()
  private var messages: [[[[UInt8]]]]
  private var closed: Set<Int> = []

  init(count: Int) {
    self.count = count
    messages = Array(repeating: Array(repeating: [], count: count), count: count)
  }

  func send(_ message: [UInt8], from rank: Int, to partner: Int) {
    condition.withLock {
      messages[rank][partner].append(message)
      condition.broadcast()
    }
  }

  func receive(from partner: Int, to rank: Int) throws -> [UInt8] {
    try condition.withLock {
      while messages[partner][rank].isEmpty {
        guard !closed.contains(partner) else { throw Failure(.inputOutput, "rank \(partner) is gone") }
        condition.wait()
      }
      return messages[partner][rank].removeFirst()
    }
  }

  func close(_ rank: Int) {
    condition.withLock {
      closed.insert(rank)
      condition.broadcast()
    }
  }
}

/// What threads came to.
private final class Results<Value: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private var results: [Result<Value, any Error>?]

  init(count: Int) { results = Array(repeating: nil, count: count) }

  func put(_ result: Result<Value, any Error>, at rank: Int) {
    condition.withLock {
      results[rank] = result
      condition.broadcast()
    }
  }

  func all() -> [Result<Value, any Error>] {
    condition.withLock {
      while results.contains(where: { $0 == nil }) { condition.wait() }
      return results.compactMap(\.self)
    }
  }
}

private final class ThreadMessenger: Messenger {
  let rank: Int
  let servesAnyThread = true
  var isBesideWork = false
  private let post: Post

  init(rank: Int, post: Post) { (self.rank, self.post) = (rank, post) }

  var count: Int { post.count }
  var countHere: Int { post.count }

  func exchange(
    _ sent: UnsafeRawBufferPointer, _ received: UnsafeMutableRawBufferPointer, with partner: Int
  ) throws {
    post.send(Array(sent), from: rank, to: partner)
    let message = try post.receive(from: partner, to: rank)
    guard message.count == received.count else { throw Failure(.internal, "messages of unequal length") }
    received.copyBytes(from: message)
  }

  /// One after the other, from the first rank to the last.
  func sum(_ values: UnsafeMutableBufferPointer<Float>) throws {
    let own = Array(UnsafeRawBufferPointer(values))
    for partner in 0..<count where partner != rank { post.send(own, from: rank, to: partner) }
    let parts = try (0..<count).map { try $0 == rank ? own : post.receive(from: $0, to: rank) }
    for i in values.indices {
      values[i] = parts.reduce(0) { sum, part in
        sum + part.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 4 * i, as: Float.self) }
      }
    }
  }

  func leave() {}
  func abort(status: Int32) {}
}
