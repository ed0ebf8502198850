import Failures
import Files
public import Records

/// The stream of records that an earlier run of a program left, which was cut somewhere, and which this run goes on with.
///
/// This run writes the stream from its front, what is there by taking it out of here. Where standard output is appended to
/// the very file of the stream, that is dropped on its way, and the file cut to what was written of it when the first record
/// comes that is not there.
public final class EarlierRecords {
  /// What errors call it: `--resume FILE`.
  public let name: String
  /// Where this run writes.
  public let output: StandardOutput
  /// The number of the line that was taken last.
  public private(set) var line = 0
  private let input: SequentialInput
  private var records: RecordReader
  /// The file, where standard output is appended to it; no other process goes on with it meanwhile.
  private var file: GrowingFile? = nil
  private var waiting: StreamRecord?
  /// Where the record that was taken last ends.
  private var end = 0
  /// The line without an end that comes last, empty where there is none; nil as long as records come.
  private var rest: [UInt8]?
  private var isGoingOn = false

  /// The stream in the file at `path`; `-` is standard input.
  ///
  /// - Throws: `Failure` where there is none, it is the file of standard output and that does not append, or another process
  ///   goes on with it.
  public init(_ path: String, _ context: ToolContext) throws {
    let (output, example) = (context.output, "\(context.name) model.h5 --resume part.ndjson >> part.ndjson")
    let isInPlace = try isAppended(output.stream, to: path)
    (name, self.output) = ("--resume \(path)", output)
    if isInPlace { file = try GrowingFile(path: path) }
    input = try isInPlace ? SequentialInput(path: path) : context.input(path, "records", example: example)
    if isInPlace { try output.hold() }
    records = RecordReader(LineReader(descriptor: input.descriptor, name: input.name, first: input.first))
  }

  /// The next record, which stays until it is taken; nil where no whole one is left.
  ///
  /// - Throws: `Failure(.data)` for a line that is no record.
  public func next() throws -> StreamRecord? {
    guard waiting == nil, rest == nil else { return waiting }
    do {
      waiting = try records.nextEnded()
    } catch {
      throw Failure(error.kind, "\(name): \(error.message)")
    }
    if waiting == nil { rest = records.bytes }
    return waiting
  }

  /// Takes the next record, which is to be a `Kind` as this program writes it, to the byte.
  ///
  /// - Throws: `Failure(.data)` where it is not.
  public func take<Kind: Record>(_ kind: Kind.Type = Kind.self) throws -> Kind {
    guard let record = try next() else { throw Failure(.data, "\(name): ends early") }
    do {
      return try taken(record)
    } catch {
      throw Failure(error.kind, "\(name): \(error.message)")
    }
  }

  private func taken<Kind: Record>(_ record: StreamRecord) throws(Failure) -> Kind {
    let value = try record.decode(Kind.self)
    let bytes = value.line
    guard bytes.dropLast().elementsEqual(records.bytes), records.place == end..<end + bytes.count else {
      throw Failure(.data, "line \(record.line): is not as this program writes it")
    }
    (waiting, line, end) = (nil, record.line, records.place.upperBound)
    return value
  }

  /// Has this run go on behind what it has written so far; what else the file holds, part of what comes next, is cut off.
  ///
  /// - Parameter heads: How the next line may begin.
  /// - Precondition: no record is left.
  /// - Throws: `Failure(.data)` where the file ends with half a line of something else; `.inputOutput`.
  public func goOn(with heads: [[UInt8]]) throws {
    guard let rest, !isGoingOn else { return }
    guard rest.isEmpty || heads.contains(where: { zip($0, rest).allSatisfy(==) }) else {
      throw Failure(.data, "\(name): ends with half a line that is none of this run")
    }
    (self.rest, isGoingOn) = ([], true)
    if file != nil { try file?.shorten(to: output.release()) }
  }

  /// Makes sure that nothing is left once this run has written all that it writes.
  ///
  /// - Throws: `Failure(.data)` where something is.
  public func finish() throws {
    if let record = try next() {
      throw Failure(.data, "\(name): line \(record.line): comes after all that this run writes")
    }
    guard rest?.isEmpty ?? true else {
      throw Failure(.data, "\(name): half a line comes after all that this run writes")
    }
  }
}
