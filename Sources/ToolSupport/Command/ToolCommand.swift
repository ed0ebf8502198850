public import ArgumentParser
import Failures

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The version of all programs of this package.
public let toolVersion = "0.1.0"

/// A program: options, and a body that writes records.
///
/// The protocol does what is alike in all: it parses, hands out a checked standard output, turns failures into one
/// line and an exit status, and makes sure that everything was written. `execute(_:)` may throw `ExitCode` for a
/// status without a message, such as 1 for "the answer is no".
public protocol ToolCommand: ParsableCommand {
  /// The program's name in messages; a subcommand answers with that of its program.
  static var toolName: String { get }

  /// Puts into the environment what libraries look for when they are loaded; called while the program has one thread.
  static func prepareEnvironment()

  /// Whether this process answers where its command line is wrong or asks for help: of several that were started together,
  /// with the same words, one does.
  static var isSpeaker: Bool { get }

  /// The options of every program, an `@OptionGroup`.
  var common: CommonOptions { get }

  /// Does the work.
  mutating func execute(_ context: ToolContext) throws
}

extension ToolCommand {
  /// The command's own name.
  public static var toolName: String { _commandName }

  /// Does nothing.
  public static func prepareEnvironment() {}

  /// It does.
  public static var isSpeaker: Bool { true }

  /// Calls `execute(_:)` with standard output claimed, and finishes standard output after it.
  public mutating func run() throws {
    let output = try StandardOutput.claim()
    let diagnostics = Diagnostics(name: Self.toolName, isQuiet: common.quiet, progress: common.progress)
    do {
      try execute(ToolContext(name: Self.toolName, output: output, diagnostics: diagnostics))
    } catch let code as ExitCode {
      try output.finish()
      throw code
    } catch {
      // What was computed before the failure is still worth having.
      try? output.finish()
      throw error
    }
    try output.finish()
  }

  /// Parses the command line, runs the command and exits.
  public static func main() {
    var command: any ParsableCommand
    // A limit on the size of files is then told by the write that meets it.
    signal(SIGXFSZ, SIG_IGN)
    if let text = answerToShell(ProgramArguments.words) { leave(tell(text)) }
    do {
      command = try parseAsRoot(ProgramArguments.attachingNegativeNumbers(ProgramArguments.words))
    } catch {
      leave(answer(error))
    }
    prepareEnvironment()
    do {
      try command.run()
      leave(0)
    } catch {
      leave(status(of: error))
    }
  }

  /// For what is told outside of a running command, where its options may not be known.
  private static var outerDiagnostics: Diagnostics {
    Diagnostics(name: toolName, progress: .asked(by: ProgramArguments.words))
  }

  /// Prints what the parser has to say: help and the like as data, a mistake as one line.
  private static func answer(_ error: any Error) -> Int32 {
    let message = message(for: error)
    guard exitCode(for: error) == .success else {
      let line = ParserMistake.line(message, help: helpMessage())
      let sentence = line.hasSuffix(".") ? String(line.dropLast()) : line
      let status = Failure.Kind.usage.exitStatus
      if isSpeaker { outerDiagnostics.report("\(sentence); see \(toolName) --help", status: status) }
      return status
    }
    return tell(message.hasSuffix("\n") ? message : message + "\n")
  }

  /// Prints `text` as data.
  private static func tell(_ text: String) -> Int32 {
    guard isSpeaker else { return 0 }
    do {
      let output = StandardOutput(descriptor: STDOUT_FILENO)
      try output.write(text)
      try output.finish()
      return 0
    } catch {
      return status(of: error)
    }
  }

  /// Reports `error` and says which status it means.
  private static func status(of error: any Error) -> Int32 {
    switch error {
    case let failure as Failure:
      outerDiagnostics.report(failure)
      return failure.kind.exitStatus
    case let code as ExitCode: return code.rawValue
    case is BrokenPipe: return 141
    case is ValidationError: return answer(error)
    // The parser's own commands, such as help, throw what they have to say.
    case _ where exitCode(for: error) == .success: return answer(error)
    default:
      let status = Failure.Kind.internal.exitStatus
      outerDiagnostics.report("internal error: \(error); please report it", status: status)
      return status
    }
  }
}

/// Outside of the protocol, where `exit` means the parser's own.
private func leave(_ status: Int32) -> Never { exit(status) }
