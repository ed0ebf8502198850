import Failures
public import Files

/// A tar file, listed by its headers and not unpacked: ustar, with the long names of GNU's tar and of pax.
///
/// What is neither a file nor a folder, such as a link, is left out: nothing that is unpacked leads elsewhere.
public struct TarArchive: Sendable {
  /// A file in the archive.
  public struct Entry: Hashable, Sendable {
    /// Its name: relative, without `..`, with `/` between folders.
    public let name: String
    /// Where its bytes lie.
    public let range: Range<Int>
  }

  /// The files, in their order.
  public let entries: [Entry]
  private let source: ByteSource

  /// The most files that are listed, and the longest name.
  private static let (mostEntries, longestName) = (1 << 16, 1 << 12)
  private static let blockSize = 512

  /// The archive in `source`.
  ///
  /// - Throws: `.data` if it is truncated, damaged (every header's checksum is checked) or names a file outside of a folder.
  public init(_ source: ByteSource) throws {
    self.source = source
    var (entries, position, longName) = ([Entry](), 0, String?.none)
    while true {
      let block = try source.bytes(position..<position + Self.blockSize)
      // Two blocks of zeros end an archive, and one will do.
      if block.allSatisfy({ $0 == 0 }) { break }
      let header = try TarHeader(block, place: "\(source.name): byte \(position)")
      let start = position + Self.blockSize
      guard header.size <= source.count - start else {
        throw Failure(.data, "\(source.name): \(header.name): ends early; it is truncated, fetch it again")
      }
      let range = start..<start + header.size
      switch header.kind {
      case .file:
        entries.append(Entry(name: try Self.safe(longName ?? header.name, in: source.name), range: range))
        longName = nil
      case .longName, .extended:
        guard range.count <= Self.longestName else {
          throw Failure(.data, "\(source.name): byte \(position): a name of \(range.count) bytes; it is damaged")
        }
        let bytes = try source.bytes(range)
        longName = header.kind == .longName ? Self.text(bytes[...]) : Self.path(bytes) ?? longName
      case .other: longName = nil
      }
      guard entries.count <= Self.mostEntries else {
        throw Failure(.data, "\(source.name): more than \(Self.mostEntries) files; is this the right file?")
      }
      position = range.upperBound + (-range.count & (Self.blockSize - 1))
    }
    self.entries = entries
  }

  /// Hands the bytes of `entry` to `body` in order, in parts.
  ///
  /// - Throws: as `ByteSource.read(into:at:)`, and what `body` throws.
  public func forEachPart(of entry: Entry, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    try source.forEachPart(of: entry.range, body)
  }

  /// The text up to the first zero.
  fileprivate static func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// The `path` among the lines `LENGTH KEY=VALUE` of a pax header.
  private static func path(_ bytes: [UInt8]) -> String? {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    guard let line = lines.last(where: { $0.drop { $0.isNumber }.hasPrefix(" path=") }),
      let equals = line.firstIndex(of: "=")
    else { return nil }
    return String(line[line.index(after: equals)...])
  }

  /// `name`, which no one could unpack to outside a folder, without `./` before it.
  private static func safe(_ name: String, in archive: String) throws -> String {
    let parts = name.split(separator: "/", omittingEmptySubsequences: true).filter { $0 != "." }
    guard !name.hasPrefix("/"), !parts.isEmpty, !parts.contains(".."), !name.utf8.contains(where: { $0 < 0x20 }) else {
      let shown = String(name.prefix(80)).debugDescription
      throw Failure(.data, "\(archive): \(shown): not a relative file name; it is damaged or forged")
    }
    return parts.joined(separator: "/")
  }
}

/// A block of 512 bytes that says what follows.
private struct TarHeader {
  enum Kind { case file, longName, extended, other }

  let name: String
  let kind: Kind
  /// How many bytes follow.
  let size: Int

  init(_ block: [UInt8], place: String) throws {
    // The sum of all bytes, those of the sum itself taken for spaces.
    let sum = block.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 0x20 : Int($1.element)) }
    guard Self.octal(block[148..<156]) == sum, let size = Self.octal(block[124..<136]) else {
      throw Failure(.data, "\(place): no header of a tar file; it is damaged, fetch it again")
    }
    let isUstar = block[257..<262].elementsEqual("ustar".utf8)
    // GNU's tar keeps times where ustar keeps the front of a long name.
    let prefix = isUstar && block[263] == UInt8(ascii: "0") ? TarArchive.text(block[345..<500]) : ""
    let last = TarArchive.text(block[..<100])
    name = prefix.isEmpty ? last : "\(prefix)/\(last)"
    switch block[156] {
    // Old archives call folders files, with a slash in the end.
    case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): kind = last.hasSuffix("/") ? .other : .file
    case UInt8(ascii: "L"): kind = .longName
    case UInt8(ascii: "x"): kind = .extended
    default: kind = .other
    }
    // Links and folders hold nothing, whatever they say.
    self.size = (UInt8(ascii: "1")...UInt8(ascii: "6")).contains(block[156]) ? 0 : size
  }

  /// The number in octal digits between spaces and zeros, nil where it is none; large ones are binary, base 256.
  private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
    if let first = field.first, first == 0x80 {
      let bytes = field.dropFirst()
      guard bytes.dropLast(7).allSatisfy({ $0 == 0 }) else { return nil }
      return bytes.suffix(7).reduce(0) { $0 << 8 | Int($1) }
    }
    let digits = field.filter { $0 != 0x20 && $0 != 0 }
    return digits.isEmpty ? nil : Int(String(decoding: digits, as: UTF8.self), radix: 8).flatMap { $0 < 0 ? nil : $0 }
  }
}
