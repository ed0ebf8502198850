import Archives
import Failures
import Files
import HDF5
public import Tensors

/// A tensor of a model file, found but not read.
public struct StoredTensor: Sendable {
  /// What it lies in: a dictionary of a PyTorch file such as `state_dict` or `optimizer.state.0`, `parameters` or
  /// `optimizer` of a checkpoint of ours; empty at the top.
  public let group: String
  /// Its name in the group, as in `features.0.weight`.
  public let name: String
  /// What the elements are.
  public let element: ElementType
  /// The sizes, outermost first; empty for a single number.
  public let shape: Shape
  /// The SHA-256 of its bytes that the file holds, in lowercase hexadecimal digits; reading compares it.
  public let digest: String?
  let location: Location

  /// The bytes of all elements.
  public var byteCount: Int { shape.count * element.size }

  /// Group and name, with a dot between them.
  public var path: String { group.isEmpty ? name : "\(group).\(name)" }

  /// Where the elements are.
  enum Location: Sendable {
    /// In the file from this byte on, row-major and little-endian.
    case bytes(offset: Int)
    /// In an entry of a zip archive, row-major and little-endian, after this many bytes to its end.
    case entry(ZipArchive.Entry, skip: Int)
    /// In an entry of a zip archive, an array of NumPy in another order.
    case array(ZipArchive.Entry, NumPyHeader)
    /// Strewn over a storage.
    case view(StorageView)
    /// In a dataset.
    case dataset(HDF5Dataset)
    /// Another file's tensor, of the file at this position.
    indirect case shard(Int, StoredTensor)
    /// Another tensor's, whose axes stand in this order.
    indirect case permuted(StoredTensor, [Int])
    /// In other bytes than the file's own from this one on, row-major and little-endian.
    case elsewhere(ByteSource, offset: Int)

    /// The entry of a zip archive that the elements lie in; nil if they lie elsewhere.
    var entry: ZipArchive.Entry? {
      switch self {
      case .entry(let entry, _), .array(let entry, _): return entry
      case .view(let view):
        if case .entry(let entry) = view.storage { return entry }
        return nil
      case .bytes, .dataset, .shard, .permuted, .elsewhere: return nil
      }
    }
  }

  /// A tensor whose sizes, as a file tells them, are checked here before anything trusts them.
  ///
  /// - Throws: `.data` naming `place` for a shape beyond all bounds.
  init(
    group: String = "", name: String, element: ElementType, sizes: [Int], digest: String? = nil, location: Location,
    place: String
  ) throws {
    guard sizes.count <= Self.maximalRank, sizes.allSatisfy({ $0 >= 0 }), checkedCount(sizes, of: element) != nil else {
      let shown = sizes.prefix(Self.maximalRank).map(String.init).joined(separator: "x")
      throw Failure(.data, "\(place): the shape \(shown) is beyond all bounds; it is damaged or forged")
    }
    (self.group, self.name, self.element, self.digest, self.location) = (group, name, element, digest, location)
    shape = Shape(sizes)
  }

  /// More axes than any network's tensor has.
  static let maximalRank = 32

  /// Which elements of the file they are: those of two tensors that are told to lie at one place are the same; nil where
  /// the file does not tell the place.
  var elements: StoredElements? {
    switch location {
    case .bytes(let offset): return StoredElements(self, at: "", [offset])
    case .entry(let entry, let skip): return StoredElements(self, at: entry.name, [skip])
    case .array(let entry, _): return StoredElements(self, at: entry.name, [])
    case .view(let view):
      let place =
        switch view.storage {
        case .bytes(let range): "\(range.lowerBound)"
        case .entry(let entry): entry.name
        }
      return StoredElements(self, at: place, [view.offset] + view.strides)
    case .dataset(let dataset):
      switch dataset.storage {
      case .contiguous(let offset): return StoredElements(self, at: "", [offset])
      // Where these lie is not told; equal ones come to the same.
      case .decoded(let bytes): return StoredElements(self, at: "", bytes.map { Int($0) })
      case .packed, .value, .refused: return nil
      }
    case .elsewhere, .permuted: return nil
    case .shard(let index, let tensor):
      return tensor.elements.map { StoredElements(self, at: "\(index) \($0.place)", $0.offsets) }
    }
  }

  /// The tensor under another group and name.
  func renamed(group: String, name: String) -> StoredTensor {
    StoredTensor(self, group: group, name: name)
  }

  /// The tensor under another name, its elements as those of another shape of as many.
  func reshaped(_ sizes: [Int], name: String) throws -> StoredTensor {
    try StoredTensor(name: name, element: element, sizes: sizes, location: location, place: name)
  }

  /// The tensor seen as one of `sizes` whose axes are put in the order `permutation`, and then as one of `shape`.
  ///
  /// - Throws: `.data` unless each has as many elements as the tensor.
  func permuted(_ sizes: [Int], by permutation: [Int], as shape: [Int]) throws -> StoredTensor {
    guard [sizes, shape].allSatisfy({ checkedCount($0, of: element) == self.shape.count }) else {
      throw Failure(.data, "a tensor of \(self.shape), not \(Shape(shape))")
    }
    let inner = try reshaped(sizes, name: name)
    return try StoredTensor(
      name: name, element: element, sizes: shape, location: .permuted(inner, permutation), place: name)
  }

  /// A tensor of `floats`, in memory.
  init(name: String, shape: [Int], floats: [Float]) throws {
    let bytes = floats.withUnsafeBytes { Array($0) }
    try self.init(
      name: name, element: .float32, sizes: shape, location: .elsewhere(ByteSource(bytes, name: name), offset: 0),
      place: name)
  }

  private init(_ tensor: StoredTensor, group: String, name: String) {
    (self.group, self.name, element, shape) = (group, name, tensor.element, tensor.shape)
    (digest, location) = (tensor.digest, tensor.location)
  }
}

/// The place, kind and shape of a tensor's elements.
struct StoredElements: Hashable {
  let place: String
  let offsets: [Int]
  private let element: ElementType
  private let shape: Shape

  init(_ tensor: StoredTensor, at place: String, _ offsets: [Int]) {
    (self.place, self.offsets, element, shape) = (place, offsets, tensor.element, tensor.shape)
  }
}

/// How many elements a tensor of `sizes` has; nil if they, or their bytes, or the product of some, do not fit an `Int`.
func checkedCount(_ sizes: [Int], of element: ElementType) -> Int? {
  // Without the zeroes, so that the product of any sizes fits.
  var bytes = element.size
  for size in sizes where size != 0 {
    let (product, overflow) = bytes.multipliedReportingOverflow(by: size)
    if overflow { return nil }
    bytes = product
  }
  return sizes.contains(0) ? 0 : bytes / element.size
}
