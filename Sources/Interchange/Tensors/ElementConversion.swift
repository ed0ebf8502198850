/// An element that no 32-bit float holds.
struct InexactElement: Error {
  /// Its position among those converted.
  let position: Int
  /// Its value.
  let text: String
}

extension ElementType {
  /// Converts the little-endian elements `bytes` to `floats`.
  ///
  /// - Precondition: the type is readable, and `floats` has room for each element.
  func convert(
    _ bytes: UnsafeRawBufferPointer, to floats: UnsafeMutableBufferPointer<Float>
  ) throws(InexactElement) {
    switch self {
    case .float32: map(bytes, to: floats) { (bits: UInt32) in Float(bitPattern: bits) }
    case .float64: map(bytes, to: floats) { (bits: UInt64) in Float(Double(bitPattern: bits)) }
    case .float16: map(bytes, to: floats) { (bits: UInt16) in float(halfBits: bits) }
    case .bfloat16: map(bytes, to: floats) { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
    case .int8: map(bytes, to: floats) { (value: Int8) in Float(value) }
    case .int16: map(bytes, to: floats) { (value: Int16) in Float(value) }
    case .uint8: map(bytes, to: floats) { (value: UInt8) in Float(value) }
    case .uint16: map(bytes, to: floats) { (value: UInt16) in Float(value) }
    case .bool: map(bytes, to: floats) { (value: UInt8) in value == 0 ? 0 : 1 }
    case .int32: try mapExactly(bytes, to: floats, Int32.self)
    case .int64: try mapExactly(bytes, to: floats, Int64.self)
    case .uint32: try mapExactly(bytes, to: floats, UInt32.self)
    case .uint64: try mapExactly(bytes, to: floats, UInt64.self)
    case .float8E4M3: map(bytes, to: floats) { (bits: UInt8) in float(e4m3Bits: bits) }
    // The upper half of a `float16`.
    case .float8E5M2: map(bytes, to: floats) { (bits: UInt8) in float(halfBits: UInt16(bits) << 8) }
    case .complex64, .complex128: preconditionFailure("\(self) is not readable")
    }
  }

  private func map<Bits: FixedWidthInteger>(
    _ bytes: UnsafeRawBufferPointer, to floats: UnsafeMutableBufferPointer<Float>, _ convert: (Bits) -> Float
  ) {
    for position in 0..<bytes.count / MemoryLayout<Bits>.size {
      let bits = bytes.loadUnaligned(fromByteOffset: position * MemoryLayout<Bits>.size, as: Bits.self)
      floats[position] = convert(Bits(littleEndian: bits))
    }
  }

  private func mapExactly<Value: FixedWidthInteger>(
    _ bytes: UnsafeRawBufferPointer, to floats: UnsafeMutableBufferPointer<Float>, _ type: Value.Type
  ) throws(InexactElement) {
    for position in 0..<bytes.count / MemoryLayout<Value>.size {
      let bits = bytes.loadUnaligned(fromByteOffset: position * MemoryLayout<Value>.size, as: Value.self)
      let value = Value(littleEndian: bits)
      guard let float = Float(exactly: value) else { throw InexactElement(position: position, text: "\(value)") }
      floats[position] = float
    }
  }
}

/// The value of a 16-bit floating point number; `Float16` does not exist on every machine.
private func float(halfBits bits: UInt16) -> Float {
  let (exponent, fraction) = (UInt32(bits >> 10 & 0x1F), UInt32(bits & 0x3FF))
  let sign = UInt32(bits >> 15) << 31
  switch exponent {
  case 0:
    let magnitude = Float(fraction) * 0x1p-24
    return Float(bitPattern: magnitude.bitPattern | sign)
  case 0x1F: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
  default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
  }
}

/// The value of an 8-bit number of 4 bits of exponent, whose largest one holds numbers, too, but for all bits set.
private func float(e4m3Bits bits: UInt8) -> Float {
  let (exponent, fraction) = (Int(bits >> 3 & 0xF), Float(bits & 7))
  let magnitude: Float =
    switch exponent {
    case 15 where fraction == 7: .nan
    case 0: fraction * 0x1p-9
    default: Float(sign: .plus, exponent: exponent - 7, significand: 1 + fraction / 8)
    }
  return bits >> 7 == 0 ? magnitude : -magnitude
}
