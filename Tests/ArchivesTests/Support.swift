import Failures
import Foundation
import TestSupport
import Testing

/// The bytes of `fixtures/archives/<name>`.
func fixture(_ name: String) throws -> [UInt8] { Array(try Fixture.data("archives/\(name)")) }

/// Expects that `body` fails for bad data, in a message of one line that starts with `name` and contains `part`.
func expectBadData(
  _ part: String, name: String = "x", sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) {
  let failure = #expect(throws: Failure.self, sourceLocation: sourceLocation) { try body() }
  let message = failure?.message ?? ""
  #expect(failure?.kind == .data, sourceLocation: sourceLocation)
  #expect(
    message.hasPrefix("\(name): ") && (part.isEmpty || message.contains(part)), "\(message)",
    sourceLocation: sourceLocation)
}

/// What `body` gives, or `nil` if it fails for bad data; any other error comes out.
func unlessBadData<Result>(_ body: () throws -> Result) throws -> Result? {
  do {
    return try body()
  } catch let failure as Failure where failure.kind == .data {
    return nil
  }
}

extension [UInt8] {
  /// The position of the first `pattern`.
  func position(of pattern: [UInt8]) throws -> Int {
    try #require(indices.first { self[$0...].starts(with: pattern) })
  }

  /// These bytes with `values` from `position` on.
  func with(_ values: [UInt8], at position: Int) -> [UInt8] {
    self[..<position] + values + self[(position + values.count)...]
  }
}
