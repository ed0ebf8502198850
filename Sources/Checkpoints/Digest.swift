internal import Crypto

/// The SHA-256 of the bytes of `values` as they are stored, in lowercase hexadecimal digits.
func sha256(of values: [Float]) -> String {
  values.withUnsafeBytes { bytes in
    var hash = SHA256()
    hash.update(bufferPointer: bytes)
    return hexadecimal(hash.finalize())
  }
}

/// What a model is known by: the SHA-256 of its definition's JSON and one line `name shape digest` for each tensor,
/// sorted by name, every line ended by a line feed.
func modelDigest(definition: String, tensors: [TensorEntry]) -> String {
  var hash = SHA256()
  hash.update(data: Array("\(definition)\n".utf8))
  for tensor in tensors.sorted(by: { $0.name < $1.name }) {
    hash.update(data: Array("\(tensor.name) \(tensor.shape) \(tensor.digest)\n".utf8))
  }
  return hexadecimal(hash.finalize())
}

private func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  let digits = Array("0123456789abcdef")
  return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
}
