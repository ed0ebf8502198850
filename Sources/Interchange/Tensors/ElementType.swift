/// What the elements of a stored tensor are.
public enum ElementType: String, CaseIterable, Sendable {
  /// IEEE 754 numbers of 64, 32 and 16 bits.
  case float64, float32, float16
  /// The upper half of a `float32`.
  case bfloat16
  /// Integers with a sign.
  case int64, int32, int16, int8
  /// Integers without a sign.
  case uint64, uint32, uint16, uint8
  /// A byte that is 0 or 1.
  case bool
  /// Numbers of 8 bits: with 4 bits of exponent, no infinity and one pattern that is no number, and like `float16` with 2
  /// bits of fraction.
  case float8E4M3 = "float8_e4m3fn"
  case float8E5M2 = "float8_e5m2"
  /// Pairs of `float32` or `float64`; listed, not read as numbers.
  case complex64, complex128

  /// How many bytes one takes.
  public var size: Int {
    switch self {
    case .int8, .uint8, .bool, .float8E4M3, .float8E5M2: 1
    case .float16, .bfloat16, .int16, .uint16: 2
    case .float32, .int32, .uint32: 4
    case .float64, .int64, .uint64, .complex64: 8
    case .complex128: 16
    }
  }

  /// Whether one is a number with a fraction, or a pair of them.
  public var isFloatingPoint: Bool {
    switch self {
    case .float64, .float32, .float16, .bfloat16, .float8E4M3, .float8E5M2, .complex64, .complex128: true
    case .int64, .int32, .int16, .int8, .uint64, .uint32, .uint16, .uint8, .bool: false
    }
  }

  /// Whether elements can be read as 32-bit floats: exactly, but for `float64`, which is rounded to the nearest, and for
  /// integers that no 32-bit float holds, which are refused one by one.
  public var isReadable: Bool { !isComplex }

  /// Whether one is a pair of numbers, the real and the imaginary part.
  public var isComplex: Bool { self == .complex64 || self == .complex128 }
}
