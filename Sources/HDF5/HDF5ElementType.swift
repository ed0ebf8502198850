internal import CHDF5

/// What the elements of a dataset are.
public enum HDF5ElementType: UInt8, CaseIterable, Sendable {
  /// An IEEE 754 number of 16 bits, and the upper half of one of 32.
  case float16, bfloat16
  /// An IEEE 754 number of 32 or 64 bits.
  case float32, float64
  /// A signed integer of 8 to 64 bits.
  case int8, int16, int32, int64
  /// An unsigned integer of 8 to 64 bits; truth values and enumerations are read as their integers.
  case uint8, uint16, uint32, uint64
  /// Text of fixed or variable length.
  case string
  /// Anything else, such as records or references: listed, never read.
  case unsupported

  /// The bytes of one element; 0 for strings and unsupported types.
  public var byteCount: Int {
    switch self {
    case .int8, .uint8: 1
    case .float16, .bfloat16, .int16, .uint16: 2
    case .float32, .int32, .uint32: 4
    case .float64, .int64, .uint64: 8
    case .string, .unsupported: 0
    }
  }

  /// Whether this is one of the integer types.
  public var isInteger: Bool {
    switch self {
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64: true
    case .float16, .bfloat16, .float32, .float64, .string, .unsupported: false
    }
  }

  /// The library's own identifier; nil for what has none of its own.
  func identifier(bigEndian: Bool) -> hid_t? {
    let big: Int32 = bigEndian ? 1 : 0
    return switch self {
    case .float32: cusp_float32(big)
    case .float64: cusp_float64(big)
    case .int8: cusp_int8(big)
    case .int16: cusp_int16(big)
    case .int32: cusp_int32(big)
    case .int64: cusp_int64(big)
    case .uint8: cusp_uint8(big)
    case .uint16: cusp_uint16(big)
    case .uint32: cusp_uint32(big)
    case .uint64: cusp_uint64(big)
    case .float16, .bfloat16, .string, .unsupported: nil
    }
  }
}
