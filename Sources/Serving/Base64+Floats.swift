import Records

extension Base64 {
  /// The text of `values` as 32-bit floats, least significant byte first.
  static func encode(_ values: some Collection<Float>) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(values.count * 4)
    for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) } }
    return encode(bytes)
  }

  /// The 32-bit floats that `bytes` hold, least significant byte first; bytes that make no whole float are left out.
  static func floats(_ bytes: [UInt8]) -> [Float] {
    (0..<bytes.count / 4).map { index in
      let word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[4 * index + $1]) << UInt32(8 * $1) }
      return Float(bitPattern: word)
    }
  }
}
