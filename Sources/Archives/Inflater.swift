import CZlib
import Failures

/// Why a compressed stream could not be unpacked.
enum InflateError: Error {
  /// The input ended before the stream did.
  case truncated
  /// The stream is damaged; zlib's words for it.
  case damaged(String)
  /// The output would pass the limit.
  case tooLarge
}

/// An owner of zlib's state for unpacking one stream after the other.
struct Inflater: ~Copyable {
  /// What surrounds the deflated data; the value is zlib's `windowBits`.
  enum Wrapper: Int32 {
    /// A gzip member: header, data, CRC-32 and length, which zlib checks.
    case gzip = 31
    /// Deflated data alone, as in zip.
    case raw = -15
  }

  // zlib's state points back at this structure, which therefore may not move.
  private let stream: UnsafeMutablePointer<z_stream>
  // One for all streams: a file may have millions of members of a few bytes.
  private let scratch: UnsafeMutableBufferPointer<UInt8>

  /// A state for streams in `wrapper`.
  init(_ wrapper: Wrapper) throws {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    scratch = .allocate(capacity: 1 << 18)
    scratch.initialize(repeating: 0)
    let status = inflateInit2_(stream, wrapper.rawValue, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else { throw Failure(.internal, "zlib: cannot start unpacking (\(status))") }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
    scratch.deallocate()
  }

  /// Unpacks the stream that starts at `position` of `input`, moves `position` behind it and appends what it held to
  /// `output`, which may grow to `limit` bytes.
  mutating func unpack(
    _ input: UnsafeRawBufferPointer, from position: inout Int, into output: inout [UInt8], limit: Int
  ) throws(InflateError) {
    guard inflateReset(stream) == Z_OK else { throw .damaged("cannot start") }
    while true {
      let available = input.count - position
      let (status, read, written) = step(UnsafeRawBufferPointer(rebasing: input[position...]))
      position += read
      guard written <= limit - output.count else { throw .tooLarge }
      output += scratch[..<written]
      switch status {
      case Z_STREAM_END: return
      case Z_OK where read > 0 || written > 0: continue
      case Z_OK, Z_BUF_ERROR:
        if available == read { throw .truncated }
        throw .damaged("no progress")
      default: throw .damaged(stream.pointee.msg.map { String(cString: $0) } ?? "status \(status)")
      }
    }
  }

  /// One call of zlib's `inflate`, which writes to `scratch`: its status, and how many bytes it read and wrote.
  private func step(_ input: UnsafeRawBufferPointer) -> (status: Int32, read: Int, written: Int) {
    let offered = min(input.count, 1 << 30)
    stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = UInt32(offered)
    stream.pointee.next_out = scratch.baseAddress
    stream.pointee.avail_out = UInt32(scratch.count)
    let status = inflate(stream, Z_NO_FLUSH)
    return (status, offered - Int(stream.pointee.avail_in), scratch.count - Int(stream.pointee.avail_out))
  }
}

/// The CRC-32 of `bytes`, as in gzip and zip.
func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
  var checksum: UInt = 0
  var rest = bytes[...]
  while !rest.isEmpty {
    let part = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
    checksum = crc32(checksum, part.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(part.count))
    rest = rest.dropFirst(part.count)
  }
  return UInt32(truncatingIfNeeded: checksum)
}
