import Archives
import Crypto
import Failures
import Files

extension PublicFile {
  /// The most bytes that the content of a file has, unpacked.
  private static let limit = 1 << 32

  /// What is wrong with `source`, which should be this file; nil if it is, or if it holds the same packed otherwise.
  ///
  /// - Throws: `.inputOutput` if the disk fails.
  func fault(of source: ByteSource) throws -> String? {
    var md5 = Insecure.MD5()
    try source.forEachPart(of: 0..<source.count) { md5.update(bufferPointer: $0) }
    let found = Self.text(md5.finalize())
    guard found != digest else { return nil }
    if let contentDigest, try contentDigest == Self.contentDigest(source) { return nil }
    return "its MD5 is \(found), expected \(digest)"
  }

  /// The MD5 of what the gzip file `source` holds; nil if it is none.
  private static func contentDigest(_ source: ByteSource) throws -> String? {
    var md5 = Insecure.MD5()
    do {
      try gunzip(source, limit: limit) { md5.update(bufferPointer: $0) }
    } catch let failure as Failure where failure.kind == .data {
      return nil
    }
    return text(md5.finalize())
  }

  private static func text(_ digest: some Sequence<UInt8>) -> String {
    digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
