import Failures
import HDF5

/// The storages that the tensors of a PyTorch file lie in.
struct TorchStorages: Sendable {
  /// One storage.
  struct Storage: Sendable {
    /// What its elements are; nil if its tensors say so.
    let element: ElementType?
    /// Whether the elements stand for numbers by a scale and a zero point that their tensors have.
    let isQuantised: Bool
    /// How many elements it has; bytes where tensors say what they are.
    let count: Int
    /// Where it lies.
    fileprivate(set) var place: StorageView.Storage?

    var byteCount: Int { count * (element?.size ?? 1) }
  }

  private let name: String
  private var storages: [String: Storage] = [:]

  /// How many bytes there are together.
  private(set) var byteCount = 0

  /// The storages that `graph` names, of the file called `name`.
  ///
  /// - Throws: `.data` for elements of a kind that is not known, and for one storage of two kinds.
  init(_ graph: PickleGraph, name: String) throws {
    self.name = name
    for object in graph.objects where object.kind == .persistent {
      let (key, storage) = try Self.storage(object, graph, name)
      if let other = storages[key] {
        guard other.element == storage.element, other.count == storage.count else {
          throw Failure(.data, "\(name): storage \(printable(key)) is told in two ways; it is damaged or forged")
        }
      } else {
        let (sum, overflow) = byteCount.addingReportingOverflow(storage.byteCount)
        guard !overflow else { throw Failure(.data, "\(name): storages beyond all bounds; it is damaged or forged") }
        (storages[key], byteCount) = (storage, sum)
      }
    }
  }

  /// The storage that the persistent `object` stands for, and its key.
  static func storage(_ object: PickleObject, _ graph: PickleGraph, _ name: String) throws -> (String, Storage) {
    guard let parts = object.items.first.flatMap(graph.tuple), parts.count >= 5, parts[0] == .text("storage"),
      let type = graph.global(parts[1]), case .text(let key) = parts[2], case .integer(let count) = parts[4]
    else { throw Failure(.data, "\(name): names something outside that is no storage; it is damaged") }
    guard parts.count == 5 || parts[5] == .none else {
      throw Failure(.data, "\(name): a storage within a storage, as before PyTorch 0.4; save it with a newer PyTorch")
    }
    let typeName = String(type.split(separator: ".").last ?? "")
    let quantised = quantisedTypes[typeName]
    guard let element = storageTypes[typeName] ?? quantised.map(Optional.some) else {
      throw Failure(.data, "\(name): storage \(printable(key)): elements of \(printable(type)), which are not read")
    }
    guard count >= 0, checkedCount([count], of: element ?? .uint8) != nil else {
      throw Failure(.data, "\(name): storage \(printable(key)) has \(count) elements; it is damaged")
    }
    return (key, Storage(element: element, isQuantised: quantised != nil, count: count))
  }

  /// The storage under `key`, located.
  subscript(key: String) -> Storage? { storages[key] }

  /// How many elements the storage `key` has; nil if no tensor uses it.
  func elementCount(of key: String) -> Int? { storages[key]?.count }

  /// How many bytes the storage `key` has; nil if no tensor uses it.
  func byteCount(of key: String) -> Int? { storages[key]?.byteCount }

  /// Asks `place` where each storage lies, by key and bytes.
  mutating func locate(_ place: (String, Int) throws -> StorageView.Storage) throws {
    for (key, storage) in storages { storages[key]?.place = try place(key, storage.byteCount) }
  }
}

/// The elements of PyTorch's storage classes; nil where tensors say what they are.
private let storageTypes: [String: ElementType?] = [
  "DoubleStorage": .float64, "FloatStorage": .float32, "HalfStorage": .float16, "BFloat16Storage": .bfloat16,
  "LongStorage": .int64, "IntStorage": .int32, "ShortStorage": .int16, "CharStorage": .int8, "ByteStorage": .uint8,
  "BoolStorage": .bool, "ComplexFloatStorage": .complex64, "ComplexDoubleStorage": .complex128,
  "UntypedStorage": ElementType?.none,
]

/// What the elements of quantised tensors are stored as.
private let quantisedTypes: [String: ElementType] = [
  "QInt8Storage": .int8, "QUInt8Storage": .uint8, "QInt32Storage": .int32,
]

/// The elements that PyTorch names by a type, as `torch.uint16`.
let torchTypes: [String: ElementType] = [
  "torch.float64": .float64, "torch.float32": .float32, "torch.float16": .float16, "torch.bfloat16": .bfloat16,
  "torch.int64": .int64, "torch.int32": .int32, "torch.int16": .int16, "torch.int8": .int8, "torch.uint64": .uint64,
  "torch.uint32": .uint32, "torch.uint16": .uint16, "torch.uint8": .uint8, "torch.bool": .bool,
  "torch.float8_e4m3fn": .float8E4M3, "torch.float8_e5m2": .float8E5M2, "torch.complex64": .complex64,
  "torch.complex128": .complex128,
]
