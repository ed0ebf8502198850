import Failures
import Files

/// The central directory of a zip file.
struct ZipDirectory {
  /// One record of the directory.
  struct Record {
    var name = ""
    var flags: UInt16 = 0
    var method: UInt16 = 0
    var checksum: UInt32 = 0
    var packedSize = 0
    var size = 0
    var headerOffset = 0
  }

  /// Where the directory starts: no entry reaches past it.
  let start: Int
  /// The records in order.
  let records: [Record]
  /// What follows the directory: a text of at most 65,535 bytes.
  let comment: [UInt8]

  /// The longest directory that is read, in bytes: room for half a million entries.
  private static let maximalSize = 1 << 26

  /// The central directory of the zip file `source`.
  init(_ source: ByteSource) throws {
    let name = source.name
    let end = try ZipDirectory.findEnd(source)
    var reader = try ByteReader(source, at: end + 4, count: 18, name: name)
    let disks = try (reader.read(UInt16.self), reader.read(UInt16.self))
    var count = try (reader.readCount(UInt16.self), reader.readCount(UInt16.self))
    var size = try reader.readCount(UInt32.self)
    var start = try reader.readCount(UInt32.self)
    comment = try source.bytes(end + 22..<source.count)
    var stop = end
    if let large = try ZipDirectory.largeEnd(source, before: end) {
      (count, size, start, stop) = (large.count, large.size, large.start, large.position)
    }
    let (sum, overflow) = start.addingReportingOverflow(size)
    guard disks == (0, 0) || disks == (0xFFFF, 0xFFFF), count.0 == count.1, !overflow, sum == stop else {
      throw Failure(.data, "\(name): its directory is not where it says; it is damaged, fetch it again")
    }
    guard size <= ZipDirectory.maximalSize else {
      throw Failure(.data, "\(name): a directory of \(size) bytes; \(ZipDirectory.maximalSize) are read at most")
    }
    self.start = start
    records = try ZipDirectory.readRecords(source, start..<stop, count: count.0)
  }

  /// The position of the record that ends the file, whose comment reaches exactly to the last byte.
  private static func findEnd(_ source: ByteSource) throws -> Int {
    let base = max(0, source.count - 22 - 0xFFFF)
    let bytes = try source.bytes(base..<source.count)
    var position = bytes.count - 22
    while position >= 0 {
      let comment = bytes.count - position - 22
      let length = Int(bytes[position + 20]) | Int(bytes[position + 21]) << 8
      if comment == length && bytes[position...].starts(with: [0x50, 0x4B, 5, 6]) { return base + position }
      position -= 1
    }
    throw Failure(.data, "\(source.name): not a zip file, or it is truncated; fetch it again")
  }

  /// The zip64 end of the directory, if a locator for it lies before `end`.
  private static func largeEnd(
    _ source: ByteSource, before end: Int
  ) throws -> (count: (Int, Int), size: Int, start: Int, position: Int)? {
    guard end >= 20, try source.bytes(end - 20..<end - 16) == [0x50, 0x4B, 6, 7] else { return nil }
    var locator = try ByteReader(source, at: end - 12, count: 8, name: source.name)
    let position = try locator.readCount(UInt64.self)
    var reader = try ByteReader(source, at: position, count: 56, name: source.name)
    let signature = try reader.read(UInt32.self)
    let length = try reader.readCount(UInt64.self)
    guard signature == 0x0606_4B50, length >= 44, length == end - 20 - position - 12 else {
      throw Failure(.data, "\(source.name): its zip64 directory end is damaged; fetch it again")
    }
    _ = try reader.read(12)
    let count = try (reader.readCount(UInt64.self), reader.readCount(UInt64.self))
    return try (count, reader.readCount(UInt64.self), reader.readCount(UInt64.self), position)
  }

  /// The `count` records that fill `range`.
  private static func readRecords(_ source: ByteSource, _ range: Range<Int>, count: Int) throws -> [Record] {
    let name = source.name
    var reader = try ByteReader(source, at: range.lowerBound, count: range.count, name: name)
    var records: [Record] = []
    while reader.position < range.upperBound, records.count < count {
      records.append(try Record(from: &reader, name: name))
    }
    guard reader.position == range.upperBound, records.count == count else {
      throw Failure(.data, "\(name): its directory does not hold the \(count) entries it says; fetch it again")
    }
    return records
  }
}

extension ZipDirectory.Record {
  /// The record at the position of `reader`, in the zip file called `archive`.
  init(from reader: inout ByteReader, name archive: String) throws {
    let position = reader.position
    guard try reader.read(UInt32.self) == 0x0201_4B50 else {
      throw Failure(.data, "\(archive): byte \(position): no directory entry; it is damaged, fetch it again")
    }
    _ = try reader.read(4)
    flags = try reader.read(UInt16.self)
    method = try reader.read(UInt16.self)
    _ = try reader.read(4)
    checksum = try reader.read(UInt32.self)
    packedSize = try reader.readCount(UInt32.self)
    size = try reader.readCount(UInt32.self)
    let lengths = try (0..<3).map { _ in try reader.readCount(UInt16.self) }
    _ = try reader.read(8)
    headerOffset = try reader.readCount(UInt32.self)
    name = try safeName(reader.read(lengths[0]), archive: archive)
    try readLargeSizes(Array(reader.read(lengths[1])), archive: archive)
    _ = try reader.read(lengths[2])
  }

  /// Replaces the sizes that do not fit 32 bits by those of the zip64 field of `extra`, which holds just them in order.
  private mutating func readLargeSizes(_ extra: [UInt8], archive: String) throws {
    let place = "\(archive): \(name)"
    var fields = ByteReader(extra, name: place)
    while fields.position + 4 <= extra.count {
      let kind = try fields.read(UInt16.self)
      let field = try Array(fields.read(fields.readCount(UInt16.self)))
      guard kind == 1 else { continue }
      var reader = ByteReader(field, name: place)
      if size == 0xFFFF_FFFF { size = try reader.readCount(UInt64.self) }
      if packedSize == 0xFFFF_FFFF { packedSize = try reader.readCount(UInt64.self) }
      if headerOffset == 0xFFFF_FFFF { headerOffset = try reader.readCount(UInt64.self) }
    }
  }

  /// The entry that this record describes, whose local header agrees with it.
  func entry(in source: ByteSource, directory: ZipDirectory) throws -> ZipArchive.Entry {
    let place = "\(source.name): \(name)"
    // Bits 0, 6 and 13 mean encryption.
    guard flags & 0x2041 == 0 else { throw Failure(.data, "\(place): is encrypted; unpack it first") }
    guard let method = ZipArchive.Method(rawValue: method) else {
      throw Failure(.data, "\(place): packed by method \(method); only stored and deflated entries are read")
    }
    var reader = try ByteReader(source, at: headerOffset, count: 30 + name.utf8.count, name: place)
    let signature = try reader.read(UInt32.self)
    _ = try reader.read(4)
    let localMethod = try reader.read(UInt16.self)
    _ = try reader.read(16)
    let lengths = try (reader.readCount(UInt16.self), reader.readCount(UInt16.self))
    let localName = try reader.read(lengths.0)
    let start = reader.position + lengths.1
    guard signature == 0x0403_4B50, localMethod == method.rawValue, localName.elementsEqual(name.utf8),
      start <= directory.start, packedSize <= directory.start - start, method == .deflated || packedSize == size
    else { throw Failure(.data, "\(place): its header and the directory disagree; it is damaged, fetch it again") }
    return ZipArchive.Entry(
      name: name, size: size, method: method, checksum: checksum, packed: start..<start + packedSize)
  }
}

/// The name of an entry, which no one could unpack to outside a folder.
private func safeName(_ bytes: ArraySlice<UInt8>, archive: String) throws -> String {
  let name = String(validating: bytes, as: UTF8.self)
  guard let name, !name.isEmpty, !name.hasPrefix("/"), !name.utf8.contains(where: { [0, 0x3A, 0x5C].contains($0) }),
    !name.split(separator: "/").contains("..")
  else {
    let shown = String(decoding: bytes.prefix(80), as: UTF8.self).debugDescription
    throw Failure(.data, "\(archive): \(shown): not a relative file name; it is damaged or forged")
  }
  return name
}
