/// One dataset of a listed file: what it is and where its elements lie.
public struct HDF5Dataset: Equatable, Sendable {
  /// Where the elements are.
  public enum Storage: Equatable, Sendable {
    /// As they are, at this offset of the file in bytes.
    case contiguous(offset: Int)
    /// Small data in chunks, filtered, or inside a header: already decoded by the library, in the file's byte order.
    case decoded([UInt8])
    /// Larger data in chunks: a child of their own decodes them, window by window, when they are read.
    case packed
    /// The value of a dataset of strings.
    case value(HDF5Value)
    /// Listed but not read, and why.
    case refused(String)
  }

  /// The absolute name, as in `/parameters/conv1/weight`.
  public let name: String
  /// What the elements are.
  public let element: HDF5ElementType
  /// Whether the elements are stored with their most significant byte first.
  public let isBigEndian: Bool
  /// The sizes, outermost first; empty for a scalar.
  public let shape: [Int]
  /// Where the elements are.
  public let storage: Storage

  /// How many elements there are; the listing has checked that it fits an `Int`, as does `byteCount`.
  public var count: Int { shape.reduce(1, *) }

  /// The bytes of all elements, 0 for strings.
  public var byteCount: Int { count * element.byteCount }
}
