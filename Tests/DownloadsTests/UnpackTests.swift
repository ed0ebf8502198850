import Archives
import Downloads
import Failures
import Files
import Foundation
import TestSupport
import Testing

/// What fetched archives become.
@Suite(
  "Unpacking what was fetched", .serialized,
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/curl"), "needs curl"))
struct UnpackTests {
  @Test("A tar file, packed by gzip or not, becomes its folders and files", arguments: [true, false])
  func tar(isGZipped: Bool) throws {
    let packed = Array(try Fixture.data("archives/gnu.tar.gz"))
    let bytes = isGZipped ? packed : try gunzip(packed, limit: 1 << 20, name: "x")
    try withServer(of: bytes, called: "a.tar", dataset("a.tar", bytes, .tar(isGZipped: isGZipped))) { meeting in
      try meeting.fetch()
      #expect(try meeting.content("a.txt").isEmpty)
      #expect(try meeting.content("folder/b.bin").count == 511)
      let deep = "folder/" + String(repeating: "deep/", count: 30) + "c.bin"
      #expect(try meeting.content(deep).count == 512)
      // The link to somewhere else is not made.
      #expect(
        try folderEntries(meeting.folder).map(\.name) == [
          "a.txt", "folder", String(repeating: "x", count: 150) + ".bin",
        ])
    }
  }

  @Test("Of a zip file only what is wanted is kept")
  func zip() throws {
    let arrays = ["gzip/a": NumPyArray([1 as Int64]), "gzip/b": NumPyArray([2 as Int64])]
    let bytes = try NumPyArchive.fileBytes(of: arrays.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    try withServer(of: bytes, called: "g.zip", dataset("g.zip", bytes, .zip, wanted: ["gzip/b"])) { meeting in
      try meeting.fetch()
      #expect(try folderEntries("\(meeting.folder)/gzip").map(\.name) == ["b.npy"])
    }
  }

  @Test("A damaged archive leaves no folder")
  func damaged() throws {
    let bytes = Array(try Fixture.data("archives/gnu.tar.gz").dropLast(20))
    try withServer(of: bytes, called: "a.tar", dataset("a.tar", bytes, .tar(isGZipped: true))) { meeting in
      expectFailure(.data, "a.tar: ends early") { try meeting.fetch() }
      let beside = try meeting.beside
      #expect(beside == ["made.part"])
    }
  }

  @Test("A file that a mirror has packed anew is known by what it holds")
  func repacked() throws {
    let original = Array(try Fixture.data("archives/one-member.gz"))
    let content = try gunzip(original, limit: 1 << 20, name: "x")
    let other = Array(try Fixture.data("archives/named.gz"))
    try #require(try gunzip(other, limit: 1 << 20, name: "x") == content)
    try withServer(of: other, called: "a.gz", dataset("a.gz", original, holding: content)) { meeting in
      try meeting.fetch()
      #expect(try meeting.content("a.gz") == other)
    }
    try withServer(of: other, called: "a.gz", dataset("a.gz", original, holding: original)) { meeting in
      expectFailure(.data, "its MD5 is ") { try meeting.fetch() }
    }
    try withServer(of: content, called: "a.gz", dataset("a.gz", original, holding: content)) { meeting in
      expectFailure(.data, "its MD5 is ") { try meeting.fetch() }
    }
  }

  @Test("Every data set that is known has addresses and digests of the right form, and its own name")
  func table() {
    #expect(PublicDataset.all.count == 8)
    #expect(Set(PublicDataset.all.map(\.name)).count == PublicDataset.all.count)
    let files = PublicDataset.all.flatMap(\.files)
    for digest in files.flatMap({ [$0.digest] + ($0.contentDigest.map { [$0] } ?? []) }) {
      #expect(digest.count == 32 && digest.allSatisfy { "0123456789abcdef".contains($0) }, "\(digest)")
    }
    #expect(Set(files.map(\.digest)).count == files.count)
    for set in PublicDataset.all {
      #expect(set.address.hasPrefix("http") && set.address.hasSuffix("/") && set.byteCount > 1 << 20)
      #expect(PublicDataset(set.name) == set)
      for file in set.files {
        #expect(set.address(of: file, mirror: "http://m") == "http://m/\(file.name)")
        #expect(set.address(of: file, mirror: "http://m/") == "http://m/\(file.name)")
        #expect(set.address(of: file, mirror: nil).hasPrefix(set.address + file.name))
      }
    }
    #expect(PublicDataset("nothing") == nil)
  }
}
