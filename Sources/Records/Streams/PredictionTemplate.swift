#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Reads a prediction record that differs from an earlier one in pose, index, classes and distance alone.
///
/// The earlier line was read by the general reader. Where a line repeats all its other bytes and has plain numbers in the
/// places of its numbers, it is valid as well, with the same setting; so nothing else of it needs to be looked at. Any
/// other line, however little it differs, is left to the general reader.
struct PredictionTemplate: Sendable {
  /// What a matching line says beyond the template.
  struct Classes: Equatable {
    var index = 0
    var label = 0
    var natural = 0
    var perturbed = 0
  }

  private var line: [UInt8] = []
  /// Up to the number after `head` and from the first byte after the distance the template is repeated; 0 for none.
  private var headCount = 0
  private var tailStart = 0
  /// What a line's digest starts with, and what it ends with.
  private var headDigest = ByteDigest()
  private var tailDigest = ByteDigest()

  /// Matches nothing from now on.
  mutating func forget() { headCount = 0 }

  /// Takes `bytes`, a line that the general reader took for a prediction, for a template if its layout is the usual one.
  ///
  /// - Returns: the line's digest, which `match(_:)` finds for the same line as well.
  mutating func learn(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    forget()
    (headDigest, tailDigest) = (ByteDigest(), ByteDigest())
    guard let head = Self.head(of: bytes), let end = Self.end(of: bytes, head: head) else {
      headDigest.add(UnsafeRawBufferPointer(bytes))
      return headDigest.value
    }
    line.removeAll(keepingCapacity: true)
    line.append(contentsOf: bytes)
    (headCount, tailStart) = (head, end)
    let origin = Self.origin(in: bytes, head: head)
    let told = Array(bytes[..<origin.lowerBound]) + Array(bytes[origin.upperBound..<head])
    told.withUnsafeBytes { headDigest.add($0) }
    tailDigest.add(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[end...]))
    return digest(bytes, end: end)
  }

  /// The classes in `bytes` and the line's digest, or nil when the line is not like the template.
  func match(_ bytes: UnsafeBufferPointer<UInt8>) -> (classes: Classes, digest: UInt64)? {
    guard headCount > 0, bytes.count > headCount, let base = bytes.baseAddress else { return nil }
    return line.withUnsafeBufferPointer { line in
      guard let own = line.baseAddress, memcmp(base, own, headCount) == 0 else { return nil }
      var scanner = NumberScanner(bytes: bytes, position: headCount)
      guard let classes = Self.scan(&scanner), bytes.count - scanner.position == line.count - tailStart,
        memcmp(base + scanner.position, own + tailStart, line.count - tailStart) == 0
      else { return nil }
      return (classes, digest(bytes, end: scanner.position))
    }
  }

  /// The digest of a line with the template's head and tail, the latter from `end` on.
  private func digest(_ bytes: UnsafeBufferPointer<UInt8>, end: Int) -> UInt64 {
    var digest = headDigest
    digest.add(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[headCount..<end]))
    digest.add(tailDigest.value)
    return digest.value
  }

  /// The first byte after the distance of a line whose pose's first number is at `head`, if its layout is the usual one.
  private static func end(of bytes: UnsafeBufferPointer<UInt8>, head: Int) -> Int? {
    var scanner = NumberScanner(bytes: bytes, position: head)
    return scan(&scanner) == nil ? nil : scanner.position
  }

  /// How many bytes come before the pose's first number, if `pose` is a member of the record itself: nothing before it
  /// may be nested, not even within a text.
  private static func head(of bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    let mark: StaticString = #","pose":{"degrees":"#
    guard bytes.first == Byte.openBrace else { return nil }
    for start in 1..<max(1, bytes.count - mark.utf8CodeUnitCount) {
      switch bytes[start] {
      case Byte.openBrace, Byte.openBracket: return nil
      case Byte.comma:
        var scanner = NumberScanner(bytes: bytes, position: start)
        if scanner.take(mark) { return scanner.position }
      default: continue
      }
    }
    return nil
  }

  /// Where a head says which file the model was in and how it was trained, which is no part of what a record says; empty
  /// where it does not, or not in our order.
  private static func origin(in bytes: UnsafeBufferPointer<UInt8>, head: Int) -> Range<Int> {
    func place(of mark: StaticString, from start: Int) -> Int? {
      (start..<head).first { position in
        var scanner = NumberScanner(bytes: bytes, position: position)
        return bytes[position] == Byte.comma && scanner.take(mark)
      }
    }
    guard let end = place(of: #","attack":""#, from: 0),
      let start = ([#","path":""#, #","method":""#, #","model_seed":""#] as [StaticString])
        .compactMap({ place(of: $0, from: 0) }).min(),
      start < end
    else { return 0..<0 }
    return start..<end
  }

  private static func scan(_ scanner: inout NumberScanner) -> Classes? {
    var classes = Classes()
    guard scanner.takeNumber(), scanner.take(#","dx":"#), scanner.takeNumber(), scanner.take(#","dy":"#),
      scanner.takeNumber(), scanner.take(#"},"index":"#), let index = scanner.integer(), scanner.take(#","label":"#),
      let label = scanner.integer(), scanner.take(#","natural":"#), let natural = scanner.integer(),
      scanner.take(#","perturbed":"#), let perturbed = scanner.integer(), scanner.take(#","distance":"#),
      scanner.takeNumber(), scanner.isAtEndOfValue
    else { return nil }
    (classes.index, classes.label, classes.natural, classes.perturbed) = (index, label, natural, perturbed)
    return classes
  }
}

/// Takes plain numbers and given texts off a line; what is unusual is not taken.
private struct NumberScanner {
  let bytes: UnsafeBufferPointer<UInt8>
  var position: Int

  /// Whether another member follows, or the end of the object.
  var isAtEndOfValue: Bool {
    position < bytes.count && (bytes[position] == Byte.comma || bytes[position] == Byte.closeBrace)
  }

  mutating func take(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard bytes.count - position >= count, let base = bytes.baseAddress,
      memcmp(base + position, text.utf8Start, count) == 0
    else { return false }
    position += count
    return true
  }

  /// A whole number of up to 18 digits without sign, which always fits.
  mutating func integer() -> Int? {
    let start = position
    var value = 0
    while position < bytes.count, position - start < 18, case let digit = bytes[position] &- Byte.zero, digit <= 9 {
      value = value * 10 + Int(digit)
      position += 1
    }
    guard position > start, bytes[start] != Byte.zero || position == start + 1 else { return nil }
    return value
  }

  /// Any number without exponent and of few digits, which is always finite.
  mutating func takeNumber() -> Bool {
    if position < bytes.count, bytes[position] == Byte.minus { position += 1 }
    guard integer() != nil else { return false }
    guard position < bytes.count, bytes[position] == UInt8(ascii: ".") else { return true }
    position += 1
    let start = position
    while position < bytes.count, position - start < 32, bytes[position] &- Byte.zero <= 9 { position += 1 }
    return position > start
  }
}
