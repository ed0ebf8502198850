import Downloads
import Failures
import Files
import Foundation
import TestSupport
import Testing

/// Data sets fetched from a server of this test's own, which answers well and in all the ways in which servers do not.
@Suite(
  "Fetching", .serialized,
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/curl"), "needs curl"))
struct FetchTests {
  private struct Killed: Error {}
  private let bytes = noise(300_000)

  @Test("A file comes as it is, verified, and nothing else stays")
  func whole() throws {
    try withServer(of: bytes, called: "a.bin", dataset("a.bin", bytes)) { meeting in
      let notes = try meeting.fetch()
      #expect(notes.isEmpty)
      #expect(try meeting.content("a.bin") == bytes)
      #expect(try meeting.beside == ["made"])
      #expect(meeting.server.requests == ["a.bin"])
      #expect(try Fetch(meeting.set, into: meeting.folder, mirror: nil, timeout: 1).isDone)
    }
  }

  @Test("What was killed five times goes on each time where it was, and ends with the right file")
  func killed() throws {
    try withServer(of: bytes, called: "a.bin", dataset("a.bin", bytes)) { meeting in
      var last = -1
      for kill in 1...5 {
        meeting.server.manner = .stalling(40_000)
        #expect(throws: Killed.self) {
          try meeting.fetch { if $0.bytes >= kill * 40_000 { throw Killed() } }
        }
        #expect(try !Fetch(meeting.set, into: meeting.folder, mirror: nil, timeout: 1).isDone)
        let part = try fileSize(path: "\(meeting.folder).part/a.bin.part")
        #expect(part > last)
        last = part
      }
      meeting.server.manner = .ranges
      #expect(try meeting.fetch() == ["a.bin: going on after 200000 bytes"])
      #expect(try meeting.content("a.bin") == bytes)
      #expect(
        meeting.server.requests
          == ["a.bin"] + [40_000, 80_000, 120_000, 160_000, 200_000].map { "a.bin from \($0)" })
    }
  }

  @Test("A server that breaks off is asked for the rest, until nothing more comes")
  func truncated() throws {
    try withServer(of: bytes, called: "a.bin", dataset("a.bin", bytes), .truncating(70_000)) { meeting in
      let notes = try meeting.fetch()
      #expect(notes.count == 4 && notes.allSatisfy { $0.hasSuffix("trying again") }, "\(notes)")
      #expect(try meeting.content("a.bin") == bytes)
    }
    try withServer(of: bytes, called: "a.bin", dataset("a.bin", bytes), .truncating(0)) { meeting in
      expectFailure(.inputOutput, "0 bytes are kept; run again to go on") { try meeting.fetch() }
      #expect(meeting.server.requests.count == 5)
    }
  }

  @Test("A server that sends nothing more is given up, and what came is kept")
  func slow() throws {
    try withServer(of: bytes, called: "a.bin", dataset("a.bin", bytes), .stalling(0)) { meeting in
      expectFailure(.inputOutput, "run again to go on") { try meeting.fetch(timeout: 1) }
    }
  }

  @Test("Where a server has no ranges the file is begun anew")
  func noRanges() throws {
    try withServer(of: bytes, called: "a.bin", dataset("a.bin", bytes), .truncating(50_000)) { meeting in
      #expect(throws: Killed.self) { try meeting.fetch { if $0.bytes > 60_000 { throw Killed() } } }
      meeting.server.manner = .noRanges
      let notes = try meeting.fetch()
      #expect(notes.last == "a.bin: the server breaks off, and does not go on in the middle; it is begun anew")
      #expect(try meeting.content("a.bin") == bytes)
    }
  }

  @Test("Another file is refused; one that an earlier run had begun is fetched once more before")
  func wrong() throws {
    let others = noise(bytes.count, seed: 2)
    try withServer(of: others, called: "a.bin", dataset("a.bin", bytes)) { meeting in
      let words =
        "its MD5 is \(try md5(others)), expected \(try md5(bytes)): another file, or a damaged one; name another"
      expectFailure(.data, words) { try meeting.fetch() }
      #expect(try meeting.beside == ["made.part"])
      #expect(meeting.server.requests == ["a.bin"])
    }
    try withServer(of: bytes, called: "a.bin", dataset("a.bin", bytes)) { meeting in
      try makeFolders("\(meeting.folder).part")
      try Data(others.prefix(1000)).write(to: URL(fileURLWithPath: "\(meeting.folder).part/a.bin.part"))
      let notes = try meeting.fetch()
      #expect(notes.count == 2 && notes[1].hasSuffix("another file, or a damaged one; it is begun anew"), "\(notes)")
      #expect(try meeting.content("a.bin") == bytes)
    }
  }

  @Test("What is all there already, or longer than the file, is told apart")
  func alreadyThere() throws {
    for extra in [0, 7] {
      try withServer(of: bytes, called: "a.bin", dataset("a.bin", bytes)) { meeting in
        try makeFolders("\(meeting.folder).part")
        try Data(bytes + noise(extra)).write(to: URL(fileURLWithPath: "\(meeting.folder).part/a.bin.part"))
        try meeting.fetch()
        #expect(try meeting.content("a.bin") == bytes)
        #expect(meeting.server.requests.count == (extra == 0 ? 1 : 2))
      }
    }
  }

  @Test("Redirects are followed, in a circle not without end")
  func redirected() throws {
    try withServer(of: bytes, called: "a.bin", dataset("a.bin", bytes)) { meeting in
      let first = try LoopbackServer([:], .redirecting(meeting.server.address))
      try Fetch(meeting.set, into: meeting.folder, mirror: first.address, timeout: 30).run(lookUp: { _ in }) { _ in }
      #expect(try meeting.content("a.bin") == bytes)
      first.manner = .redirecting(first.address)
      expectFailure(.noInput, "leads to no file: ") {
        try Fetch(meeting.set, into: "\(meeting.folder)-2", mirror: first.address, timeout: 30)
          .run(lookUp: { _ in }) { _ in }
      }
      // Files of this machine are not fetched, whoever sends there.
      first.manner = .redirecting("file:///etc/")
      expectFailure(.noInput, "leads to no file: ") {
        try Fetch(meeting.set, into: "\(meeting.folder)-3", mirror: first.address, timeout: 30)
          .run(lookUp: { _ in }) { _ in }
      }
    }
  }

  @Test("A file that is not there and a server that is not there have their own words")
  func nothing() throws {
    try withServer(of: bytes, called: "b.bin", dataset("a.bin", bytes)) { meeting in
      expectFailure(.noInput, "a.bin: The requested URL returned error: 404; name another address by --mirror") {
        try meeting.fetch()
      }
      meeting.server.manner = .failing(503)
      expectFailure(.inputOutput, "returned error: 503; 0 bytes are kept") { try meeting.fetch() }
      expectFailure(.inputOutput, "http://127.0.0.1:1/a.bin: ") {
        try Fetch(meeting.set, into: meeting.folder, mirror: nil, timeout: 5).run(lookUp: { _ in }) { _ in }
      }
    }
  }

  @Test("More than the file may have is not taken")
  func endless() throws {
    let small = try dataset("a.bin", noise(10))
    try withServer(of: [UInt8](repeating: 1, count: (1 << 24) + 100), called: "a.bin", small) { meeting in
      expectFailure(.data, "more than 16777226 bytes come") { try meeting.fetch() }
    }
  }

  @Test("Two at once do not write one file")
  func atOnce() throws {
    try withServer(of: bytes, called: "a.bin", dataset("a.bin", bytes)) { meeting in
      try makeFolders("\(meeting.folder).part")
      let other = try GrowingFile(path: "\(meeting.folder).part/a.bin.part")
      expectFailure(.inputOutput, "another process is writing it") { try meeting.fetch() }
      #expect(other.count == 0)
    }
  }

  @Test("An address is one of http or https", arguments: ["ftp://x/", "x", "", "file:///etc/", "http://a b/", "-o"])
  func mirrors(address: String) throws {
    let set = try dataset("a.bin", [1])
    expectFailure(.usage, "--mirror \(address): give an address of http:// or https://") {
      _ = try Fetch(set, into: "/nowhere", mirror: address, timeout: 1)
    }
  }
}
