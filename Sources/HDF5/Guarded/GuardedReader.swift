internal import CHDF5
internal import Failures
internal import Files
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The half of the guarded reader that stays: forks the child, waits for its answer, never longer than a limit.
struct GuardedReader {
  /// The seconds without any progress after which a child is taken to wait for a lock.
  private static let stallSeconds = 1
  /// How often another child is tried in place of one that waits for a lock.
  private static let retries = 2

  let path: String
  let file: OpenFile
  var task = GuardedChild.Task.list
  var limits = GuardLimits()
  /// What the child tells instead of what the file lists: for tests of what may become of it.
  var substitute: (@Sendable () -> [UInt8])?

  /// What the file lists, or the one dataset with the elements that were asked for.
  ///
  /// - Throws: `.data` for a file that is damaged, hostile or not HDF5.
  func contents() throws -> HDF5Listing.Contents {
    // A lock of some runtime that another thread held at the fork is never released in the copy; the next copy is
    // unlikely to meet it again. The last one is waited for as long as there is time.
    var patience = Patience(limits)
    var (answer, end) = try ask(&patience, patiently: false)
    for attempt in 1...Self.retries where end == .stalled {
      (answer, end) = try ask(&patience, patiently: attempt == Self.retries)
    }
    switch end {
    case .stalled, .late, .signal(SIGXCPU), .signal(SIGALRM):
      throw Failure(.data, "\(path): the HDF5 library hung reading it; it is damaged or hostile")
    case .signal:
      throw Failure(.data, "\(path): the HDF5 library crashed reading it; it is damaged or hostile")
    case .flooded: throw senseless
    case .answered:
      var decoder = AnswerDecoder(answer)
      do {
        return try decoder.contents()
      } catch is AnswerDecoder.Malformed {
        throw senseless
      }
    }
  }

  private var senseless: Failure {
    Failure(.data, "\(path): the HDF5 library gave no sensible answer reading it; it is damaged or hostile")
  }

  private enum End: Equatable {
    case answered, flooded, late, stalled
    case signal(Int32)
  }

  /// What is left of the time that children may take.
  private struct Patience {
    /// How long they may wait for anything but a processor.
    var waiting: Duration
    /// When no more is waited for in any case.
    let end: ContinuousClock.Instant

    init(_ limits: GuardLimits) {
      (waiting, end) = (.seconds(limits.waitingSeconds), .now + .seconds(limits.clockSeconds))
    }
  }

  private func ask(_ patience: inout Patience, patiently: Bool) throws -> (answer: [UInt8], end: End) {
    // Opened here, so that the child starts with the library at rest.
    _ = libraryLock.withLock { _ in H5open() }
    let (child, pipe) = try fork()
    defer { close(pipe) }
    var (answer, end) = readAnswer(from: pipe, of: child, &patience, patiently: patiently)
    if end != .answered { kill(child, SIGKILL) }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    if end == .answered, status & 0x7f != 0 { end = .signal(status & 0x7f) }
    return (answer, end)
  }

  /// Starts the child; its number and the end of the pipe to read from.
  ///
  /// No other fork happens between the pipe's making and the closing of our copy of its other end, so that the end of
  /// the child is the end of the pipe.
  private func fork() throws -> (child: pid_t, pipe: Int32) {
    try libraryLock.withLock { _ in
      var ends: [Int32] = [0, 0]
      guard pipe(&ends) == 0 else {
        throw shortage(path, errno) ?? Failure(.inputOutput, "\(path): no pipe: \(systemErrorText(errno))")
      }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      let child = cusp_fork()
      if child == 0 {
        GuardedChild(
          path: path, location: file.location, file: file.status, task: task, pipe: ends[1], limits: limits,
          substitute: substitute
        ).run()
      }
      let number = errno
      close(ends[1])
      guard child > 0 else {
        let failure = shortage(path, number) ?? Failure(.inputOutput, "\(path): no process: \(systemErrorText(number))")
        close(ends[0])
        throw failure
      }
      return (child, ends[0])
    }
  }

  /// All that comes through `pipe` until its end.
  private func readAnswer(
    from pipe: Int32, of child: pid_t, _ patience: inout Patience, patiently: Bool
  ) -> (answer: [UInt8], end: End) {
    var answer: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    var (work, lastProgress, last) = (0, ContinuousClock.now, ContinuousClock.now)
    while patience.waiting > .zero, last < patience.end {
      var entry = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
      if poll(&entry, 1, 100) > 0 {
        let count = read(pipe, &chunk, chunk.count)
        if count == 0 { return (answer, .answered) }
        if count > 0 { answer += chunk[..<count] }
        if answer.count > limits.answerBytes { return ([], .flooded) }
      }
      let now = ContinuousClock.now
      if isRunnable(child) { lastProgress = now } else { patience.waiting -= now - last }
      last = now
      let workNow = answer.count + computingNanoseconds(of: child)
      if workNow != work { (work, lastProgress) = (workNow, now) }
      if !patiently, now - lastProgress > .seconds(Self.stallSeconds) { return ([], .stalled) }
    }
    return ([], .late)
  }

  /// Whether the child computes, or would if it had a processor; where the system does not tell, it does not.
  private func isRunnable(_ child: pid_t) -> Bool {
    let status = open("/proc/\(child)/stat", O_RDONLY | O_CLOEXEC)
    guard status >= 0 else { return false }
    defer { close(status) }
    var text = [UInt8](repeating: 0, count: 256)
    let count = max(0, read(status, &text, text.count))
    // The state stands after the program's name, which is in brackets and may have any characters.
    guard let end = text[..<count].lastIndex(of: UInt8(ascii: ")")), end + 2 < count else { return false }
    return text[end + 2] == UInt8(ascii: "R")
  }

  /// The processor time that the child has used; on systems that do not tell, the time itself, as if it computed.
  private func computingNanoseconds(of child: pid_t) -> Int {
    var time = timespec()
    #if canImport(Glibc)
      var clock = clockid_t()
      guard clock_getcpuclockid(child, &clock) == 0, clock_gettime(clock, &time) == 0 else { return 0 }
    #else
      clock_gettime(CLOCK_MONOTONIC, &time)
    #endif
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }
}
