import Failures

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
  var directory: [UInt8] = []
  for (name, bytes) in entries {
    let offset = output.count
    let header = commonHeader(name: name, bytes: bytes)
    output.append(littleEndian: UInt32(0x0403_4B50))
    output += header + name.utf8 + bytes
    directory.append(littleEndian: UInt32(0x0201_4B50))
    directory.append(littleEndian: UInt16(20))
    // No comment, disk 0, no attributes.
    directory += header + [UInt8](repeating: 0, count: 10)
    directory.append(littleEndian: UInt32(offset))
    directory += name.utf8
  }
  let start = output.count
  output += directory
  output.append(littleEndian: UInt32(0x0605_4B50))
  output.append(littleEndian: UInt32(0))
  for _ in 0..<2 { output.append(littleEndian: UInt16(entries.count)) }
  output.append(littleEndian: UInt32(directory.count))
  output.append(littleEndian: UInt32(start))
  output.append(littleEndian: UInt16(0))
  return output
}

/// The 26 bytes that the local header and the directory share, from the version to the length of the extra field.
private func commonHeader(name: String, bytes: [UInt8]) -> [UInt8] {
  var header: [UInt8] = []
  header.append(littleEndian: UInt16(20))
  // Bit 11: the name is UTF-8.
  header.append(littleEndian: UInt16(name.utf8.allSatisfy { $0 < 0x80 } ? 0 : 0x800))
  header.append(littleEndian: UInt16(0))
  header.append(littleEndian: UInt16(0))
  header.append(littleEndian: UInt16(1 << 5 | 1))
  header.append(littleEndian: bytes.withUnsafeBytes(checksum))
  for _ in 0..<2 { header.append(littleEndian: UInt32(bytes.count)) }
  header.append(littleEndian: UInt16(name.utf8.count))
  header.append(littleEndian: UInt16(0))
  return header
}
