import Failures
public import Files

/// Hands what the gzip file `source`, of one or more members, holds to `body` in order, in parts of at most 256 KiB:
/// together at most `limit` bytes, of which no more than a part is in memory.
///
/// - Throws: as `gunzip(_:limit:name:)`, when parts may have been handed over already; what `body` throws.
public func gunzip(
  _ source: ByteSource, limit: Int, _ body: (UnsafeRawBufferPointer) throws -> Void
) throws {
  var inflater = try Inflater(.gzip)
  var (read, size, isAtEnd) = (0, 0, true)
  func fail(_ error: InflateError) -> Failure {
    Failure(.data, "\(source.name): \(explanation(error, position: read, limit: limit))")
  }
  guard source.count >= 2, isGZip(try source.bytes(0..<2)) else {
    throw Failure(.data, "\(source.name): not a gzip file; fetch it again")
  }
  try source.forEachPart(of: 0..<source.count) { input in
    var position = 0
    repeat {
      do throws(InflateError) {
        // A member begins where the one before ends.
        if isAtEnd { try inflater.start() }
        isAtEnd = try inflater.fill(from: input, at: &position)
      } catch {
        throw fail(error)
      }
      size += inflater.output.count
      guard size <= limit else { throw fail(.tooLarge) }
      if !inflater.output.isEmpty { try body(inflater.output) }
    } while position < input.count || (inflater.isFull && !isAtEnd)
    read += input.count
  }
  guard isAtEnd else { throw fail(.truncated) }
}
