import Failures
import Files
import HDF5
import Records

/// The longest header that is read, in bytes; it describes about a hundred thousand tensors.
private let maximalHeaderLength = 16 << 20

/// Opens a safetensors file: eight bytes of length, a JSON header, and tensors that fill the rest without a gap.
func openSafetensors(_ source: ByteSource) throws -> TensorFile.Parts {
  let header = try SafetensorsHeader(source)
  let nodes = header.tensors.map { FileNode($0) } + header.unread.map { FileNode($0.name, "tensor", $0.reason) }
  let texts = header.metadata.sorted { $0.key < $1.key }.map { FileNode($0.key, "text", printable($0.value)) }
  let length = header.dataOffset - 8
  return TensorFile.Parts(
    tensors: header.tensors, unread: header.unread, metadata: header.metadata, content: .source(source),
    makeTree: {
      let parts = texts.isEmpty ? nodes : [FileNode("__metadata__", "dict", children: texts)] + nodes
      return FileNode("", "safetensors", "a header of \(length) bytes", children: parts)
    })
}

private struct SafetensorsHeader {
  var tensors: [StoredTensor] = []
  var unread: [UnreadObject] = []
  var metadata: [String: String] = [:]
  let dataOffset: Int
  private let source: ByteSource
  /// Where each tensor lies among those that follow the header, with its name.
  private var ranges: [(Range<Int>, name: String)] = []

  init(_ source: ByteSource) throws {
    self.source = source
    let length = try source.bytes(0..<8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= maximalHeaderLength, length >= 2, Int(length) <= source.count - 8 else {
      let words = "a header of \(length) bytes in a file of \(source.count)"
      throw Failure(
        .data, "\(source.name): \(words); it is truncated or forged (\(maximalHeaderLength) are read at most)")
    }
    dataOffset = 8 + Int(length)
    for member in try Self.members(source.bytes(8..<dataOffset), source.name) {
      if member.key == "__metadata__" { try readMetadata(member.value) } else { try readTensor(member) }
    }
    try checkTiling()
    try addTied()
  }

  /// Adds the tensors that stand for others, as `save_model` leaves them out: the metadata name the tensor to take.
  private mutating func addTied() throws {
    let byName = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0) })
    for (name, other) in metadata.sorted(by: { $0.key < $1.key }) where byName[name] == nil {
      if let tensor = byName[other] { tensors.append(tensor.renamed(group: "", name: name)) }
    }
  }

  private static func members(_ bytes: [UInt8], _ name: String) throws -> [JSON.Member] {
    do {
      guard bytes.first == UInt8(ascii: "{"), let members = try JSON(parsing: bytes).members else {
        throw Failure(.data, "no JSON object")
      }
      return members
    } catch let failure as Failure {
      throw Failure(.data, "\(name): its header: \(failure.message)")
    }
  }

  private mutating func readMetadata(_ value: JSON) throws {
    for member in value.members ?? [.init("", .null)] {
      guard let text = member.value.string else {
        throw Failure(.data, "\(source.name): __metadata__: \(printable(member.key)) is no text")
      }
      metadata[member.key] = text
    }
  }

  private mutating func readTensor(_ member: JSON.Member) throws {
    let place = "\(source.name): \(printable(member.key))"
    guard let dtype = member.value["dtype"]?.string, let sizes = integers(member.value["shape"]),
      let offsets = integers(member.value["data_offsets"]), offsets.count == 2
    else { throw Failure(.data, "\(place): needs dtype, shape and two data_offsets; it is damaged") }
    let dataCount = source.count - dataOffset
    guard offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] <= dataCount else {
      throw Failure(.data, "\(place): lies at \(offsets[0])...\(offsets[1]) of \(dataCount) bytes; it is damaged")
    }
    ranges.append((offsets[0]..<offsets[1], member.key))
    guard let element = ElementType(safetensors: dtype) else {
      return try leaveOut(member.key, dtype, sizes, byteCount: offsets[1] - offsets[0], place)
    }
    let tensor = try StoredTensor(
      name: member.key, element: element, sizes: sizes, location: .bytes(offset: dataOffset + offsets[0]), place: place)
    guard tensor.byteCount == offsets[1] - offsets[0] else {
      throw Failure(.data, "\(place): \(offsets[1] - offsets[0]) bytes for \(tensor.byteCount); it is damaged")
    }
    tensors.append(tensor)
  }

  /// Names a tensor whose elements are known and not read.
  private mutating func leaveOut(
    _ name: String, _ dtype: String, _ sizes: [Int], byteCount: Int, _ place: String
  ) throws {
    guard let bits = ElementType.unreadBits[dtype] else {
      throw Failure(.data, "\(place): elements of kind \(printable(dtype)), which are not read")
    }
    let bitCount = checkedCount(sizes, of: .float64).map { $0.multipliedReportingOverflow(by: bits) }
    guard sizes.allSatisfy({ $0 >= 0 }), let (count, overflow) = bitCount, !overflow, count == byteCount * 8 else {
      throw Failure(.data, "\(place): \(byteCount) bytes do not fill its shape with \(dtype); it is damaged")
    }
    unread.append(UnreadObject(group: "", name: name, reason: "elements of kind \(dtype) are not read"))
  }

  private func integers(_ value: JSON?) -> [Int]? {
    let numbers = value?.array?.compactMap(\.integer)
    return numbers?.count == value?.array?.count ? numbers : nil
  }

  /// Refuses tensors that overlap, and bytes that belong to none.
  private func checkTiling() throws {
    var end = dataOffset
    for (range, name) in ranges.sorted(by: { ($0.0.lowerBound, $0.0.count) < ($1.0.lowerBound, $1.0.count) }) {
      guard dataOffset + range.lowerBound == end else {
        let fault = dataOffset + range.lowerBound < end ? "overlaps another tensor" : "lies behind a gap"
        throw Failure(.data, "\(source.name): \(printable(name)): \(fault); it is damaged or forged")
      }
      end += range.count
    }
    guard end == source.count else {
      throw Failure(
        .data, "\(source.name): \(source.count - end) bytes after the last tensor; it is damaged or forged")
    }
  }
}

extension ElementType {
  /// The names in safetensors' headers, in the order in which the reference writes their tensors.
  private static let safetensorsNames: [(ElementType, String)] = [
    (.uint64, "U64"), (.int64, "I64"), (.float64, "F64"), (.complex64, "C64"), (.float32, "F32"), (.uint32, "U32"),
    (.int32, "I32"), (.bfloat16, "BF16"), (.float16, "F16"), (.uint16, "U16"), (.int16, "I16"),
    (.float8E4M3, "F8_E4M3"), (.float8E5M2, "F8_E5M2"), (.int8, "I8"), (.uint8, "U8"), (.bool, "BOOL"),
  ]

  /// How many bits an element of the names takes that the specification has and this package does not read.
  fileprivate static let unreadBits = [
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
  ]

  /// The type that safetensors calls `name`.
  fileprivate init?(safetensors name: String) {
    guard let found = Self.safetensorsNames.first(where: { $0.1 == name }) else { return nil }
    self = found.0
  }

  /// Where the type stands in the order of the reference's tensors.
  var safetensorsRank: Int { Self.safetensorsNames.firstIndex { $0.0 == self } ?? .max }

  /// What safetensors calls the type; nil if it has none.
  var safetensorsName: String? { Self.safetensorsNames.first { $0.0 == self }?.1 }
}
