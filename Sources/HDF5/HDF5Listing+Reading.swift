internal import Failures
internal import Files

extension HDF5Listing {
  /// The elements of the dataset `name` as 32-bit floats, row-major; those of 16 and 64 bits are converted.
  ///
  /// - Throws: `.data` if there is no such dataset, or none of floats.
  public func readFloats(_ name: String) throws -> [Float] {
    let dataset = try find(name)
    switch dataset.element {
    case .float32: return try read(dataset) { (bits: UInt32) in Float(bitPattern: bits) }
    case .float64: return try read(dataset) { (bits: UInt64) in Float(Double(bitPattern: bits)) }
    case .float16: return try read(dataset) { (bits: UInt16) in Float(halfBits: bits) }
    case .bfloat16: return try read(dataset) { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
    default: throw unreadable(name, "not floating-point numbers but \(dataset.element)")
    }
  }

  /// The elements of the dataset `name` as integers, row-major.
  ///
  /// - Throws: `.data` if there is no such dataset, none of integers, or one beyond `Int`.
  public func readInts(_ name: String) throws -> [Int] {
    let dataset = try find(name)
    switch dataset.element {
    case .int8: return try read(dataset) { Int(Int8(bitPattern: $0)) }
    case .int16: return try read(dataset) { Int(Int16(bitPattern: $0)) }
    case .int32: return try read(dataset) { Int(Int32(bitPattern: $0)) }
    case .int64: return try read(dataset) { Int(Int64(bitPattern: $0)) }
    case .uint8: return try read(dataset) { (value: UInt8) in Int(value) }
    case .uint16: return try read(dataset) { (value: UInt16) in Int(value) }
    case .uint32: return try read(dataset) { (value: UInt32) in Int(value) }
    case .uint64:
      return try read(dataset) { (value: UInt64) in
        guard let value = Int(exactly: value) else { throw unreadable(name, "\(value) is too large") }
        return value
      }
    default: throw unreadable(name, "not integers but \(dataset.element)")
    }
  }

  /// The elements of the dataset `name` of unsigned bytes, row-major.
  ///
  /// - Throws: `.data` if there is no such dataset, or none of `uint8`.
  public func readBytes(_ name: String) throws -> [UInt8] {
    let dataset = try find(name)
    guard dataset.element == .uint8 else { throw unreadable(name, "not bytes but \(dataset.element)") }
    return try read(dataset) { (value: UInt8) in value }
  }

  /// The string or strings that the dataset `name` holds.
  ///
  /// - Throws: `.data` if there is no such dataset, or none of strings.
  public func readStrings(_ name: String) throws -> [String] {
    switch try find(name).storage {
    case .value(.string(let text)): [text]
    case .value(.strings(let texts)): texts
    default: throw unreadable(name, "not strings")
    }
  }

  /// Hands the stored bytes of the dataset `name` to `body`, at most `chunk` bytes at a time, in order.
  ///
  /// - Throws: `.data` if there is no such dataset or it is one of strings; what `body` throws.
  public func withBytes(of name: String, chunk: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    precondition(chunk > 0, "a chunk has at least one byte")
    let dataset = try find(name)
    switch dataset.storage {
    case .decoded(let content): try hand(content, in: chunk, to: body)
    case .packed:
      let window = max(Self.windowSize / chunk, 1) * chunk
      for start in stride(from: 0, to: dataset.byteCount, by: window) {
        let content = try unpack(dataset, start..<min(start + window, dataset.byteCount))
        try hand(content, in: chunk, to: body)
      }
    case .contiguous(let offset):
      let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: min(chunk, dataset.byteCount), alignment: MemoryLayout<UInt64>.alignment)
      defer { buffer.deallocate() }
      for start in stride(from: 0, to: dataset.byteCount, by: chunk) {
        let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(chunk, dataset.byteCount - start)])
        try file.read(into: part, at: offset + start)
        try body(UnsafeRawBufferPointer(part))
      }
    case .value: throw unreadable(name, "strings, not numbers")
    case .refused(let reason): throw unreadable(name, reason)
    }
  }

  /// How many bytes a child decodes at a time; each child costs a few milliseconds.
  private static let windowSize = 8 << 20

  /// The bytes `range` of the packed `dataset`, decoded in a child.
  private func unpack(_ dataset: HDF5Dataset, _ range: Range<Int>) throws -> [UInt8] {
    // Whole elements around the bytes that were asked for.
    let size = dataset.element.byteCount
    let elements = range.lowerBound / size..<(range.upperBound + size - 1) / size
    let answer = try GuardedReader(path: path, file: file, task: .unpack(elements, of: dataset.name)).contents()
    guard let part = answer.datasets.first, part.element == dataset.element, part.shape == [elements.count],
      part.isBigEndian == dataset.isBigEndian, case .decoded(let content) = part.storage
    else { throw Failure(.data, "\(path): \(GuardedChild.replaced)") }
    let skipped = range.lowerBound - elements.lowerBound * size
    return Array(content[skipped..<skipped + range.count])
  }

  private func hand(_ content: [UInt8], in chunk: Int, to body: (UnsafeRawBufferPointer) throws -> Void) throws {
    try content.withUnsafeBytes { bytes in
      for start in stride(from: 0, to: bytes.count, by: chunk) {
        try body(UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + chunk, bytes.count)]))
      }
    }
  }

  private func find(_ name: String) throws -> HDF5Dataset {
    guard let dataset = dataset(name) else { throw unreadable(name, "no such dataset") }
    return dataset
  }

  private func unreadable(_ name: String, _ reason: String) -> Failure {
    Failure(.data, "\(path): \(printable(name)): \(reason)")
  }

  private func read<Bits: FixedWidthInteger, Element>(
    _ dataset: HDF5Dataset, _ convert: (Bits) throws -> Element
  ) throws -> [Element] {
    var elements: [Element] = []
    // A multiple of every element's size, so that none is cut.
    try withBytes(of: dataset.name, chunk: 1 << 20) { bytes in
      if elements.isEmpty { elements.reserveCapacity(dataset.count) }
      for offset in stride(from: 0, to: bytes.count, by: MemoryLayout<Bits>.size) {
        let bits = bytes.loadUnaligned(fromByteOffset: offset, as: Bits.self)
        elements.append(try convert(dataset.isBigEndian ? Bits(bigEndian: bits) : Bits(littleEndian: bits)))
      }
    }
    return elements
  }
}

extension Float {
  /// The number whose IEEE 754 half precision bits are `halfBits`; every one is exact in single precision.
  init(halfBits bits: UInt16) {
    let magnitude: Float
    let (exponent, fraction) = (Int(bits >> 10 & 0x1f), bits & 0x3ff)
    switch exponent {
    case 0: magnitude = Float(fraction) * 0x1p-24
    case 31: magnitude = fraction == 0 ? .infinity : .nan
    default: magnitude = Float(sign: .plus, exponent: exponent - 15, significand: 1 + Float(fraction) * 0x1p-10)
    }
    self = bits >> 15 == 0 ? magnitude : -magnitude
  }
}
