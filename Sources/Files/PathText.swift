#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// File names as texts that keep every byte.
///
/// To the system a name is bytes, mostly but not always UTF-8. A byte that is not part of UTF-8 becomes one character of
/// a range for private use, U+10FE80 to U+10FEFF, and goes back to the system as that byte; a name that has such
/// characters of its own gets each of their bytes escaped alike. So a text is a name's only text, passes through JSON,
/// and all functions that take a path take it.
public enum PathText {
  private static let escapes: ClosedRange<UInt32> = 0x10FE80...0x10FEFF

  /// The text of the name `bytes`.
  public static func text(_ bytes: some Collection<UInt8>) -> String {
    if let text = String(validating: bytes, as: UTF8.self), !text.unicodeScalars.contains(where: isEscape) {
      return text
    }
    var scalars = String.UnicodeScalarView()
    var decoder = UTF8.ForwardParser()
    var source = bytes.makeIterator()
    var rest = bytes[...]
    parsing: while true {
      switch decoder.parseScalar(from: &source) {
      case .valid(let encoded):
        let scalar = UTF8.decode(encoded)
        scalars.append(contentsOf: isEscape(scalar) ? rest.prefix(encoded.count).map(escape) : [scalar])
        rest = rest.dropFirst(encoded.count)
      case .error(let length):
        scalars.append(contentsOf: rest.prefix(length).map(escape))
        rest = rest.dropFirst(length)
      case .emptyInput: break parsing
      }
    }
    return String(scalars)
  }

  /// The name's bytes, without a zero after them.
  public static func bytes(_ text: String) -> [UInt8] {
    guard text.unicodeScalars.contains(where: isEscape) else { return Array(text.utf8) }
    return text.unicodeScalars.flatMap { isEscape($0) ? [byte($0)] : Array(String($0).utf8) }
  }

  /// The text of the C string at `pointer`.
  public static func text(_ pointer: UnsafePointer<CChar>) -> String {
    let bytes = UnsafeRawBufferPointer(start: pointer, count: strlen(pointer))
    return text(bytes)
  }

  /// The byte that `scalar` stands for; nil for any other character.
  public static func escapedByte(_ scalar: Unicode.Scalar) -> UInt8? { isEscape(scalar) ? byte(scalar) : nil }

  private static func isEscape(_ scalar: Unicode.Scalar) -> Bool { escapes.contains(scalar.value) }

  private static func byte(_ scalar: Unicode.Scalar) -> UInt8 { UInt8(truncatingIfNeeded: scalar.value) }

  private static func escape(_ byte: UInt8) -> Unicode.Scalar { Unicode.Scalar(0x10FE00 + UInt32(byte)) ?? "\u{FFFD}" }
}

extension String {
  /// Calls `body` with the bytes of the path that this text means, ended by a zero.
  package func withSystemPath<Result>(_ body: (UnsafePointer<CChar>) throws -> Result) rethrows -> Result {
    let bytes = PathText.bytes(self).map { CChar(bitPattern: $0) } + [0]
    // Swift hands an array to a C parameter as a pointer, which is all there is to do.
    func call(_ path: UnsafePointer<CChar>) throws -> Result { try body(path) }
    return try call(bytes)
  }
}
