import Failures

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A program that runs beside this one, whose standard output is read as it comes; it is ended, and waited for, when
/// nobody holds it any more.
final class ChildProcess {
  private let process: pid_t
  private var output: Int32
  private var errors: Int32
  private var status: Int32?
  /// What it wrote to standard error, the first 64 KiB.
  private(set) var messages: [UInt8] = []

  /// Starts `program`, found in PATH, with `arguments`: a vector, which no shell sees.
  ///
  /// - Throws: `.noInput`, with `advice`, where there is no such program.
  init(_ program: String, _ arguments: [String], advice: String) throws {
    let (output, errors) = try (Self.pipe(), Self.pipe())
    var actions: posix_spawn_file_actions_t = .init()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output.writing, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, errors.writing, STDERR_FILENO)
    var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var process: pid_t = 0
    let failure = posix_spawnp(&process, program, &actions, nil, &words, environ)
    for descriptor in [output.writing, errors.writing] { close(descriptor) }
    guard failure == 0 else {
      for descriptor in [output.reading, errors.reading] { close(descriptor) }
      throw Failure(.noInput, "\(program): \(String(cString: strerror(failure))); \(advice)")
    }
    (self.process, self.output, self.errors) = (process, output.reading, errors.reading)
  }

  deinit {
    for descriptor in [output, errors] where descriptor >= 0 { close(descriptor) }
    guard status == nil else { return }
    // It leaves nothing behind, and may have inherited that other signals are blocked.
    kill(process, SIGKILL)
    _ = wait()
  }

  /// Hands what the program writes to `body` until it ends, calling `lookUp` five times a second at least.
  ///
  /// - Returns: The program's exit status; 128 and the number of the signal that ended it.
  /// - Throws: whatever `body` and `lookUp` throw.
  func run(lookUp: () throws -> Void, _ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Int32 {
    let part = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 16)
    defer { part.deallocate() }
    while output >= 0 || errors >= 0 {
      var waiting = [output, errors].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      _ = poll(&waiting, 2, 200)
      try lookUp()
      if waiting[0].revents != 0, let count = take(&output, part) {
        try body(UnsafeRawBufferPointer(rebasing: part[..<count]))
      }
      if waiting[1].revents != 0, let count = take(&errors, part) {
        messages += part[..<min(count, (1 << 16) - messages.count)]
      }
    }
    return wait()
  }

  /// Reads what has come on `descriptor`; closes it and is nil at its end.
  private func take(_ descriptor: inout Int32, _ part: UnsafeMutableRawBufferPointer) -> Int? {
    let count = read(descriptor, part.baseAddress, part.count)
    if count > 0 { return count }
    if count < 0, errno == EINTR || errno == EAGAIN { return nil }
    close(descriptor)
    descriptor = -1
    return nil
  }

  private func wait() -> Int32 {
    var word: Int32 = 0
    while waitpid(process, &word, 0) < 0, errno == EINTR {}
    let signal = word & 0x7F
    let status = signal == 0 ? word >> 8 & 0xFF : 128 + signal
    self.status = status
    return status
  }

  /// Both ends of a pipe, which no other child inherits.
  private static func pipe() throws -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    guard makePipe(&ends) == 0 else {
      throw Failure(.inputOutput, "pipe: \(String(cString: strerror(errno))); close other programs and run again")
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }
}

/// The system's `pipe`, under a name that no method hides.
private func makePipe(_ ends: UnsafeMutablePointer<Int32>) -> Int32 { pipe(ends) }
