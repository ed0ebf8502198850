import Failures
import Files
import Records
import Tensors

/// Writes a safetensors file as the reference does: largest elements first, then by name; texts sorted by key; the
/// header padded, so that tensors are aligned.
func writeSafetensors(
  _ tensors: [OutgoingTensor], _ metadata: OutgoingTexts, to temporary: String, named path: String
) throws {
  let sorted = tensors.sorted { ($0.element.safetensorsRank, $0.name) < ($1.element.safetensorsRank, $1.name) }
  let members = try headerMembers(sorted, path)
  let draft = header(try metadata.draft(), members)
  var file = try FileWriter(path: temporary, named: path)
  try file.write(draft)
  for tensor in sorted { try tensor.forEachPart { try file.write($0) } }
  let complete = header(try metadata.complete(), members)
  guard complete.count == draft.count else { throw Failure(.internal, "\(path): its header has changed its length") }
  try file.overwrite(complete, at: 0)
}

/// What the header says of `tensors`, which follow each other.
private func headerMembers(_ tensors: [OutgoingTensor], _ path: String) throws -> [JSON.Member] {
  var offset = 0
  return try tensors.map { tensor in
    guard let dtype = tensor.element.safetensorsName, tensor.name != "__metadata__" else {
      let kind = tensor.element.rawValue
      throw Failure(.data, "\(path): \(tensor.name): safetensors has no such name or elements of kind \(kind)")
    }
    defer { offset += tensor.byteCount }
    return .init(
      tensor.name,
      .object([
        .init("dtype", .string(dtype)), .init("shape", .array(tensor.shape.sizes.map { .integer(Int64($0)) })),
        .init("data_offsets", .array([.integer(Int64(offset)), .integer(Int64(offset + tensor.byteCount))])),
      ]))
  }
}

/// The header with its length before it.
private func header(_ texts: [String: String], _ tensors: [JSON.Member]) -> [UInt8] {
  let texts = texts.merging(["format": "pt"]) { given, _ in given }.sorted { $0.key < $1.key }
  let metadata = JSON.Member("__metadata__", .object(texts.map { .init($0.key, .string($0.value)) }))
  var header = JSON.object([metadata] + tensors).bytes
  header += [UInt8](repeating: 0x20, count: (8 - header.count % 8) % 8)
  return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header
}
