import Files
import Interchange
import TestSupport
import Testing

/// Elements of every kind as 32-bit floats.
@Suite struct ElementTests {
  /// The floats of a safetensors file with one tensor of `dtype` that holds `bytes`.
  private func floats(_ dtype: String, _ bytes: [UInt8], size: Int) throws -> [Float] {
    let shape = bytes.count / size
    let header = #"{"a":{"dtype":"\#(dtype)","shape":[\#(shape)],"data_offsets":[0,\#(bytes.count)]}}"#
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    let file = try TensorFile(ByteSource(length + header.utf8 + bytes, name: "x"))
    return try file.floats(of: file.tensors[0])
  }

  private func bytes<Number: FixedWidthInteger>(_ numbers: [Number]) -> [UInt8] {
    numbers.flatMap { number in withUnsafeBytes(of: number.littleEndian) { Array($0) } }
  }

  @Test("Every half is the float that IEEE 754 says, by the formula with powers of two")
  func halves() throws {
    let patterns = (0...UInt16.max).map { $0 }
    for (pattern, float) in zip(patterns, try floats("F16", bytes(patterns), size: 2)) {
      let (exponent, fraction) = (Int(pattern >> 10 & 31), Double(pattern & 1023))
      let sign: FloatingPointSign = pattern >> 15 == 0 ? .plus : .minus
      guard exponent < 31 else {
        #expect(fraction == 0 ? float.isInfinite : float.isNaN)
        #expect(float.sign == sign)
        continue
      }
      let significand = exponent == 0 ? fraction / 1024 : 1 + fraction / 1024
      let value = Double(sign: sign, exponent: max(exponent, 1) - 15, significand: significand)
      #expect(Double(float) == value && float.sign == sign, "\(pattern)")
    }
  }

  @Test("Every bfloat16 is the upper half of its float")
  func bfloats() throws {
    let patterns = (0...UInt16.max).map { $0 }
    #expect(try floats("BF16", bytes(patterns), size: 2).map(\.bitPattern) == patterns.map { UInt32($0) << 16 })
  }

  @Test("Doubles are rounded to the nearest, ties to even")
  func doubles() throws {
    let doubles: [Double] = [1 / 3, 16_777_217, 16_777_219, 1e300, -1e-300, -0.0, .infinity, 0x1p-149]
    let found = try floats("F64", bytes(doubles.map(\.bitPattern)), size: 8)
    let expected: [Float] = [0.333333343, 16_777_216, 16_777_220, .infinity, -0.0, -0.0, .infinity, 0x1p-149]
    #expect(found.map(\.bitPattern) == expected.map(\.bitPattern))
  }

  @Test("Integers come exactly or not at all")
  func integers() throws {
    #expect(try floats("I8", [0, 1, 127, 128, 255], size: 1) == [0, 1, 127, -128, -1])
    #expect(try floats("U8", [0, 1, 127, 128, 255], size: 1) == [0, 1, 127, 128, 255])
    #expect(try floats("BOOL", [0, 1], size: 1) == [0, 1])
    #expect(try floats("I16", bytes([Int16.min, -1, .max]), size: 2) == [-32768, -1, 32767])
    #expect(try floats("U16", bytes([UInt16.max]), size: 2) == [65535])
    #expect(try floats("I32", bytes([Int32.min, 1 << 24]), size: 4) == [-2_147_483_648, 16_777_216])
    #expect(try floats("U32", bytes([UInt32(1) << 31]), size: 4) == [2_147_483_648])
    #expect(try floats("I64", bytes([Int64.min]), size: 8) == [-9_223_372_036_854_775_808])
    #expect(try floats("U64", bytes([UInt64(1) << 63]), size: 8) == [9_223_372_036_854_775_808])
    for (dtype, data, size) in [
      ("I32", bytes([Int32.max]), 4), ("U32", bytes([UInt32.max]), 4), ("I64", bytes([Int64.max]), 8),
      ("U64", bytes([UInt64.max]), 8), ("I64", bytes([Int64(16_777_217)]), 8),
    ] {
      #expect(refusal { _ = try floats(dtype, data, size: size) }?.hasSuffix("which no 32-bit float holds") == true)
    }
  }

  @Test("Sizes and kinds agree, and the readable kinds are those of real numbers")
  func kinds() {
    for element in ElementType.allCases {
      let digits = element.rawValue.drop { !$0.isNumber }.prefix { $0.isNumber }
      if let bits = Int(digits), !element.rawValue.hasPrefix("float8") { #expect(element.size * 8 == bits) }
      #expect(element.isFloatingPoint == (element.rawValue.contains("float") || element.rawValue.contains("complex")))
    }
    #expect(ElementType.allCases.filter { !$0.isReadable } == [.complex64, .complex128])
    #expect(ElementType.allCases.allSatisfy { $0.isComplex != $0.isReadable })
  }
}
