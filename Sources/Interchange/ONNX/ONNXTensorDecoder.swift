import Failures
import Files
import HDF5
import Tensors

/// Finds the tensors of an ONNX file: their bytes stay where they are, in the file or in others beside it.
struct ONNXTensorDecoder {
  /// What became of a tensor.
  enum Outcome {
    case read(StoredTensor)
    /// One of a kind that is not read.
    case unread(name: String, reason: String)
  }

  private let source: ByteSource
  /// The folder that files of tensors lie in; nil where the file has none.
  private let folder: String?
  /// The files beside it.
  private var files: [String: ByteSource] = [:]
  /// The bytes of all tensors found.
  private var byteCount = 0

  private static let fileLimit = 64

  init(_ source: ByteSource, _ input: InputFile?) {
    self.source = source
    folder = input.flatMap { input in
      guard !input.location.hasPrefix("/dev/fd/") else { return nil }
      return input.location.lastIndex(of: "/").map { String(input.location[...$0]) } ?? ""
    }
  }

  /// The message of a tensor as it stands.
  private struct Fields {
    var name = ""
    var sizes: [UInt64] = []
    var kind = 0
    var raw: Range<Int>?
    /// Numbers of the list `field`, as bits.
    var numbers: [UInt64] = []
    var field: Int?
    /// A list of 32-bit floats that are packed once.
    var packed: Range<Int>?
    var isExternal = false
    var external: [String: String] = [:]
  }

  /// The tensor that is the value of `field`.
  mutating func tensor(_ reader: inout ProtobufReader, _ field: ProtobufReader.Field) throws -> Outcome {
    var fields = Fields()
    try reader.keep(16)
    try reader.message(field) { try Self.read(&$0, $1, into: &fields) }
    let place = "\(source.name): \(printable(fields.name))"
    guard let element = ElementType(onnx: fields.kind) else {
      return .unread(name: fields.name, reason: "elements of kind \(fields.kind) of ONNX are not read")
    }
    let sizes = fields.sizes.map { Int(truncatingIfNeeded: $0) }
    let empty = try StoredTensor(
      name: fields.name, element: element, sizes: sizes, location: .bytes(offset: 0), place: place)
    let location = try location(of: fields, empty, place)
    byteCount = min(byteCount + empty.byteCount, 1 << 50)
    return .read(try StoredTensor(name: fields.name, element: element, sizes: sizes, location: location, place: place))
  }

  /// Refuses tensors that come to more bytes than the files can mean.
  func checkSize() throws {
    let stored = files.values.reduce(source.count) { $0 + $1.count }
    guard byteCount / 16 <= stored + 4096 else {
      throw Failure(.data, "\(source.name): tensors of \(byteCount) bytes in \(stored); it is forged")
    }
  }

  private static func read(
    _ reader: inout ProtobufReader, _ field: ProtobufReader.Field, into fields: inout Fields
  ) throws {
    switch field.number {
    case 1: try reader.numbers(field, into: &fields.sizes)
    case 2: fields.kind = try reader.integer(field)
    case 4 where field.wire == .bytes && fields.packed == nil:
      (fields.packed, fields.field) = (try reader.range(field), 4)
    case 4, 5, 7, 10, 11:
      let fixed: [Int: ProtobufReader.Wire] = [4: .fixed32, 10: .fixed64]
      try reader.numbers(field, fixed: fixed[field.number], into: &fields.numbers)
      fields.field = field.number
    case 8: fields.name = try reader.text(field)
    case 9: fields.raw = try reader.range(field)
    case 13:
      var (key, value) = ("", "")
      try reader.message(field) { reader, field in
        switch field.number {
        case 1: key = try reader.text(field)
        case 2: value = try reader.text(field)
        default: try reader.skip(field)
        }
      }
      fields.external[key] = value
    case 14: fields.isExternal = try reader.integer(field) == 1
    default: try reader.skip(field)
    }
  }

  private mutating func location(
    of fields: Fields, _ tensor: StoredTensor, _ place: String
  ) throws -> StoredTensor.Location {
    if fields.isExternal { return try external(fields.external, tensor, place) }
    func check(_ found: Int) throws {
      guard found == tensor.byteCount else {
        throw Failure(.data, "\(place): \(found) bytes for \(tensor.byteCount); it is damaged")
      }
    }
    if let raw = fields.raw {
      try check(raw.count)
      return .bytes(offset: raw.lowerBound)
    }
    if tensor.shape.count > 0, fields.field != tensor.element.onnxField {
      throw Failure(.data, "\(place): has no elements of its kind; it is damaged")
    }
    if let packed = fields.packed, fields.numbers.isEmpty {
      try check(packed.count)
      return .bytes(offset: packed.lowerBound)
    }
    guard fields.packed == nil else { throw Failure(.data, "\(place): elements in two lists; it is damaged") }
    try check(fields.numbers.count * tensor.element.size)
    let bytes = fields.numbers.flatMap { number in
      (0..<tensor.element.size).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
    }
    return .elsewhere(ByteSource(bytes, name: place), offset: 0)
  }

  /// Where a tensor lies in a file beside this one.
  private mutating func external(
    _ entries: [String: String], _ tensor: StoredTensor, _ place: String
  ) throws -> StoredTensor.Location {
    let name = entries["location"] ?? ""
    guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(where: { [0, 0x2F, 0x5C].contains($0) }) else {
      throw Failure(.data, "\(place): lies in \(printable(name)); only files beside the model are read: put it there")
    }
    guard let folder else {
      throw Failure(.data, "\(place): lies in \(printable(name)) beside the model; name the model's file")
    }
    let file: ByteSource
    if let known = files[name] {
      file = known
    } else {
      guard files.count < Self.fileLimit else {
        throw Failure(.data, "\(source.name): tensors in more than \(Self.fileLimit) files; it is forged")
      }
      do {
        file = try ByteSource(path: folder + name)
      } catch let failure as Failure {
        throw Failure(failure.kind, "\(place): lies in another file: \(failure.message)")
      }
      files[name] = file
    }
    let (offset, length) = (Int(entries["offset"] ?? "0") ?? -1, Int(entries["length"] ?? "\(tensor.byteCount)") ?? -1)
    guard length == tensor.byteCount, offset >= 0, offset <= file.count - length else {
      throw Failure(.data, "\(place): does not lie within \(printable(name)); it is damaged, fetch both again")
    }
    return .elsewhere(file, offset: offset)
  }
}

extension ElementType {
  /// The list in which a tensor's message holds such elements, unless they are raw.
  fileprivate var onnxField: Int {
    switch self {
    case .float32, .complex64: 4
    case .int64: 7
    case .float64, .complex128: 10
    case .uint32, .uint64: 11
    default: 5
    }
  }
}
