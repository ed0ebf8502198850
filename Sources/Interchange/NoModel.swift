import Checkpoints
import Failures
import Files

/// What is said of the file `source`, which is of no format of models but of a `kind`.
func noModel(_ kind: FileKind, _ source: ByteSource) -> Failure {
  if kind == .json, source.count <= 1 << 24, let bytes = try? source.bytes(0..<source.count),
    (try? definition(json: String(decoding: bytes, as: UTF8.self))) != nil
  {
    return Failure(
      .data, "\(source.name): a network's definition, no model; --arch takes it beside the file of its tensors")
  }
  let formats = ModelFormat.allCases.filter(\.isRead).map(\.rawValue).joined(separator: ", ")
  let advice = kind.advice ?? "these are read: \(formats)"
  return Failure(.data, "\(source.name): \(kind.description), no model; \(advice)")
}
