public import Foundation

/// Runs a program of this package as a process, as a user would.
///
/// Input and output go through files, so no pipe can fill up and no reader can hang.
public struct BuiltTool: Sendable {
  /// What a process left behind.
  public struct Outcome: Equatable, Sendable {
    /// What it wrote to standard output.
    public let output: Data
    /// What it wrote to standard error.
    public let errors: String
    /// Its exit status; 128 plus the signal's number if one ended it, as a shell says.
    public let status: Int32

    /// Standard output as text.
    public var text: String { String(decoding: output, as: UTF8.self) }
  }

  /// The folder of the built programs: that of the test bundle.
  public static let folder: String = {
    let bundle = URL(fileURLWithPath: Bundle.main.executablePath ?? CommandLine.arguments[0])
    let candidates = [Bundle.main.bundleURL, bundle.deletingLastPathComponent()]
    let found = candidates.first { FileManager.default.fileExists(atPath: $0.appending(path: "cusp").path) }
    return (found ?? candidates[0]).path
  }()

  /// The program's path.
  public let path: String

  /// The program `name` of this package.
  public init(_ name: String) { path = "\(Self.folder)/\(name)" }

  /// Any program, such as `/bin/bash`.
  public init(path: String) { self.path = path }

  /// Runs the program and waits for its end.
  /// - Parameters:
  ///   - arguments: the command line after the program's name.
  ///   - input: what it finds on standard input.
  ///   - environment: variables on top of those of the test.
  ///   - folder: where it runs; the test's own folder unless given.
  ///   - seconds: after this long it is killed and `status` is 137.
  /// - Throws: when the program cannot be started.
  public func run(
    _ arguments: [String] = [], input: some Sequence<UInt8> = [], environment: [String: String] = [:],
    folder: String? = nil, seconds: Double = 300
  ) throws -> Outcome {
    try Fixture.withTemporaryFolder { files in
      try Data(input).write(to: URL(fileURLWithPath: "\(files)/input"))
      let process = try spawn(
        Self.words([path] + arguments, in: folder),
        environment: ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" },
        files: files)
      let status = try wait(for: process, seconds: seconds)
      return Outcome(
        output: try Data(contentsOf: URL(fileURLWithPath: "\(files)/output")),
        errors: String(decoding: try Data(contentsOf: URL(fileURLWithPath: "\(files)/errors")), as: UTF8.self),
        status: status)
    }
  }

  /// Runs the program on the text `input`, as `run(_:input:environment:folder:seconds:)`.
  public func run(_ arguments: [String] = [], text: String) throws -> Outcome {
    try run(arguments, input: text.utf8)
  }

  /// The command line that runs `words` in `folder`, by way of a shell.
  private static func words(_ words: [String], in folder: String?) -> [String] {
    guard let folder else { return words }
    return ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", folder] + words
  }

  private func spawn(_ words: [String], environment: [String], files: String) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "\(files)/input", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "\(files)/output", O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, "\(files)/errors", O_WRONLY | O_CREAT, 0o600)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A test runner may ignore SIGPIPE; programs must find it as a shell leaves it.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    // The threads of a test runner may block signals, which a child would inherit.
    var mask = sigset_t()
    sigemptyset(&mask)
    posix_spawnattr_setsigmask(&attributes, &mask)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

    var arguments = words.map { strdup($0) } + [nil]
    var variables = environment.map { strdup($0) } + [nil]
    defer { for text in arguments + variables { free(text) } }
    var process: pid_t = 0
    let error = posix_spawn(&process, words[0], &actions, &attributes, &arguments, &variables)
    guard error == 0 else { throw POSIXError(POSIXErrorCode(rawValue: error) ?? .ENOENT) }
    return process
  }

  private func wait(for process: pid_t, seconds: Double) throws -> Int32 {
    let start = ContinuousClock.now
    var status: Int32 = 0
    while waitpid(process, &status, WNOHANG) == 0 {
      if ContinuousClock.now - start > .seconds(seconds) { kill(process, SIGKILL) }
      usleep(2000)
    }
    let signal = status & 0x7F
    return signal == 0 ? status >> 8 & 0xFF : 128 + signal
  }
}
