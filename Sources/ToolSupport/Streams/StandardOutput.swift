import Failures
import Files
public import Records
import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The data stream of a program: buffered, and checked down to the closing of the descriptor.
///
/// May be used from several threads; a record is never torn.
public final class StandardOutput: Sendable {
  /// Whether the data goes to a terminal, so that people read it.
  public let isTerminal: Bool
  /// Where it goes.
  let descriptor: Int32
  /// The stream, to be held against files.
  var stream: OpenStream { OpenStream(descriptor, "standard output") }
  private let writer = Mutex(RecordWriter())
  /// How many bytes were dropped since they are there already; nil while they are written.
  private let held = Mutex<Int?>(nil)

  /// How many columns the terminal has that the data goes to; nil where it goes elsewhere.
  public var columns: Int? { isTerminal ? SystemCalls.columns(descriptor) : nil }

  /// Bytes that are gathered before they are written.
  private static let capacity = 1 << 16

  package init(descriptor: Int32) {
    self.descriptor = descriptor
    // Open MPI gives its ranks pseudo-terminals, whatever becomes of what they write.
    isTerminal = SystemCalls.isTerminal(descriptor) && SystemCalls.environment("OMPI_COMM_WORLD_SIZE") == nil
  }

  /// Takes standard output for data alone: what libraries print to descriptor 1 goes to standard error from now on.
  /// - Throws: `Failure(.inputOutput)` when standard output is closed.
  static func claim() throws -> StandardOutput {
    let descriptor = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
    guard descriptor >= 0 else { throw Failure(.inputOutput, "stdout: \(SystemCalls.lastError); open it for writing") }
    SystemCalls.fillStandardError()
    dup2(STDERR_FILENO, STDOUT_FILENO)
    return StandardOutput(descriptor: descriptor)
  }

  /// Appends a record as one line.
  /// - Throws: `Failure(.inputOutput)` when the buffer was full and could not be written, as all that follow.
  public func write(_ record: some Record) throws {
    try write { writer in record.write(into: &writer) }
  }

  /// Appends a line, such as a record that passes through; adds the newline.
  public func write(line bytes: [UInt8]) throws {
    try write { writer in
      writer.append(bytes)
      writer.append(CollectionOfOne(0x0A))
    }
  }

  /// Appends text as it is.
  public func write(_ text: String) throws {
    try write { writer in writer.append(text.utf8) }
  }

  /// Appends `records` in `format`, which is `text` for people.
  public func write(_ records: [any Record], as format: OutputFormat, text: @autoclosure () throws -> String) throws {
    switch format {
    case .text: try write(text())
    case .ndjson: for record in records { try write(record) }
    case .csv: try write(RecordTable(records).commaSeparated)
    case .tsv: try write(RecordTable(records).tabSeparated)
    case .json: try write(RecordTable.list(records.compactMap(RecordTable.json)))
    }
  }

  /// Appends the objects `rows` of a table in `format`, which is `text` for people.
  public func write(rows: [JSON], as format: OutputFormat, text: @autoclosure () throws -> String) throws {
    switch format {
    case .text: try write(text())
    case .ndjson: for row in rows { try write(line: row.bytes) }
    case .csv: try write(RecordTable(rows).commaSeparated)
    case .tsv: try write(RecordTable(rows).tabSeparated)
    case .json: try write(RecordTable.list(rows))
    }
  }

  /// Appends what `body` writes, in one piece.
  public func write(_ body: (inout RecordWriter) throws -> Void) throws {
    try writer.withLock { writer in
      try body(&writer)
      if writer.bytes.count >= Self.capacity { try drain(&writer) }
    }
  }

  /// From now on drops and counts what is written, since it is there already, until `release()`.
  package func hold() throws {
    try flush()
    held.withLock { $0 = $0 ?? 0 }
  }

  /// Writes again from now on.
  /// - Returns: how many bytes were dropped.
  package func release() throws -> Int {
    try flush()
    return held.withLock { held in
      defer { held = nil }
      return held ?? 0
    }
  }

  /// Hands everything to the system, so that the next program sees it now.
  public func flush() throws { try writer.withLock { writer in try drain(&writer) } }

  /// Flushes and closes; the last chance to learn that a disk is full.
  package func finish() throws {
    try flush()
    guard close(descriptor) == 0 else { throw Failure(.inputOutput, "stdout: \(SystemCalls.lastError)") }
  }

  private func drain(_ writer: inout RecordWriter) throws {
    defer { writer.removeAll() }
    let (bytes, isHeld) = (writer.bytes.count, held.withLock { $0 != nil })
    if isHeld { return held.withLock { $0 = ($0 ?? 0) + bytes } }
    try SystemCalls.write(writer.bytes, to: descriptor)
  }
}
