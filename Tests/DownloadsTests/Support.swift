import Downloads
import Failures
import Files
import Foundation
import TestSupport
import Testing

/// Bytes that do not pack, the same for the same `seed`.
func noise(_ count: Int, seed: Int = 1) -> [UInt8] {
  var damage = Damage(seed: seed)
  return (0..<count).map { _ in UInt8(truncatingIfNeeded: damage.next()) }
}

/// The MD5 of `bytes`, by the system's own program.
func md5(_ bytes: [UInt8]) throws -> String {
  let outcome = try BuiltTool(path: "/usr/bin/env").run(["openssl", "md5", "-r"], input: bytes)
  return String(outcome.text.prefix(32))
}

/// A data set of one file called `name`, which is `bytes`.
func dataset(
  _ name: String, _ bytes: [UInt8], _ packing: PublicDataset.Packing = .plain, holding content: [UInt8]? = nil,
  wanted: [String] = []
) throws -> PublicDataset {
  let file = PublicFile(name, try md5(bytes), holding: try content.map(md5))
  return PublicDataset(
    "made", "made up", at: "http://127.0.0.1:1/", [file], packing, wanted: wanted, bytes: bytes.count)
}

/// A server in the middle of being asked.
struct Meeting {
  let server: LoopbackServer
  /// Where the data set goes.
  let folder: String
  let set: PublicDataset

  /// Fetches the data set from the server; what a person is told.
  @discardableResult
  func fetch(timeout: Int = 30, lookUp: (Fetch.Progress) throws -> Void = { _ in }) throws -> [String] {
    var notes: [String] = []
    try Fetch(set, into: folder, mirror: server.address, timeout: timeout).run(lookUp: lookUp) { notes.append($0) }
    return notes
  }

  /// What the file `name` of the folder holds.
  func content(_ name: String) throws -> [UInt8] { try readBytes(path: "\(folder)/\(name)", limit: 1 << 24) }

  /// The names in the folder's own folder.
  var beside: [String] {
    get throws { try folderEntries(URL(fileURLWithPath: folder).deletingLastPathComponent().path).map(\.name) }
  }
}

/// Runs `body` with a server of the file `name` of `set`, which is `bytes`.
func withServer(
  of bytes: [UInt8], called name: String, _ set: PublicDataset, _ manner: LoopbackServer.Manner = .ranges,
  _ body: (Meeting) throws -> Void
) throws {
  // Proxies of the machine do not lead here.
  setenv("no_proxy", "127.0.0.1", 1)
  try Fixture.withTemporaryFolder { folder in
    let server = try LoopbackServer([name: bytes], manner)
    try body(Meeting(server: server, folder: "\(folder)/cache/made", set: set))
  }
}

/// Expects that `body` fails for a reason of `kind` with a message that contains `part`.
func expectFailure(
  _ kind: Failure.Kind, _ part: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) {
  let failure = #expect(throws: Failure.self, sourceLocation: sourceLocation) { try body() }
  #expect(failure?.kind == kind, sourceLocation: sourceLocation)
  #expect(failure?.message.contains(part) == true, "\(failure?.message ?? "")", sourceLocation: sourceLocation)
}
