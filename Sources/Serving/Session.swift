import Attacks
import Failures
import Networks
import Records
import ToolSupport

/// One run of the service: takes lines in, computes what they ask for in batches, hands replies out.
///
/// All of this happens on one thread, the only one that computes; between two steps of an attack it looks at what has
/// come meanwhile.
final class Session {
  private let facts: ModelFacts
  private let limits: ServiceLimits
  private let lines: LineQueue
  private let output: StandardOutput
  private let answers: Answers
  private var decoder: RequestDecoder
  private var replies: ReplyOrder
  /// Requests that wait, and those under way.
  private var (waiting, computing): ([Ticket], [Ticket]) = ([], [])
  private var tally = Service.Tally()

  init(_ model: ServedModel, _ limits: ServiceLimits, lines: LineQueue, output: StandardOutput, keepsOrder: Bool) {
    (facts, self.limits, self.lines, self.output) = (model.facts, limits, lines, output)
    answers = Answers(model)
    decoder = RequestDecoder(
      imageShape: model.classifier.imageShape, classCount: model.classifier.classCount,
      maximalAttackSteps: limits.attackSteps)
    replies = ReplyOrder(keepsOrder: keepsOrder)
  }

  /// Answers every line.
  ///
  /// - Throws: as `Service.run`.
  func run() throws -> Service.Tally {
    answers.lookUp = { [unowned self] () throws(Interruption) in try lookUp() }
    while true {
      try catchUp()
      let batch = waiting.takeBatch(of: limits.batchSize ?? 1, firstIsDue: firstIsDue)
      if !batch.isEmpty {
        try compute(batch)
      } else if let line = try lines.next(until: wakeUp) {
        receive(line)
      } else if waiting.isEmpty {
        return tally
      }
    }
  }

  /// Whether the first request has waited for others long enough, or none can come.
  private var firstIsDue: Bool {
    guard limits.maximalDelay > .zero, let first = waiting.first, lines.canGrow else { return true }
    return first.arrival + limits.maximalDelay <= .now
  }

  /// When something is to be done though no line comes; nil for never.
  private var wakeUp: ContinuousClock.Instant? {
    guard let first = waiting.first else { return nil }
    return waiting.compactMap(\.deadline).reduce(first.arrival + limits.maximalDelay, min)
  }
}

// MARK: - Computing

extension Session {
  private func compute(_ batch: [Ticket]) throws {
    computing = batch
    defer { computing = [] }
    do throws(Interruption) {
      let answered = try answers.replies(batch[0].computation, of: batch.map(\.image))
      let wanted = Set(computing.map(\.address.line))
      for (ticket, reply) in zip(batch, answered) where wanted.contains(ticket.address.line) {
        replies.settle(ticket.address.line, with: reply)
      }
    } catch {
      if case .failed(let cause) = error { throw cause }
    }
  }

  /// What happens between two steps of an attack.
  private func lookUp() throws(Interruption) {
    do {
      try catchUp()
    } catch {
      throw .failed(error)
    }
    if computing.isEmpty { throw .unwanted }
  }

  /// Takes in the lines that have come, drops what nobody wants any more, and hands out what is ready.
  private func catchUp() throws {
    while let line = try lines.next(until: .now) { receive(line) }
    let now = ContinuousClock.now
    settle(.expired) { $0.deadline.map { $0 <= now } ?? false }
    let ready = replies.takeReady()
    for (debt, reply) in ready {
      if reply.isError { tally.errors += 1 } else { tally.replies += 1 }
      try output.write { reply.write(debt.address, into: &$0) }
      lines.release(debt.size)
    }
    if !ready.isEmpty { try output.flush() }
  }
}

// MARK: - Requests

extension Session {
  /// Answers a line, or puts it to those that wait.
  private func receive(_ line: InputLine) {
    let received = decoder.receive(line)
    let address = received.address
    replies.expect(address, size: line.size)
    func wait(_ computation: Computation, _ image: ServedImage) {
      waiting.append(
        Ticket(
          address: address, arrival: line.arrival, deadline: received.deadline, computation: computation, image: image))
    }
    guard received.deadline.map({ $0 > .now }) ?? true else { return replies.settle(line.number, with: .expired) }
    switch received.request {
    case .success(.predict(let image)): wait(.prediction, image)
    case .success(.attack(let image, let attack)): wait(.attack(attack), image)
    case .success(.transform(let image)): wait(.transformation, image)
    case .success(.describe): replies.settle(line.number, with: description)
    case .success(.cancel(let id)):
      let count = settle(.cancelled(byLine: line.number)) { $0.address.id == id }
      replies.settle(line.number, with: .cancellation(of: id, count: count))
    case .failure(let failure): replies.settle(line.number, with: .failure(failure))
    }
  }

  /// What the model is and which attacks there are on it.
  private var description: Reply {
    do {
      return .description(facts, limits, attacks: try AttackCatalogue.json(channels: facts.imageShape[0]))
    } catch {
      return .failure(error as? Failure ?? Failure(.internal, "\(error)"))
    }
  }

  /// Answers requests that wait or are under way without computing them; tells how many.
  @discardableResult
  private func settle(_ reply: Reply, where isMeant: (Ticket) -> Bool) -> Int {
    let meant = waiting.take(where: isMeant) + computing.take(where: isMeant)
    for ticket in meant { replies.settle(ticket.address.line, with: reply) }
    return meant.count
  }
}
