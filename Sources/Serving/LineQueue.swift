import Dispatch
import Failures
import Records
import Synchronization

/// A line of the input.
struct InputLine: Sendable {
  /// Its 1-based number.
  let number: Int
  /// When all of it had come.
  let arrival: ContinuousClock.Instant
  /// Its bytes, or why there are none.
  let content: Result<[UInt8], Failure>
  /// What it takes of the queue's bytes.
  let size: Int
}

/// Lines on their way from the thread that reads to the one that computes.
///
/// A line keeps its place until its reply is written. While all places are taken nothing is read, so that memory is
/// bounded and a writer who is too fast waits.
final class LineQueue: Sendable {
  private struct State {
    var lines: [InputLine] = []
    var freePlaces: Int
    var freeBytes: Int
    /// Whether the reader has found one more line, which will come as soon as there is room.
    var expectsLine = false
    /// How reading ended, if it has.
    var end: Result<Void, Failure>?
    /// Whether nobody takes lines any more.
    var isClosed = false
    var isTakerWaiting = false
    var isReaderWaiting = false

    /// A single line, however long, has room in an empty queue.
    var hasRoom: Bool { freePlaces > 0 && freeBytes > 0 }

    /// What is to be done to get a line until `instant`, or ever.
    mutating func takeStep(until instant: ContinuousClock.Instant?) -> Step {
      if !lines.isEmpty { return .take(lines.removeFirst()) }
      if end != nil || !hasRoom { return .leave(end) }
      if !expectsLine, let instant, instant <= .now { return .leave(nil) }
      isTakerWaiting = true
      return .wait(until: expectsLine ? nil : instant)
    }
  }

  private enum Step {
    case take(InputLine), wait(until: ContinuousClock.Instant?), leave(Result<Void, Failure>?)
  }

  private let state: Mutex<State>
  private let change = DispatchSemaphore(value: 0)
  private let room = DispatchSemaphore(value: 0)
  /// What an image takes once it is decoded.
  private let imageBytes: Int

  /// A queue of `places` lines and of so many bytes, those of their decoded images included.
  init(places: Int, bytes: Int, imageBytes: Int) {
    state = Mutex(State(freePlaces: places, freeBytes: bytes))
    self.imageBytes = imageBytes
  }
}

// MARK: - For the thread that computes

extension LineQueue {
  /// Whether more lines can come before a place is released.
  var canGrow: Bool { state.withLock { $0.end == nil && $0.hasRoom } }

  /// The next line: at once if one has come whole, else as soon as one comes until `instant`, or ever; nil if none
  /// comes, at the end of the input, or while there is no room.
  ///
  /// - Throws: how reading failed, where it would wait forever.
  func next(until instant: ContinuousClock.Instant?) throws(Failure) -> InputLine? {
    while true {
      switch state.withLock({ $0.takeStep(until: instant) }) {
      case .take(let line): return line
      case .wait(let limit): _ = change.wait(timeout: limit.map(DispatchTime.init) ?? .distantFuture)
      case .leave(let end):
        if instant == nil { try end?.get() }
        return nil
      }
    }
  }

  /// Frees the place of a line of this size.
  func release(_ size: Int) {
    wakeReader { state in
      state.freePlaces += 1
      state.freeBytes += size
    }
  }

  /// Lets the reader end.
  func close() { wakeReader { $0.isClosed = true } }

  private func wakeReader(_ body: (inout State) -> Void) {
    let isWaiting = state.withLock { state in
      body(&state)
      defer { state.isReaderWaiting = false }
      return state.isReaderWaiting
    }
    if isWaiting { room.signal() }
  }
}

// MARK: - For the thread that reads

extension LineQueue {
  /// Reads `descriptor` to its end on a thread of its own, which does nothing else and which SIGTERM goes to.
  func read(_ descriptor: Int32, maximalLength: Int) {
    DispatchQueue(label: "requests").async { [self] in
      receiveTermination()
      var lines = LineReader(descriptor: descriptor, maximalLength: maximalLength)
      do throws(Failure) {
        while let line = try nextLine(&lines) {
          // A descriptor that fails here will fail in the next call, which tells.
          guard append(line, expectsLine: (try? lines.hasLine()) ?? false) else { return }
        }
        end(.success(()))
      } catch {
        end(.failure(error))
      }
    }
  }

  private func nextLine(_ lines: inout LineReader) throws(Failure) -> InputLine? {
    let content: Result<[UInt8], Failure>
    do {
      guard try lines.next() else { return nil }
      content = .success(lines.bytes)
    } catch {
      guard error.kind == .data else { throw error }
      content = .failure(error)
    }
    let length = (try? content.get().count) ?? 0
    return InputLine(number: lines.number, arrival: .now, content: content, size: length + imageBytes)
  }

  /// Appends a line as soon as there is room; false if nobody takes it any more.
  private func append(_ line: InputLine, expectsLine: Bool) -> Bool {
    while true {
      let isAppended = wakeTaker { state -> Bool? in
        if state.isClosed { return false }
        state.isReaderWaiting = !state.hasRoom
        guard state.hasRoom else { return nil }
        state.lines.append(line)
        state.freePlaces -= 1
        state.freeBytes -= line.size
        state.expectsLine = expectsLine
        return true
      }
      if let isAppended { return isAppended }
      room.wait()
    }
  }

  private func end(_ end: Result<Void, Failure>) { wakeTaker { $0.end = end } }

  @discardableResult
  private func wakeTaker<Value: Sendable>(_ body: (inout State) -> Value) -> Value {
    let (value, isWaiting) = state.withLock { state in
      defer { state.isTakerWaiting = false }
      return (body(&state), state.isTakerWaiting)
    }
    if isWaiting { change.signal() }
    return value
  }
}

extension DispatchTime {
  /// The moment in the clock that semaphores go by.
  fileprivate init(_ instant: ContinuousClock.Instant) {
    let (seconds, attoseconds) = ContinuousClock.now.duration(to: instant).components
    self = .now() + (Double(seconds) + Double(attoseconds) * 1e-18)
  }
}
