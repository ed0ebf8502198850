internal import Crypto
internal import Files

/// A SHA-256 that grows piece by piece, as that of a tensor too large to hold.
public struct RunningDigest: Sendable {
  private var hash = SHA256()

  /// The digest of no bytes.
  public init() {}

  /// Takes in the next bytes.
  public mutating func add(_ bytes: UnsafeRawBufferPointer) { hash.update(bufferPointer: bytes) }

  /// The digest of all bytes so far, 64 lowercase hexadecimal digits.
  public var text: String { hexadecimal(hash.finalize()) }
}

/// The SHA-256 of the bytes of `values` as they are stored, in lowercase hexadecimal digits.
func sha256(of values: [Float]) -> String {
  var digest = RunningDigest()
  values.withUnsafeBytes { digest.add($0) }
  return digest.text
}

/// The SHA-256 of all bytes of `source`, in lowercase hexadecimal digits.
///
/// - Throws: `.data` if the file has become shorter; `.inputOutput` if the disk fails.
func sha256(of source: ByteSource) throws -> String {
  var digest = RunningDigest()
  try source.forEachPart(of: 0..<source.count) { digest.add($0) }
  return digest.text
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
