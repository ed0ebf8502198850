import Failures

/// The header of a `.npy` file: a Python dictionary of `descr`, `fortran_order` and `shape`.
package struct NumPyHeader: Sendable {
  /// The longest header that is read, as in NumPy.
  private static let maximalLength = 10_000

  /// How many bytes of a file hold its header at most.
  package static let maximalOffset = maximalLength + 12

  /// What an element is.
  package let element: NumPyArray.Element
  /// The size along each axis.
  package let shape: [Int]
  /// Whether elements lie column after column, the first axis the fastest, where that makes a difference.
  package let isFortranOrder: Bool
  /// Whether elements of several bytes begin with their highest.
  let isBigEndian: Bool
  /// Where the elements start in the file.
  package let dataOffset: Int

  /// What NumPy calls the elements of the file that starts with `bytes`, as in `<f4`; they need not be numbers.
  ///
  /// - Throws: `.data` for anything but an array.
  package static func elementKind(startOf bytes: [UInt8], name: String) throws -> String {
    guard case .text(let description)? = try entries(bytes, name: name).entries["descr"] else {
      throw Failure(.data, "\(name): a header without descr, fortran_order and shape; write it with numpy.save")
    }
    return description
  }

  /// What the header says, and where it ends.
  private static func entries(
    _ bytes: [UInt8], name: String
  ) throws -> (entries: [String: PythonLiteral], end: Int) {
    var reader = ByteReader(bytes, name: name)
    guard bytes.starts(with: [0x93] + "NUMPY".utf8) else {
      throw Failure(.data, "\(name): not a NumPy file; write it with numpy.save")
    }
    _ = try reader.read(6)
    let version = try (reader.read(UInt8.self), reader.read(UInt8.self))
    guard (1...3).contains(version.0), version.1 == 0 else {
      throw Failure(.data, "\(name): NumPy file version \(version.0).\(version.1); versions 1.0 to 3.0 are read")
    }
    let length = version.0 == 1 ? try reader.readCount(UInt16.self) : try reader.readCount(UInt32.self)
    guard length <= NumPyHeader.maximalLength else {
      throw Failure(.data, "\(name): a header of \(length) bytes; it is damaged, write it again")
    }
    let text = try reader.read(length)
    return try (PythonLiteral.dictionary(text, name: name), reader.position)
  }

  /// The header of the file that starts with `bytes` and is called `name` in errors.
  ///
  /// - Throws: `.data` for anything but an array of numbers.
  package init(startOf bytes: [UInt8], name: String) throws {
    let (entries, end) = try Self.entries(bytes, name: name)
    dataOffset = end
    guard entries.count == 3, case .text(let description)? = entries["descr"],
      case .truth(let isFortranOrder)? = entries["fortran_order"], case .tuple(let shape)? = entries["shape"]
    else { throw Failure(.data, "\(name): a header without descr, fortran_order and shape; write it with numpy.save") }
    let isBigEndian = description.hasPrefix(">")
    let littleEndian = isBigEndian ? "<\(description.dropFirst())" : description
    guard let element = NumPyArray.Element(description: littleEndian) else {
      let choices = NumPyArray.Element.allCases.map(\.rawValue).joined(separator: ", ")
      throw Failure(.data, "\(name): elements of kind '\(description)'; these are read: \(choices)")
    }
    (self.element, self.shape) = (element, shape)
    // With at most one axis longer than 1 both orders are the same.
    self.isFortranOrder = isFortranOrder && shape.count { $0 != 1 } > 1
    self.isBigEndian = isBigEndian && element.size > 1
  }

  /// How many bytes the elements take.
  package func byteCount(name: String) throws -> Int {
    // Zeroes last, so that any part of the shape has a size that fits.
    let count = try shape.filter { $0 != 0 }.reduce(element.size) { product, size in
      let (next, overflow) = product.multipliedReportingOverflow(by: size)
      guard !overflow else { throw Failure(.data, "\(name): a shape beyond all bounds; it is damaged") }
      return next
    }
    return shape.contains(0) ? 0 : count
  }
}

/// The few values that a header is made of.
enum PythonLiteral: Equatable {
  case text(String)
  case truth(Bool)
  case tuple([Int])

  /// The dictionary in `text`, of the file called `name` in errors.
  static func dictionary(_ text: ArraySlice<UInt8>, name: String) throws -> [String: PythonLiteral] {
    var parser = PythonParser(rest: text)
    guard let entries = parser.dictionary(), parser.isAtEnd else {
      throw Failure(.data, "\(name): its header is not that of one array of numbers; write it with numpy.save")
    }
    return entries
  }
}

/// A parser of a header's text; every function is `nil` where the text is not what it reads.
private struct PythonParser {
  var rest: ArraySlice<UInt8>

  /// Whether only white space is left.
  var isAtEnd: Bool { rest.allSatisfy(isSpace) }

  mutating func dictionary() -> [String: PythonLiteral]? {
    guard skip("{") else { return nil }
    var entries: [String: PythonLiteral] = [:]
    while !skip("}") {
      guard let key = text(), entries[key] == nil, skip(":"), let value = value() else { return nil }
      entries[key] = value
      guard skip(",") || nextIs("}") else { return nil }
    }
    return entries
  }

  private mutating func value() -> PythonLiteral? {
    if skip("True") { return .truth(true) }
    if skip("False") { return .truth(false) }
    if nextIs("(") { return tuple().map(PythonLiteral.tuple) }
    return text().map(PythonLiteral.text)
  }

  private mutating func tuple() -> [Int]? {
    guard skip("(") else { return nil }
    var numbers: [Int] = []
    while !skip(")") {
      guard let number = number() else { return nil }
      numbers.append(number)
      // Python 2 wrote long integers so.
      _ = skip("L")
      // One number in parentheses is a tuple only with a comma after it.
      guard skip(",") || (nextIs(")") && numbers.count > 1) else { return nil }
    }
    return numbers
  }

  private mutating func number() -> Int? {
    skipSpace()
    let digits = rest.prefix { (0x30...0x39).contains($0) }
    rest = rest.dropFirst(digits.count)
    return Int(String(decoding: digits, as: UTF8.self))
  }

  private mutating func text() -> String? {
    skipSpace()
    guard let quote = rest.first, quote == 0x27 || quote == 0x22 else { return nil }
    let inside = rest.dropFirst().prefix { $0 != quote && $0 != 0x5C }
    guard inside.endIndex < rest.endIndex, rest[inside.endIndex] == quote else { return nil }
    rest = rest[(inside.endIndex + 1)...]
    return String(validating: inside, as: UTF8.self)
  }

  private mutating func nextIs(_ word: String) -> Bool {
    skipSpace()
    return rest.starts(with: word.utf8)
  }

  private mutating func skip(_ word: String) -> Bool {
    guard nextIs(word) else { return false }
    rest = rest.dropFirst(word.utf8.count)
    return true
  }

  private mutating func skipSpace() { rest = rest.drop(while: isSpace) }
}

/// Whether `byte` is white space within a line, or the end of the line that a header is.
private func isSpace(_ byte: UInt8) -> Bool { [0x09, 0x0A, 0x20].contains(byte) }
