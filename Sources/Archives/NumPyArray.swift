import Failures

/// An array of NumPy, as in a `.npy` file: a kind of element, a shape and the row-major little-endian bytes.
public struct NumPyArray: Equatable, Sendable {
  /// What an element is; the value is NumPy's `descr`.
  public enum Element: String, CaseIterable, Sendable {
    /// Integers and truth values.
    case bool = "|b1"
    case int8 = "|i1"
    case int16 = "<i2"
    case int32 = "<i4"
    case int64 = "<i8"
    case uint8 = "|u1"
    case uint16 = "<u2"
    case uint32 = "<u4"
    case uint64 = "<u8"
    /// Floating point numbers.
    case float16 = "<f2"
    case float32 = "<f4"
    case float64 = "<f8"

    /// The kind that `description` means, or `nil` if it is not read; of a single byte no order matters, and writers
    /// besides NumPy do name one.
    init?(description: String) {
      let single = ["b1", "i1", "u1"].contains(description.dropFirst()) && "<>=|".contains(description.prefix(1))
      self.init(rawValue: single ? "|\(description.dropFirst())" : description)
    }

    /// How many bytes one takes.
    public var size: Int {
      switch self {
      case .bool, .int8, .uint8: 1
      case .int16, .uint16, .float16: 2
      case .int32, .uint32, .float32: 4
      case .int64, .uint64, .float64: 8
      }
    }
  }

  /// What an element is.
  public let element: Element
  /// The size along each axis, outermost first; empty for a single number.
  public let shape: [Int]
  /// The elements, row-major and little-endian.
  public let bytes: [UInt8]

  /// How many elements there are.
  public var count: Int { bytes.count / element.size }

  /// An array of `shape` with the row-major little-endian `bytes`.
  ///
  /// - Precondition: `bytes` fills `shape`.
  public init(_ element: Element, shape: [Int], bytes: [UInt8]) {
    precondition(shape.reduce(element.size, *) == bytes.count, "\(bytes.count) bytes do not fill the shape \(shape)")
    (self.element, self.shape, self.bytes) = (element, shape, bytes)
  }

  /// An array of 64-bit integers; a vector if no `shape` is given.
  ///
  /// - Precondition: `values` fills `shape`.
  public init(_ values: [Int64], shape: [Int]? = nil) {
    self.init(.int64, shape: shape ?? [values.count], bytes: littleEndianBytes(values.map(\.littleEndian)))
  }

  /// An array of 32-bit floating point numbers; a vector if no `shape` is given.
  ///
  /// - Precondition: `values` fills `shape`.
  public init(_ values: [Float], shape: [Int]? = nil) {
    self.init(
      .float32, shape: shape ?? [values.count], bytes: littleEndianBytes(values.map(\.bitPattern.littleEndian)))
  }

  /// The elements as integers, or `nil` for floating point numbers or a number beyond 64 bits with a sign.
  public var integers: [Int64]? {
    switch element {
    case .bool, .uint8: bytes.map(Int64.init)
    case .int8: bytes.map { Int64(Int8(bitPattern: $0)) }
    case .int16: elements(Int16.self).map(Int64.init)
    case .int32: elements(Int32.self).map(Int64.init)
    case .int64: elements(Int64.self)
    case .uint16: elements(UInt16.self).map(Int64.init)
    case .uint32: elements(UInt32.self).map(Int64.init)
    case .uint64: exactly(elements(UInt64.self))
    case .float16, .float32, .float64: nil
    }
  }

  /// The elements as 32-bit floating point numbers, or `nil` for integers; 64-bit ones are rounded to the nearest.
  public var floats: [Float]? {
    switch element {
    case .float32: elements(UInt32.self).map(Float.init(bitPattern:))
    case .float64: elements(UInt64.self).map { Float(Double(bitPattern: $0)) }
    case .float16: elements(UInt16.self).map(floatFromHalf)
    default: nil
    }
  }

  /// The elements as 64-bit floating point numbers, each just as it is stored, or `nil` for integers.
  public var doubles: [Double]? {
    element == .float64 ? elements(UInt64.self).map(Double.init(bitPattern:)) : floats?.map(Double.init)
  }

  private func elements<Integer: FixedWidthInteger>(_ type: Integer.Type) -> [Integer] {
    bytes.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: MemoryLayout<Integer>.size).map {
        Integer(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: Integer.self))
      }
    }
  }

  private func exactly(_ values: [UInt64]) -> [Int64]? {
    let converted = values.compactMap(Int64.init(exactly:))
    return converted.count == values.count ? converted : nil
  }
}

private func littleEndianBytes<Integer: FixedWidthInteger>(_ values: [Integer]) -> [UInt8] {
  values.withUnsafeBytes { Array($0) }
}

/// The value of a 16-bit floating point number; `Float16` does not exist on every machine.
private func floatFromHalf(_ bits: UInt16) -> Float {
  let sign: Float = bits >> 15 == 0 ? 1 : -1
  let exponent = Int(bits >> 10 & 0x1F)
  let fraction = Float(bits & 0x3FF)
  switch exponent {
  case 0: return sign * fraction * 0x1p-24
  case 0x1F: return fraction == 0 ? sign * .infinity : .nan
  default: return sign * (1 + fraction * 0x1p-10) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
  }
}
