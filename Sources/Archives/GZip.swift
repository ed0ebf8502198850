import Failures

/// Whether `bytes` start as a gzip file does.
public func isGZip(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

/// What the gzip file `bytes`, of one or more members, holds: at most `limit` bytes; `name` is its name in errors.
///
/// - Throws: `.data` if it is truncated, damaged (every member's CRC-32 and length are checked), larger than `limit`
///   when unpacked, or followed by anything else.
public func gunzip(_ bytes: [UInt8], limit: Int, name: String) throws -> [UInt8] {
  var output: [UInt8] = []
  var position = 0
  var inflater = try Inflater(.gzip)
  try bytes.withUnsafeBytes { input in
    repeat {
      let start = position
      guard input[start...].starts(with: [0x1F, 0x8B]) || input.count - start < 2 else {
        throw start == 0
          ? Failure(.data, "\(name): not a gzip file; unpack it or name another")
          : Failure(.data, "\(name): byte \(start): something follows the gzip data; fetch the file again")
      }
      do throws(InflateError) {
        try inflater.unpack(input, from: &position, into: &output, limit: limit)
      } catch {
        throw Failure(.data, "\(name): \(explanation(error, position: position, limit: limit))")
      }
    } while position < input.count
  }
  return output
}

/// What went wrong while unpacking and what to do, without the file's name.
func explanation(_ error: InflateError, position: Int, limit: Int) -> String {
  switch error {
  case .truncated: "ends early, after \(position) bytes; it is truncated, fetch it again"
  case .damaged(let words): "byte \(position): damaged (\(words)); fetch it again"
  case .tooLarge: "holds more than the \(limit) bytes that are unpacked at most; is this the right file?"
  }
}
