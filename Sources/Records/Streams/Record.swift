public import Failures

/// One kind of record: a line of NDJSON with a fixed `type`.
public protocol Record: Equatable, Sendable {
  /// The value of the key `type`.
  static var type: String { get }

  /// Takes the record out of `json`; keys it does not know are ignored.
  /// - Throws: `Failure(.data)` that names the missing or mistyped key.
  init(json: JSON) throws(Failure)

  /// Appends the record as one line; the order of the keys is fixed.
  func write(into writer: inout RecordWriter)
}

extension Record {
  /// The version of the layouts that this package writes and reads.
  public static var version: Int { 1 }

  /// The record as one line with its newline.
  public var line: [UInt8] {
    var writer = RecordWriter()
    write(into: &writer)
    return writer.bytes
  }
}

/// Any record of a stream, with the place it came from.
public struct StreamRecord: Sendable {
  /// The 1-based number of its line.
  public let line: Int
  /// The value of its key `type`.
  public let type: String
  /// The whole record.
  public let json: JSON

  /// Whether this package defines the type; programs pass all others through untouched.
  public var isKnown: Bool { Self.knownTypes.contains(type) }

  private static let knownTypes: Set<String> = [
    RunRecord.type, EpochRecord.type, CheckpointRecord.type, PredictionRecord.type, ScoreRecord.type,
    FoolingRateRecord.type, DiagnosisRecord.type, ErrorRecord.type, BenchmarkRecord.type,
    BenchmarkStepRecord.type, ModelRecord.type, TensorFileRecord.type, DifferenceRecord.type,
    VerificationRecord.type, TraceRecord.type, SummaryRecord.type, DataRecord.type, SourceRecord.type,
    CardRecord.type, FindingRecord.type, ProgressRecord.type, NoteRecord.type, FailureRecord.type,
    PaperClaimRecord.type,
  ]

  /// The record as a `Kind`.
  /// - Throws: `Failure(.data)` with the line's number when it is not one.
  public func decode<Kind: Record>(_ kind: Kind.Type = Kind.self) throws(Failure) -> Kind {
    do {
      return try Kind(json: json)
    } catch {
      throw Failure(error.kind, "line \(line): \(error.message)")
    }
  }
}

/// Reads records, of whatever types, from the lines of a stream.
public struct RecordReader: ~Copyable, Sendable {
  private var lines: LineReader

  /// A reader of the lines that `lines` reads.
  public init(_ lines: consuming LineReader = LineReader()) { self.lines = lines }

  /// The current line without its end, for passing it on untouched.
  public var bytes: [UInt8] { lines.bytes }

  /// Where the current line lies in the input, in bytes, with its end.
  public var place: Range<Int> { lines.place }

  /// The 1-based number of the current line; 0 before the first.
  public var number: Int { lines.number }

  /// The next record, or nil at the end of the input. After a failure of kind `.data` the next call goes on.
  /// - Throws: `Failure(.data)` with the line's number for a line that is no record, `Failure(.inputOutput)` when
  ///   reading fails.
  public mutating func next() throws(Failure) -> StreamRecord? {
    guard try lines.next() else { return nil }
    return try current()
  }

  /// The next record whose line has its end; nil at the end of the input, and where only a line without one is left, which
  /// `bytes` is then.
  /// - Throws: as `next()`.
  public mutating func nextEnded() throws(Failure) -> StreamRecord? {
    guard try lines.next(), lines.isEnded else { return nil }
    return try current()
  }

  /// The next record that is no prediction, or nil at the end of the input; the predictions before it go to `fold`.
  ///
  /// Much faster than one by one, since most predictions are like the one before.
  /// - Throws: as `next()`, and `Failure(.data)` for what should be a prediction and is none, or one that the fold
  ///   refuses.
  public mutating func next(counting fold: inout FoolingRateFold) throws(Failure) -> StreamRecord? {
    while try lines.next() {
      if try count(in: &fold, { (fold, line) throws(Failure) in try fold.addAlike(line) }) { continue }
      let record = try current()
      guard record.type == PredictionRecord.type else { return record }
      let prediction = try record.decode(PredictionRecord.self)
      try count(in: &fold) { (fold, line) throws(Failure) in try fold.add(prediction, line: line) }
    }
    return nil
  }

  /// Has `fold` count the current line, and adds its number to what it refuses.
  private func count<Result>(
    in fold: inout FoolingRateFold,
    _ body: (inout FoolingRateFold, UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    do {
      return try lines.withBytes { (line) throws(Failure) in try body(&fold, line) }
    } catch {
      throw Failure(error.kind, "line \(lines.number): \(error.message)")
    }
  }

  /// The current line as a record.
  /// - Throws: `Failure(.data)` with the line's number where it is none.
  public func current() throws(Failure) -> StreamRecord {
    let number = lines.number
    let json = try lines.withBytes { (bytes) throws(Failure) in try JSON(parsing: bytes, firstLine: number) }
    guard let members = json.members else {
      throw Failure(.data, "line \(number): not an object; each line must be one record")
    }
    guard let type = (members.first?.key == "type" ? members[0].value : json["type"])?.string else {
      throw Failure(.data, "line \(number): a record without `type`; each line must be one record")
    }
    return StreamRecord(line: number, type: type, json: json)
  }
}
