import Archives
import Failures
import Records
import Tensors

/// Writes a `.npz` file as `numpy.savez` does, in the order of `tensors`; the texts stand in the archive's comment, where
/// NumPy does not see them, or nowhere if they are longer than a comment may be.
func writeNumPy(
  _ tensors: [OutgoingTensor], _ metadata: OutgoingTexts, to temporary: String, named path: String
) throws {
  var archive = try ZipWriter(path: temporary, named: path)
  for tensor in tensors {
    guard let element = NumPyArray.Element(tensor.element) else {
      throw Failure(
        .data, "\(path): \(tensor.name): elements of kind \(tensor.element.rawValue) are not written as NumPy's")
    }
    let header = NumPyArray.fileHeader(element, shape: tensor.shape.sizes)
    try archive.add("\(tensor.name).npy", size: header.count + tensor.byteCount, alignment: 64) { write in
      try header.withUnsafeBytes(write)
      try tensor.forEachPart(write)
    }
  }
  let comment = jsonText(try metadata.complete())
  try archive.finish(comment: comment.count <= longestComment ? comment : [])
}

/// The longest comment that an archive may have, in bytes.
private let longestComment = 0xFFFF

/// Whether a `.npz` file has room for `metadata`.
func fitsNumPy(_ metadata: OutgoingTexts) throws -> Bool { jsonText(try metadata.draft()).count <= longestComment }

/// The texts as a JSON object; nothing for none.
func jsonText(_ texts: [String: String]) -> [UInt8] {
  guard !texts.isEmpty else { return [] }
  return JSON.object(texts.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) }).bytes
}

extension NumPyArray.Element {
  /// The kind for elements of `element`; nil if NumPy has none.
  init?(_ element: ElementType) {
    guard let same = Self.allCases.first(where: { ElementType($0) == element }) else { return nil }
    self = same
  }
}
