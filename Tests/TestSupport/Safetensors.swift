public import Foundation

/// A safetensors file put together by hand: a length of 8 bytes, a JSON header, and the floats of all tensors.
public func safetensors(
  _ tensors: [(name: String, shape: [Int], values: [Float])], metadata: [String: String] = [:]
) throws -> Data {
  var header: [String: Any] = metadata.isEmpty ? [:] : ["__metadata__": metadata]
  var content = Data()
  for (name, shape, values) in tensors {
    let start = content.count
    for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { content.append(contentsOf: $0) } }
    header[name] = ["dtype": "F32", "shape": shape, "data_offsets": [start, content.count]]
  }
  let json = try JSONSerialization.data(withJSONObject: header, options: [.sortedKeys, .withoutEscapingSlashes])
  var file = withUnsafeBytes(of: UInt64(json.count).littleEndian) { Data($0) }
  file.append(json)
  file.append(content)
  return file
}
