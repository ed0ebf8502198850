import Failures
public import Records

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

  /// The records on standard input, or on `descriptor`.
  /// - Parameters:
  ///   - what: what the program needs, such as `predictions`.
  ///   - example: a command line that pipes them in.
  ///   - first: bytes that were read from there already, to see what comes.
  /// - Throws: `Failure(.usage)` when that is a terminal, where a person would wait for nothing.
  public func records(_ what: String, example: String, descriptor: Int32 = 0, first: [UInt8] = []) throws
    -> RecordReader
  {
    guard !SystemCalls.isTerminal(descriptor) else {
      throw Failure(.usage, "no \(what): standard input is a terminal; pipe records in, as in \(example)")
    }
    return RecordReader(LineReader(descriptor: descriptor, first: first))
  }
}
