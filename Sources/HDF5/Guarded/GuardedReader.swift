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
  /// The seconds that a file may take.
  static let waitingSeconds = 15

  let path: String
  let file: OpenFile

  /// What the file lists.
  ///
  /// - Throws: `.data` for a file that is damaged, hostile or not HDF5.
  func contents() throws -> HDF5Listing.Contents {
    var report = try ask()
    // Waiting without computing is a lock of the runtime that another thread held at the fork, not the file's doing.
    if report.end == .late, report.computingSeconds < 1 { report = try ask() }
    switch report.end {
    case .late, .signal(SIGXCPU), .signal(SIGALRM):
      throw Failure(.data, "\(path): the HDF5 library hung reading it; it is damaged or hostile")
    case .signal:
      throw Failure(.data, "\(path): the HDF5 library crashed reading it; it is damaged or hostile")
    case .answered:
      var decoder = AnswerDecoder(report.answer)
      do {
        return try decoder.contents()
      } catch is AnswerDecoder.Malformed {
        throw Failure(.data, "\(path): the HDF5 library gave no sensible answer reading it; it is damaged or hostile")
      }
    }
  }

  private enum End: Equatable {
    case answered, late
    case signal(Int32)
  }

  private struct Report {
    let answer: [UInt8]
    let end: End
    let computingSeconds: Int
  }

  private func ask() throws -> Report {
    // Opened here, so that the child starts with the library at rest.
    _ = libraryLock.withLock { _ in H5open() }
    let (child, pipe) = try fork()
    defer { close(pipe) }
    let answer = readAnswer(from: pipe)
    if answer == nil { kill(child, SIGKILL) }
    var status: Int32 = 0
    var usage = rusage()
    while wait4(child, &status, 0, &usage) < 0, errno == EINTR {}
    let signal = status & 0x7f
    let end: End = answer == nil ? .late : signal != 0 ? .signal(signal) : .answered
    return Report(answer: answer ?? [], end: end, computingSeconds: usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
  }

  /// Starts the child; its number and the end of the pipe to read from.
  ///
  /// No other fork happens between the pipe's making and the closing of our copy of its other end, so that the end of
  /// the child is the end of the pipe.
  private func fork() throws -> (child: pid_t, pipe: Int32) {
    try libraryLock.withLock { _ in
      var ends: [Int32] = [0, 0]
      guard pipe(&ends) == 0 else {
        throw Failure(.inputOutput, "\(path): no pipe: \(systemErrorText(errno))")
      }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      let child = cusp_fork()
      if child == 0 { GuardedChild(path: path, file: file.status, pipe: ends[1]).run() }
      close(ends[1])
      guard child > 0 else {
        close(ends[0])
        throw Failure(.inputOutput, "\(path): no process to read it: \(systemErrorText(errno))")
      }
      return (child, ends[0])
    }
  }

  /// All that comes through `pipe`; nil when that takes or is too long.
  private func readAnswer(from pipe: Int32) -> [UInt8]? {
    let deadline = ContinuousClock.now + .seconds(Self.waitingSeconds)
    var answer: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while answer.count <= Answer.byteLimit {
      let (seconds, attoseconds) = (deadline - .now).components
      guard seconds >= 0, attoseconds >= 0 else { return nil }
      var entry = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
      guard poll(&entry, 1, Int32(seconds * 1000 + 1 + attoseconds / 1_000_000_000_000_000)) > 0 else { continue }
      let count = read(pipe, &chunk, chunk.count)
      if count == 0 { return answer }
      if count > 0 { answer += chunk[..<count] }
    }
    return nil
  }
}
