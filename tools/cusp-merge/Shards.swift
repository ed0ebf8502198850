import Failures
import Files
import Records
import ToolSupport

/// The files of shards on their way to one stream.
struct Shards {
  private let context: ToolContext
  private var merge = ShardMerge()
  private var inputs: [InputFile] = []
  /// The lines at which files end in their midst.
  private var cuts: [(name: String, line: Int)] = []
  /// How many records are left out, by their type.
  private var omitted: [String: Int] = [:]

  init(_ context: ToolContext) { self.context = context }

  /// Whether a file ends in the midst of a line.
  var isCut: Bool { !cuts.isEmpty }

  /// Takes in the records of the file at `path`; `-` is standard input.
  mutating func read(_ path: String) throws {
    let file = try context.file(path, "records", example: "cat part-*.ndjson | \(context.name)")
    let input = try SequentialInput(file)
    var records = RecordReader(LineReader(descriptor: input.descriptor, name: input.name, first: input.first))
    inputs.append(file)
    merge.begin()
    do {
      while let record = try records.nextEnded() { try take(record, at: records.place) }
      guard !records.bytes.isEmpty else { return }
      // The last line may have lost no more than its end.
      if let record = try? records.current() {
        try take(record, at: records.place)
      } else {
        cuts.append((file.name, records.number))
      }
    } catch let failure as Failure where !failure.message.hasPrefix("\(file.name): ") {
      throw Failure(failure.kind, "\(file.name): \(failure.message)")
    }
  }

  private mutating func take(_ record: StreamRecord, at place: Range<Int>) throws {
    if record.type == ErrorRecord.type {
      let name = inputs.last?.name ?? ""
      return context.diagnostics.report("\(name): \(try record.decode(ErrorRecord.self).message)")
    }
    if try !merge.add(record, at: place) { omitted[record.type, default: 0] += 1 }
  }

  /// What the files come to.
  ///
  /// - Throws: `Failure` (`data`) where they hold no prediction.
  mutating func whole() throws -> ShardMerge.Whole {
    guard !merge.isEmpty || isCut else {
      let hint =
        omitted.keys.contains(ScoreRecord.type) ? "; scores name no images: cusp-evaluate --predictions does" : ""
      throw Failure(.data, "no prediction records in \(inputs.map(\.name).joined(separator: ", "))\(hint)")
    }
    if !omitted.isEmpty {
      let counts = omitted.sorted { $0.key < $1.key }.map { NumberText.count($0.value, "\($0.key) record") }
      context.diagnostics.note("\(counts.joined(separator: ", ")) left out: they are of shards, not of the whole")
    }
    return merge.finish()
  }

  /// How many problems are told; more would fill the screen.
  private static let mostProblems = 20

  /// What keeps the files from being a whole, a line each.
  func problems(of whole: ShardMerge.Whole) -> [String] {
    let text = ProblemText(names: inputs.map(\.name), settings: whole.settings)
    let lines =
      cuts.map { "\($0.name): ends in the midst of line \($0.line): go on with it, by --resume \($0.name)" }
      + whole.problems.map(text.text)
    let more = lines.count - Self.mostProblems
    return lines.prefix(Self.mostProblems) + (more > 0 ? ["and \(more) more like these"] : [])
  }

  /// Writes the whole.
  func write(_ whole: ShardMerge.Whole) throws {
    var open = (stream: -1, bytes: ByteSource([], name: ""))
    for piece in merge.others + whole.pieces {
      if open.stream != piece.stream { open = (piece.stream, try ByteSource(inputs[piece.stream])) }
      var last: UInt8?
      try open.bytes.forEachPart(of: piece.bytes) { part in
        try context.output.write { $0.append(part) }
        last = part.last
      }
      // A last line without an end gets one.
      if last != UInt8(ascii: "\n") { try context.output.write("\n") }
    }
  }
}
