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
    /// zlib's own header and Adler-32, as in MATLAB's files.
    case zlib = 15
  }

  // zlib's state points back at this structure, which therefore may not move.
  private let stream: UnsafeMutablePointer<z_stream>
  // One for all streams: a file may have millions of members of a few bytes.
  private let scratch: UnsafeMutableBufferPointer<UInt8>
  private var written = 0

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

  /// Gets ready for a new stream.
  mutating func start() throws(InflateError) {
    guard inflateReset(stream) == Z_OK else { throw .damaged("cannot start") }
    written = 0
  }

  /// What the last call of `fill` unpacked, until the next one.
  var output: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(scratch)[..<written]) }

  /// Whether the last call of `fill` may have left off for want of room.
  var isFull: Bool { written == scratch.count }

  /// Unpacks what `input` holds from `position` on, as far as there is room, and moves `position` after what was read;
  /// whether the stream has ended.
  mutating func fill(from input: UnsafeRawBufferPointer, at position: inout Int) throws(InflateError) -> Bool {
    let offered = min(input.count - position, 1 << 30)
    let rest = UnsafeRawBufferPointer(rebasing: input[position...])
    stream.pointee.next_in = UnsafeMutablePointer(mutating: rest.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = UInt32(offered)
    stream.pointee.next_out = scratch.baseAddress
    stream.pointee.avail_out = UInt32(scratch.count)
    let status = inflate(stream, Z_NO_FLUSH)
    let read = offered - Int(stream.pointee.avail_in)
    position += read
    written = scratch.count - Int(stream.pointee.avail_out)
    switch status {
    case Z_STREAM_END: return true
    case Z_OK where read > 0 || written > 0: return false
    case Z_OK, Z_BUF_ERROR:
      if offered > read { throw .damaged("no progress") }
      return false
    default: throw .damaged(stream.pointee.msg.map { String(cString: $0) } ?? "status \(status)")
    }
  }

  /// Unpacks the stream that starts at `position` of `input`, moves `position` after it and appends what it held to
  /// `output`, which may grow to `limit` bytes.
  mutating func unpack(
    _ input: UnsafeRawBufferPointer, from position: inout Int, into output: inout [UInt8], limit: Int
  ) throws(InflateError) {
    try start()
    while true {
      let isAtEnd = try fill(from: input, at: &position)
      guard written <= limit - output.count else { throw .tooLarge }
      output += scratch[..<written]
      if isAtEnd { return }
      if written == 0, position == input.count { throw .truncated }
    }
  }
}

/// The CRC-32 of bytes that come in parts, as in gzip and zip.
struct Checksum {
  private var sum: UInt = 0

  /// The checksum of all parts so far.
  var value: UInt32 { UInt32(truncatingIfNeeded: sum) }

  /// Takes in the next part.
  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
      sum = crc32(sum, part.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(part.count))
      rest = rest.dropFirst(part.count)
    }
  }
}

/// The CRC-32 of `bytes`.
func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
  var sum = Checksum()
  sum.add(bytes)
  return sum.value
}
