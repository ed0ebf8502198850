import Failures

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Whether something other than a folder is at `path`, so that trying a second name is worth it.
public func fileExists(at path: String) -> Bool {
  var status = stat()
  return !path.utf8.contains(0) && path.withSystemPath { stat($0, &status) } == 0 && status.st_mode & S_IFMT != S_IFDIR
}

/// All bytes of the file at `path`, at most `limit` of them; pipes are read to their end, and `-` is standard input.
///
/// - Throws: `.noInput` if it is missing, a folder or unreadable, `.data` if it is larger than `limit`, `.inputOutput`
///   if the disk fails.
public func readBytes(path: String, limit: Int) throws -> [UInt8] {
  if path == "-" { return try SequentialInput(path: path).allBytes(limit: limit) }
  guard let file = Descriptor(path, O_RDONLY) else { throw readFailure(path, errno) }
  var status = stat()
  guard fstat(file.number, &status) == 0 else { throw readFailure(path, errno) }
  guard status.st_mode & S_IFMT != S_IFDIR else { throw readFailure(path, EISDIR) }
  let size = Int(status.st_size)
  guard size <= limit else { throw tooLarge(path, limit) }
  var bytes = try readChunk(file.number, capacity: max(size, 1 << 12), path: path)
  // A pipe has no size, and a file may have grown.
  while bytes.count <= limit {
    let chunk = try readChunk(file.number, capacity: 1 << 16, path: path)
    if chunk.isEmpty { return bytes }
    bytes += chunk
  }
  throw tooLarge(path, limit)
}

func tooLarge(_ path: String, _ limit: Int) -> Failure {
  Failure(.data, "\(path): larger than the \(limit) bytes that are read at most; is this the right file?")
}

/// Reads until `capacity` bytes have come or the file ends.
private func readChunk(_ descriptor: Int32, capacity: Int, path: String) throws -> [UInt8] {
  try [UInt8](unsafeUninitializedCapacity: capacity) { buffer, initialized in
    initialized = try readAll(descriptor, into: buffer, path: path)
  }
}

/// Reads until `buffer` is full or the file ends; how many bytes have come.
private func readAll(_ descriptor: Int32, into buffer: UnsafeMutableBufferPointer<UInt8>, path: String) throws -> Int {
  var position = 0
  while position < buffer.count {
    let count = read(descriptor, buffer.baseAddress?.advanced(by: position), buffer.count - position)
    if count < 0 && errno == EINTR { continue }
    guard count >= 0 else { throw readFailure(path, errno) }
    if count == 0 { break }
    position += count
  }
  return position
}

/// The first bytes of the file at `path`, `size` of them or all.
func readPrefix(path: String, size: Int) throws -> [UInt8] {
  guard let file = Descriptor(path, O_RDONLY) else { throw readFailure(path, errno) }
  return try readChunk(file.number, capacity: size, path: path)
}

/// How many bytes the file at `path` has; 0 for what is no regular file.
///
/// - Throws: `.noInput` if there is none.
public func fileSize(path: String) throws -> Int {
  guard let file = Descriptor(path, O_RDONLY | O_NONBLOCK) else { throw readFailure(path, errno) }
  var status = stat()
  guard fstat(file.number, &status) == 0 else { throw readFailure(path, errno) }
  return status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : 0
}
