import Archives
import Failures
import Tensors

/// Writes a state dictionary that `torch.load(weights_only=True)` accepts: an archive with a pickle and a storage for each
/// tensor, stored and aligned, so that it can be mapped; the texts stand in a member that PyTorch passes over.
func writePyTorch(
  _ tensors: [OutgoingTensor], _ metadata: OutgoingTexts, to temporary: String, named path: String
) throws {
  var archive = try ZipWriter(path: temporary, named: path)
  // PyTorch takes the folder's name from the first entry, whatever it is.
  try archive.add("archive/data.pkl", PickleWriter.stateDictionary(tensors), alignment: 64)
  try archive.add("archive/byteorder", Array("little".utf8), alignment: 64)
  for (key, tensor) in tensors.enumerated() {
    try archive.add("archive/data/\(key)", size: tensor.byteCount, alignment: 64) { try tensor.forEachPart($0) }
  }
  try archive.add("archive/version", Array("3\n".utf8), alignment: 64)
  let texts = jsonText(try metadata.complete())
  if !texts.isEmpty { try archive.add("archive/\(TorchLayout.metadata)", texts, alignment: 64) }
  try archive.finish()
}

/// Writes a pickle of protocol 2, with the opcodes that PyTorch's own reader takes.
private struct PickleWriter {
  private var bytes: [UInt8] = [PickleOpcode.proto.rawValue, 2]

  /// An ordered dictionary of `tensors`, each at the start of a storage of its own.
  static func stateDictionary(_ tensors: [OutgoingTensor]) throws -> [UInt8] {
    var writer = PickleWriter()
    writer.addOrderedDictionary()
    writer.add(.mark)
    for (key, tensor) in tensors.enumerated() {
      writer.add(tensor.name)
      writer.add(tensor, key: key)
    }
    writer.add(.setItems, .stop)
    return writer.bytes
  }

  private mutating func add(_ opcodes: PickleOpcode...) { bytes += opcodes.map(\.rawValue) }

  private mutating func add(_ text: String) {
    add(.unicode)
    addLittleEndian(UInt32(text.utf8.count))
    bytes += text.utf8
  }

  private mutating func add(_ number: Int) {
    if let small = UInt8(exactly: number) {
      add(.int1)
      bytes.append(small)
    } else if let small = Int32(exactly: number) {
      add(.int)
      addLittleEndian(small)
    } else {
      add(.long1)
      bytes.append(8)
      addLittleEndian(number)
    }
  }

  private mutating func addLittleEndian<Integer: FixedWidthInteger>(_ integer: Integer) {
    withUnsafeBytes(of: integer.littleEndian) { bytes += $0 }
  }

  private mutating func addGlobal(_ module: String, _ name: String) {
    add(.global)
    bytes += "\(module)\n\(name)\n".utf8
  }

  private mutating func addOrderedDictionary() {
    addGlobal("collections", "OrderedDict")
    add(.emptyTuple, .reduce)
  }

  private mutating func addTuple(_ numbers: [Int]) {
    add(.mark)
    for number in numbers { add(number) }
    add(.tuple)
  }

  /// A call of the function that makes a tensor of its storage, offset, sizes and strides.
  private mutating func add(_ tensor: OutgoingTensor, key: Int) {
    let storage = tensor.element.torchStorage
    addGlobal("torch._utils", storage == nil ? "_rebuild_tensor_v3" : "_rebuild_tensor_v2")
    add(.mark, .mark)
    add("storage")
    if let storage { addGlobal("torch", storage) } else { addGlobal("torch.storage", "UntypedStorage") }
    add("\(key)")
    add("cpu")
    add(storage == nil ? tensor.byteCount : tensor.shape.count)
    add(.tuple, .persistent)
    add(0)
    addTuple(tensor.shape.sizes)
    var strides: [Int] = []
    var stride = 1
    for size in tensor.shape.sizes.reversed() {
      strides.append(stride)
      stride *= max(size, 1)
    }
    addTuple(strides.reversed())
    add(.newFalse)
    addOrderedDictionary()
    if storage == nil { addGlobal("torch", tensor.element.rawValue) }
    add(.tuple, .reduce)
  }
}

extension ElementType {
  /// PyTorch's class of storages with these elements; nil for younger kinds, which have none.
  fileprivate var torchStorage: String? {
    switch self {
    case .float64: "DoubleStorage"
    case .float32: "FloatStorage"
    case .float16: "HalfStorage"
    case .bfloat16: "BFloat16Storage"
    case .int64: "LongStorage"
    case .int32: "IntStorage"
    case .int16: "ShortStorage"
    case .int8: "CharStorage"
    case .uint8: "ByteStorage"
    case .bool: "BoolStorage"
    case .complex64: "ComplexFloatStorage"
    case .complex128: "ComplexDoubleStorage"
    case .uint64, .uint32, .uint16, .float8E4M3, .float8E5M2: nil
    }
  }
}
