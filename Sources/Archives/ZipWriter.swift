import Failures
import Files

/// A zip file that holds `entries` unpacked, in order and dated 1980-01-01: the same entries always give the same bytes.
///
/// - Throws: `.data` if the file would need zip64: 4 GiB or 65,535 entries.
public func zipStoring(_ entries: [(name: String, bytes: [UInt8])]) throws -> [UInt8] {
  let total = entries.reduce(0) { $0 + $1.bytes.count + 2 * $1.name.utf8.count + 76 } + 22
  guard total < 0xFFFF_FFFF, entries.count < 0xFFFF, entries.allSatisfy({ $0.name.utf8.count < 0xFFFF }) else {
    throw Failure(.data, "\(total) bytes in \(entries.count) entries do not fit a zip file; split them")
  }
  var output: [UInt8] = []
  output.reserveCapacity(total)
  var records: [ZipRecord] = []
  for (name, bytes) in entries {
    let sum = bytes.withUnsafeBytes(checksum)
    records.append(ZipRecord(name: name, size: bytes.count, offset: output.count, checksum: sum))
    output += records[records.count - 1].header + bytes
  }
  return output + ZipRecord.directory(of: records, at: output.count)
}

/// A zip file of any size that is written entry by entry, unpacked and dated 1980-01-01: the same entries always give
/// the same bytes.
public struct ZipWriter: ~Copyable {
  private var file: FileWriter
  private let name: String
  private var records: [ZipRecord] = []
  /// The entry under way, where its bytes start, and their checksum so far.
  private var begun: (record: ZipRecord, start: Int, sum: Checksum)?

  /// Creates the file at `path`, as `FileWriter.init(path:named:)`.
  ///
  /// - Throws: `.cannotCreate`.
  public init(path: String, named name: String) throws {
    file = try FileWriter(path: path, named: name)
    self.name = name
  }

  /// Appends the entry `entry` of `size` bytes, which `body` hands over in parts; the first one lies at a multiple of
  /// `alignment`.
  ///
  /// - Precondition: `alignment` is a power of two.
  /// - Throws: `.data` for a name of 64 KiB or more; `.internal` if the bytes are not as many; `.inputOutput` on a full or
  ///   failing disk; what `body` throws.
  public mutating func add(
    _ entry: String, size: Int, alignment: Int = 1,
    _ body: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    try begin(entry, size: size, alignment: alignment)
    try body { part in try append(part) }
    try end()
  }

  /// Begins the entry `entry` of `size` bytes, which `append(_:)` brings before `end()`, as
  /// `add(_:size:alignment:_:)` does.
  ///
  /// - Precondition: no other entry is begun, and `alignment` is a power of two.
  /// - Throws: `.data` for a name of 64 KiB or more; `.inputOutput` on a full or failing disk.
  public mutating func begin(_ entry: String, size: Int, alignment: Int = 1) throws {
    precondition(begun == nil, "one entry at a time")
    guard entry.utf8.count < 0xFFFF else {
      throw Failure(.data, "\(name): a name of \(entry.utf8.count) bytes does not fit a zip file")
    }
    let record = ZipRecord(name: entry, size: size, offset: file.position, alignment: alignment)
    try file.write(record.header)
    begun = (record, file.position, Checksum())
  }

  /// Appends `part` to the entry that was begun.
  ///
  /// - Throws: `.inputOutput` on a full or failing disk.
  public mutating func append(_ part: UnsafeRawBufferPointer) throws {
    begun?.sum.add(part)
    try file.write(part)
  }

  /// Ends the entry that was begun.
  ///
  /// - Throws: `.internal` if it got more or fewer bytes than it was begun for; `.inputOutput` on a failing disk.
  public mutating func end() throws {
    guard let begun else { throw Failure(.internal, "\(name): no entry was begun") }
    let count = file.position - begun.start
    var record = begun.record
    guard count == record.size else {
      throw Failure(.internal, "\(name): \(record.name) took \(count) bytes instead of \(record.size)")
    }
    self.begun = nil
    record.checksum = begun.sum.value
    var checksumBytes: [UInt8] = []
    checksumBytes.append(littleEndian: record.checksum)
    try file.overwrite(checksumBytes, at: record.offset + ZipRecord.checksumOffset)
    records.append(record)
  }

  /// Appends an entry that holds `bytes`, as `add(_:size:alignment:_:)`.
  ///
  /// - Throws: as there.
  public mutating func add(_ entry: String, _ bytes: [UInt8], alignment: Int = 1) throws {
    try add(entry, size: bytes.count, alignment: alignment) { write in try bytes.withUnsafeBytes(write) }
  }

  /// Writes the directory, with `comment` after it, and closes the file.
  ///
  /// - Throws: `.data` for a comment of 64 KiB or more; `.inputOutput` on a full or failing disk.
  public consuming func finish(comment: [UInt8] = []) throws {
    guard comment.count <= 0xFFFF else {
      throw Failure(.data, "\(name): a comment of \(comment.count) bytes does not fit a zip file")
    }
    try file.write(ZipRecord.directory(of: records, at: file.position, comment: comment))
  }
}
