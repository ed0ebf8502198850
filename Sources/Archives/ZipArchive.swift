import Failures
public import Files

/// A zip file, read by its central directory.
///
/// Everything is checked before a byte is unpacked: the whole structure, the names, that no two entries share bytes,
/// and the sum of the sizes. Stored and deflated entries are read, also those of zip64; encrypted ones are refused.
public struct ZipArchive: Sendable {
  /// How an entry is packed; the value is that of the format.
  enum Method: UInt16 { case stored = 0, deflated = 8 }

  /// A file in the archive.
  public struct Entry: Sendable {
    /// Its name: relative, without `..`, with `/` between folders.
    public let name: String
    /// How many bytes it holds, unpacked.
    public let size: Int
    let method: Method
    let checksum: UInt32
    /// Where it lies in the file, packed.
    package let packed: Range<Int>

    /// Whether its bytes lie in the file as they are.
    public var isStored: Bool { method == .stored }
  }

  /// The files, in the order of the central directory.
  public let entries: [Entry]
  /// The text after the directory; mostly none.
  public let comment: [UInt8]
  /// The bytes of the whole file.
  package let source: ByteSource

  /// The zip file `source`, whose entries unpack to at most `limit` bytes together; its entries are not read yet.
  ///
  /// - Throws: `.data` for anything that is not a whole, unencrypted, unambiguous zip file within `limit`.
  public init(_ source: ByteSource, limit: Int) throws {
    self.source = source
    let directory = try ZipDirectory(source)
    comment = directory.comment
    entries = try directory.records.map { try $0.entry(in: source, directory: directory) }
    try checkEntries(starts: directory.records.map(\.headerOffset), limit: limit)
  }

  /// The zip file `bytes`, called `name` in errors, as `init(_:limit:)`.
  ///
  /// - Throws: as `init(_:limit:)`.
  public init(_ bytes: [UInt8], limit: Int, name: String) throws {
    try self.init(ByteSource(bytes, name: name), limit: limit)
  }

  /// The unpacked bytes of `entry`, whose checksum is right.
  ///
  /// - Throws: `.data` if it is damaged.
  public func contents(of entry: Entry) throws -> [UInt8] {
    var contents: [UInt8] = []
    // Data deflates to a thousandth at most, so a false size reserves no more than the file deserves.
    contents.reserveCapacity(entry.isStored ? entry.size : min(entry.size, entry.packed.count * 1032))
    try forEachPart(of: entry) { contents += $0 }
    return contents
  }

  /// The first `count` unpacked bytes of `entry`, or all if there are fewer; the checksum tells nothing about them.
  ///
  /// - Throws: `.data` if it is damaged.
  public func prefix(of entry: Entry, count: Int) throws -> [UInt8] {
    let count = min(count, entry.size)
    if entry.isStored { return try source.bytes(entry.packed.lowerBound..<entry.packed.lowerBound + count) }
    struct Enough: Error {}
    var prefix: [UInt8] = []
    do {
      try inflate(entry) { part in
        prefix += part.prefix(count - prefix.count)
        if prefix.count == count { throw Enough() }
      }
    } catch is Enough {}
    return prefix
  }

  /// Hands the unpacked bytes of `entry` to `body` in order, in parts of at most 1 MiB; size and checksum are right when
  /// this returns.
  ///
  /// - Throws: `.data` if it is damaged, and what `body` throws.
  public func forEachPart(of entry: Entry, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    var sum = Checksum()
    var size = 0
    func take(_ part: UnsafeRawBufferPointer) throws {
      sum.add(part)
      size += part.count
      try body(part)
    }
    if entry.isStored { try source.forEachPart(of: entry.packed, take) } else { try inflate(entry, take) }
    guard size == entry.size, sum.value == entry.checksum else {
      throw failure(entry, "its size or CRC-32 is wrong; it is damaged, fetch it again")
    }
  }

  /// Unpacks the deflated `entry` part by part.
  private func inflate(_ entry: Entry, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    var inflater = try Inflater(.raw)
    var isAtEnd = false
    var (read, size) = (0, 0)
    func fail(_ error: InflateError) -> Failure {
      failure(entry, explanation(error, position: entry.packed.lowerBound + read, limit: entry.size))
    }
    try source.forEachPart(of: entry.packed, size: 1 << 18) { input in
      var position = 0
      repeat {
        guard !isAtEnd else { throw failure(entry, "something follows the deflated data; fetch it again") }
        do throws(InflateError) {
          isAtEnd = try inflater.fill(from: input, at: &position)
        } catch {
          throw fail(error)
        }
        size += inflater.output.count
        guard size <= entry.size else { throw fail(.tooLarge) }
        if !inflater.output.isEmpty { try body(inflater.output) }
      } while position < input.count || (inflater.isFull && !isAtEnd)
      read += input.count
    }
    guard isAtEnd else { throw fail(.truncated) }
  }

  private func failure(_ entry: Entry, _ reason: String) -> Failure {
    Failure(.data, "\(source.name): \(entry.name): \(reason)")
  }

  /// Refuses two entries of one name or with common bytes, and entries that hold more than `limit` bytes together.
  private func checkEntries(starts: [Int], limit: Int) throws {
    var names: Set<String> = []
    var total = 0
    for entry in entries {
      guard names.insert(entry.name).inserted else {
        throw failure(entry, "comes twice; it is damaged or forged")
      }
      let (sum, overflow) = total.addingReportingOverflow(entry.size)
      guard !overflow, sum <= limit else {
        throw Failure(.data, "\(source.name): holds more than the \(limit) bytes that are unpacked at most")
      }
      total = sum
    }
    var end = 0
    for (start, entry) in zip(starts, entries).sorted(by: { $0.0 < $1.0 }) {
      guard start >= end else {
        throw failure(entry, "overlaps another entry; it is damaged or forged")
      }
      end = entry.packed.upperBound
    }
  }
}
