import Failures

/// What a zip file says of one stored entry, in front of it and in the directory.
package struct ZipRecord {
  package let name: String
  package let size: Int
  /// Where its header starts.
  package let offset: Int
  /// A power of two of which the entry's first byte is a multiple.
  package var alignment: Int
  package var checksum: UInt32

  /// The record of the entry `name`, whose header starts at `offset`.
  package init(name: String, size: Int, offset: Int, alignment: Int = 1, checksum: UInt32 = 0) {
    (self.name, self.size, self.offset, self.alignment) = (name, size, offset, alignment)
    self.checksum = checksum
  }

  /// Whether sizes need the fields of zip64.
  private var isLarge: Bool { size >= 0xFFFF_FFFF }

  /// The bytes in front of the entry.
  package var header: [UInt8] {
    var extra: [UInt8] = []
    if isLarge {
      for field in [UInt16(1), 16] { extra.append(littleEndian: field) }
      for _ in 0..<2 { extra.append(littleEndian: UInt64(size)) }
    }
    let unpadded = offset + 30 + name.utf8.count + extra.count
    if unpadded % alignment != 0 {
      // A field of a kind that nobody reads fills up to the next multiple, as PyTorch does it.
      let filling = (alignment - (unpadded + 4) % alignment) % alignment
      extra += "FB".utf8
      extra.append(littleEndian: UInt16(filling))
      extra += [UInt8](repeating: 0x5A, count: filling)
    }
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt32(0x0403_4B50))
    return bytes + common(extraCount: extra.count) + name.utf8 + extra
  }

  /// The checksum's position in `header`.
  static let checksumOffset = 14

  /// The entry's record in the directory.
  var directoryEntry: [UInt8] {
    var extra: [UInt8] = []
    if isLarge { for _ in 0..<2 { extra.append(littleEndian: UInt64(size)) } }
    if offset >= 0xFFFF_FFFF { extra.append(littleEndian: UInt64(offset)) }
    if !extra.isEmpty {
      var head: [UInt8] = []
      for field in [UInt16(1), UInt16(extra.count)] { head.append(littleEndian: field) }
      extra = head + extra
    }
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt32(0x0201_4B50))
    bytes.append(littleEndian: UInt16(isLarge || offset >= 0xFFFF_FFFF ? 45 : 20))
    // No comment, disk 0, no attributes.
    bytes += common(extraCount: extra.count) + [UInt8](repeating: 0, count: 10)
    bytes.append(littleEndian: UInt32(truncatingIfNeeded: min(offset, 0xFFFF_FFFF)))
    return bytes + name.utf8 + extra
  }

  /// The 26 bytes that header and directory share, from the version to the length of the extra field.
  private func common(extraCount: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt16(isLarge ? 45 : 20))
    // Bit 11: the name is UTF-8.
    bytes.append(littleEndian: UInt16(name.utf8.allSatisfy { $0 < 0x80 } ? 0 : 0x800))
    bytes.append(littleEndian: UInt16(0))
    bytes.append(littleEndian: UInt16(0))
    bytes.append(littleEndian: UInt16(1 << 5 | 1))
    bytes.append(littleEndian: checksum)
    for _ in 0..<2 { bytes.append(littleEndian: UInt32(truncatingIfNeeded: min(size, 0xFFFF_FFFF))) }
    bytes.append(littleEndian: UInt16(name.utf8.count))
    bytes.append(littleEndian: UInt16(extraCount))
    return bytes
  }

  /// The bytes after `records`: their directory, which starts at `start`, and its end with `comment`.
  package static func directory(of records: [ZipRecord], at start: Int, comment: [UInt8] = []) -> [UInt8] {
    var bytes = records.flatMap(\.directoryEntry)
    let size = bytes.count
    if records.count >= 0xFFFF || start >= 0xFFFF_FFFF || size >= 0xFFFF_FFFF {
      let end = start + size
      bytes.append(littleEndian: UInt32(0x0606_4B50))
      bytes.append(littleEndian: UInt64(44))
      for _ in 0..<2 { bytes.append(littleEndian: UInt16(45)) }
      for _ in 0..<2 { bytes.append(littleEndian: UInt32(0)) }
      for number in [records.count, records.count, size, start] { bytes.append(littleEndian: UInt64(number)) }
      bytes.append(littleEndian: UInt32(0x0706_4B50))
      bytes.append(littleEndian: UInt32(0))
      bytes.append(littleEndian: UInt64(end))
      bytes.append(littleEndian: UInt32(1))
    }
    bytes.append(littleEndian: UInt32(0x0605_4B50))
    bytes.append(littleEndian: UInt32(0))
    for _ in 0..<2 { bytes.append(littleEndian: UInt16(truncatingIfNeeded: min(records.count, 0xFFFF))) }
    bytes.append(littleEndian: UInt32(truncatingIfNeeded: min(size, 0xFFFF_FFFF)))
    bytes.append(littleEndian: UInt32(truncatingIfNeeded: min(start, 0xFFFF_FFFF)))
    bytes.append(littleEndian: UInt16(comment.count))
    return bytes + comment
  }
}
