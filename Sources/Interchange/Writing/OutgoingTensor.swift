import Failures
import Files
public import Tensors

/// A tensor on its way into a file: its kind and sizes at once, its bytes in parts when they are asked for.
public struct OutgoingTensor: Sendable {
  /// Its dotted name.
  public let name: String
  /// What its elements are.
  public let element: ElementType
  /// Its sizes.
  public let shape: Shape
  private let source: Source

  private enum Source: Sendable {
    case file(TensorFile, StoredTensor)
    case values([Float])
  }

  /// The bytes of all elements.
  public var byteCount: Int { shape.count * element.size }

  /// The tensor `stored` of `file`, its elements as they are or, where another `element` is asked for, converted.
  ///
  /// - Precondition: `element` is that of `stored`, `float32`, or `int64` for whole numbers.
  public init(_ stored: StoredTensor, of file: TensorFile, as element: ElementType? = nil) {
    (name, shape, self.element) = (stored.name, stored.shape, element ?? stored.element)
    source = .file(file, stored)
  }

  /// 32-bit floats, or whole numbers among them as `int64`.
  ///
  /// - Precondition: `values` fill `shape`; `element` is `float32` or `int64`.
  public init(name: String, shape: Shape, values: [Float], as element: ElementType = .float32) {
    precondition(values.count == shape.count, "\(values.count) values do not fill the shape \(shape)")
    (self.name, self.shape, self.element, source) = (name, shape, element, .values(values))
  }

  /// Hands the bytes, row-major and little-endian, to `body` in parts.
  ///
  /// - Throws: what reading and `body` throw.
  func forEachPart(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    switch source {
    case .file(let file, let stored) where stored.element == element: try file.forEachPart(of: stored, body)
    case .file(let file, let stored): try file.forEachPart(ofFloats: stored) { try convert($0, body) }
    case .values(let values): try values.withUnsafeBufferPointer { try convert($0, body) }
    }
  }

  private func convert(
    _ floats: UnsafeBufferPointer<Float>, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    guard element == .int64 else { return try body(UnsafeRawBufferPointer(floats)) }
    let integers = try floats.map { value in
      guard let integer = Int64(exactly: value) else {
        throw Failure(.internal, "\(name): \(value) is no whole number")
      }
      return integer.littleEndian
    }
    try integers.withUnsafeBytes(body)
  }
}

/// Writes `tensors`, with texts that readers pass over, to the file at `path` as a whole: synced and renamed.
///
/// - Throws: `.data` for elements or names that the format does not have; `.cannotCreate` and `.inputOutput` as
///   `replaceFile(at:writing:)`; what reading the tensors throws.
public func writeTensors(
  _ tensors: [OutgoingTensor], metadata: OutgoingTexts, format: ModelFormat, to path: String
) throws {
  guard case .tensors(let write)? = format.writer else {
    throw Failure(.internal, "\(path): \(format.rawValue) files hold a network, not tensors alone")
  }
  try replaceFile(at: path) { try write(tensors, metadata, $0, path) }
}
