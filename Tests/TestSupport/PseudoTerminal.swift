import Foundation

/// A program at a terminal of its own, driven and watched as by a person.
public final class PseudoTerminal {
  /// What kept a program from being watched.
  public struct Problem: Error, CustomStringConvertible {
    /// What it is.
    public let description: String
  }

  private let descriptor: Int32
  private let process: pid_t
  /// What the program has written and nobody has waited for.
  private var shown: [UInt8] = []

  /// Starts the program of `words`, the first its path, in `folder`, at a terminal of so many columns, and pixels across.
  ///
  /// - Throws: `Problem` when the system gives no terminal or cannot start the program.
  public init(
    _ words: [String], environment: [String: String] = [:], folder: String = "/", columns: UInt16 = 80,
    pixels: UInt16 = 0
  ) throws {
    // What posix_openpt, unlockpt and ptsname do, which Swift does not import: TIOCSPTLCK and TIOCGPTN.
    descriptor = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var (isLocked, number) = (0 as Int32, 0 as UInt32)
    guard descriptor >= 0, ioctl(descriptor, 0x4004_5431, &isLocked) == 0, ioctl(descriptor, 0x8004_5430, &number) == 0
    else { throw Problem(description: "no terminal: \(String(cString: strerror(errno)))") }
    let path = "/dev/pts/\(number)"
    var size = winsize(ws_row: 50, ws_col: columns, ws_xpixel: pixels, ws_ypixel: 0)
    _ = ioctl(descriptor, UInt(TIOCSWINSZ), &size)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    // The first terminal that the leader of a session opens is its own.
    posix_spawn_file_actions_addopen(&actions, 0, path, O_RDWR, 0)
    posix_spawn_file_actions_adddup2(&actions, 0, 1)
    posix_spawn_file_actions_adddup2(&actions, 0, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var (signals, mask) = (sigset_t(), sigset_t())
    sigemptyset(&mask)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setsigmask(&attributes, &mask)
    // The last is POSIX_SPAWN_SETSID, a session of its own, which Swift does not import.
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK) | 0x80)

    let command = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", folder] + words
    // Launchers of parallel jobs are told by these, and terminals of theirs are not watched.
    let inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("SLURM_") && $0.key != "COLUMNS" }
    let variables = inherited.merging(["TERM": "xterm"].merging(environment) { $1 }) { $1 }
    var (arguments, settings) = (command.map { strdup($0) } + [nil], variables.map { strdup("\($0)=\($1)") } + [nil])
    defer { for text in arguments + settings { free(text) } }
    var started: pid_t = 0
    let error = posix_spawn(&started, command[0], &actions, &attributes, &arguments, &settings)
    guard error == 0 else {
      close(descriptor)
      throw Problem(description: "\(words): \(String(cString: strerror(error)))")
    }
    process = started
  }

  deinit {
    kill(process, SIGKILL)
    close(descriptor)
    var status: Int32 = 0
    waitpid(process, &status, 0)
  }

  /// Types `text`, as `\t` for the key of completion.
  public func type(_ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  /// What is shown up to the first `text` and with it, from where the last wait ended.
  ///
  /// - Throws: `Problem` with what came instead when the program ends, or shows nothing of the kind for so many seconds.
  public func wait(for text: String, seconds: Double = 60) throws -> String {
    let wanted = Array(text.utf8)
    let end = Date(timeIntervalSinceNow: seconds)
    while true {
      if let place = shown.firstRange(of: wanted) {
        defer { shown.removeSubrange(..<place.upperBound) }
        return String(decoding: shown[..<place.upperBound], as: UTF8.self)
      }
      guard Date() < end, try read() else {
        throw Problem(
          description: "waited for \(text), saw: \(String(decoding: shown, as: UTF8.self).debugDescription)")
      }
    }
  }

  /// All that is shown until the program ends, and its status; 128 plus the signal's number if one ended it.
  ///
  /// - Throws: `Problem` when it does not end for so many seconds.
  public func finish(seconds: Double = 300) throws -> (text: String, status: Int32) {
    let end = Date(timeIntervalSinceNow: seconds)
    while try read() {
      guard Date() < end else { throw Problem(description: "goes on: \(String(decoding: shown, as: UTF8.self))") }
    }
    var status: Int32 = 0
    waitpid(process, &status, 0)
    let signal = status & 0x7F
    return (String(decoding: shown, as: UTF8.self), signal == 0 ? status >> 8 & 0xFF : 128 + signal)
  }

  /// Takes in what is there, waiting a moment for it; false where the program has closed its terminal.
  private func read() throws -> Bool {
    var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&wait, 1, 100) > 0 else { return true }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = Foundation.read(descriptor, &bytes, bytes.count)
    guard count > 0 else { return count < 0 && errno == EINTR }
    shown += bytes[..<count]
    return true
  }
}
