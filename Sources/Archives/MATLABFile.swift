import Failures
public import Files

/// The arrays of numbers in a MATLAB file of version 5, packed or not, as `save` writes it unless told otherwise.
///
/// Objects, texts, structures, sparse and complex arrays are passed over. Version 7.3 is HDF5 and not read here.
public struct MATLABFile: Sendable {
  /// The arrays by their names, each with the axes in the reverse order: MATLAB has the first axis the fastest. Elements are
  /// of the kind that the file stores, which may be a narrower one than that of the array.
  public let arrays: [String: NumPyArray]

  /// The file `source`, whose arrays take at most `limit` bytes together.
  ///
  /// - Throws: `.data` for anything but a whole file of that version within `limit`.
  public init(_ source: ByteSource, limit: Int) throws {
    let name = source.name
    var reader = try ByteReader(source, at: 0, count: 128, name: name)
    let header = try Array(reader.read(128))
    guard header[..<6].elementsEqual("MATLAB".utf8), header[124..<128].elementsEqual([0, 1, 0x49, 0x4D]) else {
      throw Failure(.data, "\(name): no MATLAB file of version 5, little-endian; fetch it again, or save it with -v7")
    }
    var (arrays, position, room) = ([String: NumPyArray](), 128, limit)
    while position < source.count {
      var tag = try ByteReader(source, at: position, count: 8, name: name)
      let (kind, size) = try (tag.read(UInt32.self), tag.readCount(UInt32.self))
      let range = position + 8..<position + 8 + size
      guard range.upperBound <= source.count else {
        throw Failure(.data, "\(name): ends early, at byte \(source.count); it is truncated, fetch it again")
      }
      let bytes: [UInt8]
      switch kind {
      case 15: bytes = try Self.unpacked(source, range, limit: room)
      case 14:
        guard size <= room else { throw tooLarge(name, limit) }
        bytes = try source.bytes(position..<range.upperBound)
      default: throw Failure(.data, "\(name): byte \(position): no array (\(kind)); it is damaged, fetch it again")
      }
      room -= bytes.count
      if let (title, array) = try Self.matrix(bytes, in: name) { arrays[title] = array }
      position = range.upperBound
    }
    self.arrays = arrays
  }

  /// The element that `range` of `source` holds packed.
  private static func unpacked(_ source: ByteSource, _ range: Range<Int>, limit: Int) throws -> [UInt8] {
    let packed = try source.bytes(range)
    var (bytes, position) = ([UInt8](), 0)
    var inflater = try Inflater(.zlib)
    try packed.withUnsafeBytes { input in
      do throws(InflateError) {
        try inflater.unpack(input, from: &position, into: &bytes, limit: limit)
      } catch {
        let reason = explanation(error, position: range.lowerBound + position, limit: limit)
        throw Failure(.data, "\(source.name): \(reason)")
      }
    }
    return bytes
  }

  /// The array in the element `bytes`, with its name; nil for what is no array of real numbers.
  private static func matrix(_ bytes: [UInt8], in file: String) throws -> (name: String, array: NumPyArray)? {
    var reader = ByteReader(bytes, name: file)
    guard try reader.read(UInt32.self) == 14 else {
      throw Failure(.data, "\(file): a packed element is no array; it is damaged, fetch it again")
    }
    _ = try reader.read(4)
    let flags = try element(&reader).bytes
    // Classes 6 to 15 are the numbers; bit 11 means that they are complex.
    guard flags.count == 8, (6...15).contains(flags[0]), flags[1] & 8 == 0 else { return nil }
    let sizes = try element(&reader).bytes
    var sizeReader = ByteReader(sizes, name: file)
    let shape = try (0..<sizes.count / 4).map { _ in Int(try sizeReader.read(Int32.self)) }
    let title = String(decoding: try element(&reader).bytes, as: UTF8.self)
    let (kind, values) = try element(&reader)
    guard let stored = storedKinds[kind] else {
      throw Failure(.data, "\(file): \(title): elements of kind \(kind); it is damaged, fetch it again")
    }
    let count = shape.reduce((product: stored.size, overflow: false)) {
      let (product, overflow) = $0.product.multipliedReportingOverflow(by: $1)
      return (product, overflow || $0.overflow || $1 < 0)
    }
    guard !count.overflow, count.product == values.count else {
      throw Failure(.data, "\(file): \(title): holds \(values.count) bytes for the shape \(shape); it is damaged")
    }
    return (title, NumPyArray(stored, shape: shape.reversed(), bytes: values))
  }

  /// What numbers are stored as.
  private static let storedKinds: [UInt32: NumPyArray.Element] = [
    1: .int8, 2: .uint8, 3: .int16, 4: .uint16, 5: .int32, 6: .uint32, 7: .float32, 9: .float64, 12: .int64,
    13: .uint64,
  ]

  /// The next part of an array: its kind and bytes, up to four of which lie within its tag.
  private static func element(_ reader: inout ByteReader) throws -> (kind: UInt32, bytes: [UInt8]) {
    let tag = try reader.read(UInt32.self)
    if tag >> 16 > 0 {
      let bytes = try reader.read(4)
      return (tag & 0xFFFF, Array(bytes.prefix(Int(tag >> 16))))
    }
    let size = try reader.readCount(UInt32.self)
    let bytes = try Array(reader.read(size))
    // Parts begin at multiples of eight bytes; the last one may be without what fills it up.
    _ = try? reader.read(-size & 7)
    return (tag, bytes)
  }
}

private func tooLarge(_ name: String, _ limit: Int) -> Failure {
  Failure(.data, "\(name): holds more than the \(limit) bytes that are read at most; is this the right file?")
}
