import Failures
import Networks
import Records
import Tensors
public import ToolSupport

/// Answers the requests of a stream, exactly one reply a line, in order.
///
/// Requests that already wait are taken together, none is waited for; nothing is read while the model computes, so
/// memory is bounded by one group of requests.
public struct Service {
  /// How many lines were answered, and how.
  public struct Tally: Equatable, Sendable {
    /// Lines answered.
    public var replies = 0
    /// Lines that got an `error` record.
    public var errors = 0
  }

  private let model: ServedModel
  private let limits: ServiceLimits
  private let answers: Answers
  private var decoder: RequestDecoder

  /// A service of `model` within `limits`.
  public init(_ model: ServedModel, limits: ServiceLimits = ServiceLimits()) {
    var limits = limits
    limits.batchSize = max(1, min(limits.batchSize ?? model.classifier.batchSize, model.classifier.batchSize))
    (self.model, self.limits) = (model, limits)
    answers = Answers(model, limits)
    decoder = RequestDecoder(
      imageShape: model.classifier.imageShape, classCount: model.classifier.classCount,
      maximalAttackSteps: limits.attackSteps)
  }

  /// Says that it is ready, then answers every line of `descriptor` until its end.
  ///
  /// - Throws: `Failure(.inputOutput)` when the input cannot be read or the output not be written, and what stops a
  ///   program whose reader has gone.
  public mutating func run(descriptor: Int32 = 0, output: StandardOutput) throws -> Tally {
    var lines = LineReader(descriptor: descriptor, maximalLength: limits.lineLength)
    var tally = Tally()
    try output.write { model.facts.writeReady(limits, into: &$0) }
    try output.flush()
    while case let group = try nextGroup(&lines), !group.isEmpty {
      for (received, reply) in zip(group, replies(to: group)) {
        if case .failure = reply { tally.errors += 1 } else { tally.replies += 1 }
        try output.write { reply.write(received.address, into: &$0) }
      }
      try output.flush()
    }
    return tally
  }
}

// MARK: - Groups of requests

/// A line, understood or not.
private struct Received {
  let address: ReplyAddress
  let request: Result<Request, Failure>
}

extension Service {
  /// The next line and those that already wait behind it; none at the end of the input.
  private mutating func nextGroup(_ lines: inout LineReader) throws -> [Received] {
    var group: [Received] = []
    var length = 0
    repeat {
      do {
        guard try lines.next() else { break }
        let number = lines.number
        group.append(
          lines.withBytes { bytes in
            length += bytes.count
            return receive(bytes, line: number)
          })
      } catch {
        guard error.kind == .data else { throw error }
        group.append(Received(address: ReplyAddress(line: lines.number, id: nil), request: .failure(error)))
      }
    } while try group.count < limits.batchSize ?? 1 && length < limits.lineLength && lines.hasLine()
    return group
  }

  private mutating func receive(_ bytes: UnsafeBufferPointer<UInt8>, line: Int) -> Received {
    var id: JSON?
    let request: Result<Request, Failure>
    do {
      let json = try JSON(parsing: bytes, firstLine: line)
      guard json.members != nil else {
        throw Failure(.data, "line \(line): not an object; each line must be one request")
      }
      guard json["id"]?.isExact ?? true else {
        throw Failure(.data, "line \(line): `id` has a number too large to be echoed; write it as a text")
      }
      id = json["id"]
      request = .success(try decoder.decode(json))
    } catch {
      request = .failure(error as? Failure ?? Failure(.internal, "\(error)"))
    }
    return Received(address: ReplyAddress(line: line, id: id), request: request)
  }

  private func replies(to group: [Received]) -> [Reply] {
    var replies = answers.replies(to: group.compactMap { try? $0.request.get() })[...]
    return group.map { received in
      switch received.request {
      case .success: replies.removeFirst()
      case .failure(let failure): .failure(failure)
      }
    }
  }
}

extension JSON {
  /// Whether every number in it is written again as the number it was: whole ones beyond 64 bits are rounded.
  fileprivate var isExact: Bool {
    switch self {
    case .number(let value): abs(value) < 0x1p53
    case .array(let elements): elements.allSatisfy(\.isExact)
    case .object(let members): members.allSatisfy(\.value.isExact)
    default: true
    }
  }
}
