public import Interchange

extension TensorFile {
  /// Hands the elements of `tensor` to `body` in double precision, row-major, part by part; only integers beyond 2^53 are
  /// rounded. Of a complex number the real part comes first, then the imaginary one.
  ///
  /// - Throws: `.data` if the file is damaged; what `body` throws.
  public func forEachPart(ofNumbers tensor: StoredTensor, _ body: ([Double]) throws -> Void) throws {
    func hand<Bits: FixedWidthInteger>(_ convert: (Bits) -> Double) throws {
      try forEachPart(of: tensor) { bytes in
        try body(
          stride(from: 0, to: bytes.count, by: MemoryLayout<Bits>.size).map {
            convert(Bits(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: Bits.self)))
          })
      }
    }
    switch tensor.element {
    case .float64, .complex128: try hand { (bits: UInt64) in Double(bitPattern: bits) }
    case .complex64: try hand { (bits: UInt32) in Double(Float(bitPattern: bits)) }
    case .int32: try hand { (value: Int32) in Double(value) }
    case .int64: try hand { (value: Int64) in Double(value) }
    case .uint32: try hand { (value: UInt32) in Double(value) }
    case .uint64: try hand { (value: UInt64) in Double(value) }
    default: try forEachPart(ofFloats: tensor) { try body($0.map(Double.init)) }
    }
  }
}
