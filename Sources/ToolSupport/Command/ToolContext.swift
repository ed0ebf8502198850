import Failures
public import Files
public import Records

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What a running program talks to.
public struct ToolContext: Sendable {
  /// The program's name.
  public let name: String
  /// The data stream.
  public let output: StandardOutput
  /// The talk for people.
  public let diagnostics: Diagnostics

  package init(name: String, output: StandardOutput, diagnostics: Diagnostics) {
    self.name = name
    self.output = output
    self.diagnostics = diagnostics
  }

  /// The same for a process that works for another one, which speaks for both: nothing that is written goes anywhere.
  /// - Throws: `Failure` (`inputOutput`) where the system has no such place.
  public func silenced() throws -> ToolContext {
    let nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)
    guard nowhere >= 0 else { throw Failure(.inputOutput, "/dev/null: \(SystemCalls.lastError)") }
    return ToolContext(
      name: name, output: StandardOutput(descriptor: nowhere),
      diagnostics: Diagnostics(name: name, isQuiet: true, progress: .off))
  }

  /// Finds out before any work whether `path` can be written, and whether that would destroy one of `inputs`, the paths
  /// of all that the program reads, or what is on its streams; call it for every output.
  /// - Throws: `Failure` (`usage`) for an input, a stream and `-`; (`cannotCreate`) where no file can be made.
  public func checkOutput(_ path: String, reading inputs: [String]) throws {
    try Files.checkOutput(
      path, reading: inputs,
      besides: [
        OpenStream(STDIN_FILENO, "standard input"), output.stream, OpenStream(STDERR_FILENO, "standard error"),
      ])
  }

  /// Finds out before any work whether the folder `path` can be made: it is still to come, or there and empty.
  /// - Throws: `Failure` (`usage`) for `-`; (`cannotCreate`) where something is there or no folder can be made.
  public func checkFolderOutput(_ path: String) throws { try Files.checkFolderOutput(path) }

  /// The records on standard input, or on `descriptor`.
  /// - Parameters:
  ///   - what: what the program needs, such as `predictions`.
  ///   - example: a command line that pipes them in.
  ///   - first: bytes that were read from there already, to see what comes.
  /// - Throws: `Failure(.usage)` when that is a terminal, where a person would wait for nothing.
  public func records(_ what: String, example: String, descriptor: Int32 = 0, first: [UInt8] = []) throws
    -> RecordReader
  {
    try refuseTerminal(what, example: example, descriptor: descriptor)
    return RecordReader(LineReader(descriptor: descriptor, first: first))
  }

  /// The file at `path`, to be read from its front to its end; `-` is standard input.
  /// - Parameters:
  ///   - what: what the program needs, such as `predictions`.
  ///   - example: a command line that pipes it in.
  /// - Throws: `Failure` where there is none, or standard input is a terminal.
  public func input(_ path: String, _ what: String, example: String) throws -> SequentialInput {
    try checkInput(path, besides: output.stream)
    if path == "-" { try refuseTerminal(what, example: example, descriptor: STDIN_FILENO) }
    return try SequentialInput(path: path)
  }

  /// The file at `path`, to be read from any place; `-` is standard input.
  /// - Parameters:
  ///   - what: what the program needs, such as `images`.
  ///   - example: a command line that pipes it in.
  /// - Throws: `Failure` where a stream cannot be read, standard input is a terminal, or the file is what is written.
  public func file(_ path: String, _ what: String, example: String) throws -> InputFile {
    try checkInput(path, besides: output.stream)
    if path == "-" { try refuseTerminal(what, example: example, descriptor: STDIN_FILENO) }
    return try InputFile(path: path)
  }

  /// Refuses a terminal as standard input, or as `descriptor`.
  func refuseTerminal(_ what: String, example: String, descriptor: Int32) throws {
    guard !SystemCalls.isTerminal(descriptor) else {
      throw Failure(.usage, "no \(what): standard input is a terminal; pipe records in, as in \(example)")
    }
  }
}
