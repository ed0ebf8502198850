import Evaluation

/// What images can be put through together.
enum Computation: Hashable {
  case prediction, transformation
  case attack(NamedAttack)
}

/// A request that waits for the engine.
struct Ticket {
  /// Whom the reply goes to.
  let address: ReplyAddress
  /// When it came.
  let arrival: ContinuousClock.Instant
  /// When nobody wants the answer any more, if ever.
  let deadline: ContinuousClock.Instant?
  /// What is asked for.
  let computation: Computation
  /// Of what.
  let image: ServedImage
}

/// Requests that wait, in the order in which they came.
extension [Ticket] {
  /// Takes out those that `isWanted` says.
  mutating func take(where isWanted: (Ticket) -> Bool) -> [Ticket] {
    guard contains(where: isWanted) else { return [] }
    let taken = filter(isWanted)
    removeAll(where: isWanted)
    return taken
  }

  /// Takes out at most `size` that can be computed together: the first and others like it once it has waited long
  /// enough, before that only whole batches; empty if there is none.
  mutating func takeBatch(of size: Int, firstIsDue: Bool) -> [Ticket] {
    guard let computation = firstIsDue ? first?.computation : firstWithBatch(of: size) else { return [] }
    let batch = Array(lazy.filter { $0.computation == computation }.prefix(size))
    let lines = Set(batch.map(\.address.line))
    removeAll { lines.contains($0.address.line) }
    return batch
  }

  private func firstWithBatch(of size: Int) -> Computation? {
    var counts: [Computation: Int] = [:]
    return first { ticket in
      counts[ticket.computation, default: 0] += 1
      return counts[ticket.computation] == size
    }?.computation
  }
}
