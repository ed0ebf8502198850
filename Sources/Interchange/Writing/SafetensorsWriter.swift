import Failures
import Files
import Records
import Tensors

/// Writes a safetensors file as the reference does: largest elements first, then by name; texts sorted by key; the
/// header padded, so that tensors are aligned.
func writeSafetensors(
  _ tensors: [OutgoingTensor], _ metadata: [String: String], to temporary: String, named path: String
) throws {
  let sorted = tensors.sorted { ($0.element.safetensorsRank, $0.name) < ($1.element.safetensorsRank, $1.name) }
  let texts = metadata.merging(["format": "pt"]) { given, _ in given }.sorted { $0.key < $1.key }
  var members: [JSON.Member] = [.init("__metadata__", .object(texts.map { .init($0.key, .string($0.value)) }))]
  var offset = 0
  for tensor in sorted {
    guard let dtype = tensor.element.safetensorsName, tensor.name != "__metadata__" else {
      let kind = tensor.element.rawValue
      throw Failure(.data, "\(path): \(tensor.name): safetensors has no such name or elements of kind \(kind)")
    }
    let end = offset + tensor.byteCount
    members.append(
      .init(
        tensor.name,
        .object([
          .init("dtype", .string(dtype)), .init("shape", .array(tensor.shape.sizes.map { .integer(Int64($0)) })),
          .init("data_offsets", .array([.integer(Int64(offset)), .integer(Int64(end))])),
        ])))
    offset = end
  }
  var header = JSON.object(members).bytes
  header += [UInt8](repeating: 0x20, count: (8 - header.count % 8) % 8)
  var file = try FileWriter(path: temporary, named: path)
  try file.write(withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) })
  try file.write(header)
  for tensor in sorted { try tensor.forEachPart { try file.write($0) } }
}
