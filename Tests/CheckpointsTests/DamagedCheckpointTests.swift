import Checkpoints
import Failures
import Foundation
import HDF5
import Networks
import Tensors
import TestSupport
import Testing

/// What reading the checkpoint at `path` ends with; nil if it succeeds.
func complaint(_ path: String) -> Failure? {
  do {
    _ = try Checkpoint(reading: path)
    return nil
  } catch {
    return error as? Failure ?? Failure(.internal, "\(error)")
  }
}

/// The path of a copy of `tiny.h5` with some tensors and attributes left out, replaced or added.
func withCopy(
  _ folder: String, without skipped: Set<String> = [], replacing values: [String: HDF5Value] = [:],
  adding tensors: [String: [Float]] = [:], more: (borrowing HDF5Writer) throws -> Void = { _ in }
) throws -> String {
  let original = try HDF5Listing(path: Fixture.path("checkpoints/tiny.h5"))
  let path = "\(folder)/copy.h5"
  let writer = try HDF5Writer(path: path)
  for group in original.groups { try writer.createGroup(group) }
  for dataset in original.datasets where !skipped.contains(dataset.name) {
    try writer.write(try original.readFloats(dataset.name), shape: dataset.shape, to: dataset.name)
  }
  for (name, numbers) in tensors {
    try writer.write(numbers, shape: [numbers.count], to: name)
    try writer.setAttribute("sha256", of: name, to: .string("0"))
  }
  try more(writer)
  for object in original.groups + original.datasets.map(\.name) where !skipped.contains(object) {
    for (name, value) in original.attributes(of: object).sorted(by: { $0.key < $1.key }) {
      let label = "\(object)@\(name)"
      guard !skipped.contains(label) else { continue }
      try writer.setAttribute(name, of: object, to: values[label] ?? value)
    }
  }
  try writer.close()
  return path
}

@Suite("Damaged checkpoints")
struct DamagedCheckpointTests {
  @Test("an unchanged copy is read, so that the complaints below have one cause")
  func unchanged() throws {
    try Fixture.withTemporaryFolder { folder in
      let path = try withCopy(folder)
      #expect(complaint(path) == nil)
    }
  }

  @Test(
    "an attribute that is missing or wrong is named",
    arguments: [
      "/@format", "/@version", "/@digest", "/@definition", "/@configuration", "/@history", "/@provenance",
      "/@class_names", "/progress@epoch", "/progress@step", "/parameters/classifier/bias@sha256",
    ])
  func attributes(label: String) throws {
    try Fixture.withTemporaryFolder { folder in
      let name = String(label.drop { $0 != "@" }.dropFirst())
      for path in [
        try withCopy(folder, without: [label]), try withCopy(folder, replacing: [label: .float(1.5)]),
      ] {
        let failure = try #require(complaint(path))
        #expect(failure.kind == .data)
        #expect(failure.message.hasPrefix(path))
        #expect(failure.message.contains(name), "\(failure)")
      }
    }
  }

  @Test("a negative epoch is refused")
  func negative() throws {
    try Fixture.withTemporaryFolder { folder in
      let path = try withCopy(folder, replacing: ["/progress@epoch": .integer(-1)])
      #expect(complaint(path)?.message.contains("epoch that is an integer of at least 0") == true)
    }
  }

  @Test("parameters that are missing and unexpected are listed")
  func wrongParameters() throws {
    try Fixture.withTemporaryFolder { folder in
      let path = try withCopy(
        folder, without: ["/parameters/classifier/bias"],
        adding: ["/parameters/classifier/extra": [1], "/parameters/more": [2]])
      #expect(
        complaint(path)
          == Failure(
            .data,
            "\(path): parameters do not fit tiny: 1 missing: classifier.bias; "
              + "2 unexpected: classifier.extra, more"))
    }
  }

  @Test("a parameter of another shape is told with both")
  func wrongShape() throws {
    try Fixture.withTemporaryFolder { folder in
      let path = try withCopy(
        folder, without: ["/parameters/classifier/bias"], adding: ["/parameters/classifier/bias": [1, 2, 3, 4]])
      #expect(complaint(path)?.message.hasSuffix("1 of another shape: classifier.bias [4] for [3]") == true)
    }
  }

  @Test("a definition that is no JSON, lacks a key or makes no network is refused in one line")
  func wrongDefinition() throws {
    try Fixture.withTemporaryFolder { folder in
      for (text, reason) in [
        ("{", "the definition is not JSON"),
        ("{}", "the definition's architecture is missing"),
        (
          #"{"architecture":"a","classCount":2.5,"imageShape":[1,1,1]}"#,
          "the definition has a number where it does not fit, as a fraction for a count"
        ),
        (
          #"{"architecture":"a","classCount":2,"imageShape":[1,"x"]}"#, "the definition's imageShape.1 has another type"
        ),
        (
          #"{"architecture":"a","classCount":2,"imageShape":[1,1,1],"preprocessing":{"mean":[],"standardDeviation":[]},"#
            + #""nodes":[{"name":"conv1","inputs":["input"],"kind":"arctan"}]}"#,
          "the definition's nodes.0.kind (node conv1) has a value that is not known"
        ),
        (
          #"{"architecture":"a","classCount":2,"imageShape":[1,1,1],"preprocessing":{"mean":[],"standardDeviation":[]},"#
            + #""nodes":[{"name":"fc","inputs":["input"],"kind":"dense"}]}"#,
          "the definition's nodes.0.outputs (node fc) is missing"
        ),
        (
          #"{"architecture":"a","classCount":2,"imageShape":[1,1,1],"nodes":[],"#
            + #""preprocessing":{"mean":[],"standardDeviation":[]}}"#, "has 0 nodes"
        ),
        (String(repeating: "[", count: 100_000), "the definition"),
      ] {
        let path = try withCopy(folder, replacing: ["/@definition": .string(text)])
        let failure = try #require(complaint(path))
        #expect(failure.kind == .data)
        #expect(failure.message.contains(reason), "\(failure)")
      }
    }
  }

  @Test("one flipped bit in a tensor is found, by the tensor's name")
  func flippedBit() throws {
    var bytes = try Fixture.data("checkpoints/tiny.h5")
    let dataset = try #require(
      try HDF5Listing(path: Fixture.path("checkpoints/tiny.h5")).dataset("/parameters/classifier/weight"))
    guard case .contiguous(let offset) = dataset.storage else {
      Issue.record("not contiguous")
      return
    }
    bytes[offset + 100] ^= 1
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/a.h5"
      try bytes.write(to: URL(fileURLWithPath: path))
      let reason = "/parameters/classifier/weight: its bytes do not have its SHA-256; it is damaged"
      #expect(complaint(path) == Failure(.data, "\(path): \(reason)"))
      #expect(throws: Never.self) { try Checkpoint.summary(path: path) }
    }
  }

  @Test("flipped bytes anywhere end in a failure or in the same model")
  func flippedBytes() throws {
    let whole = try Fixture.data("checkpoints/tiny.h5")
    let digest = try Checkpoint(reading: Fixture.path("checkpoints/tiny.h5")).digest
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/a.h5"
      for index in 0..<100 {
        var bytes = whole
        bytes[index &* 7919 % bytes.count] ^= UInt8(1 + index % 255)
        try bytes.write(to: URL(fileURLWithPath: path))
        do {
          let checkpoint = try Checkpoint(reading: path)
          #expect(checkpoint.digest == digest)
        } catch let failure as Failure {
          #expect(failure.message.hasPrefix("\(path): "), "\(failure)")
          #expect(failure.kind == .data || failure.kind == .inputOutput)
        }
      }
    }
  }

  @Test("HDF5 files that are no checkpoints, other files and missing ones are told apart")
  func noCheckpoint() {
    let other = Fixture.path("hdf5/userblock.h5")
    #expect(complaint(other)?.message.contains("is HDF5 but no checkpoint") == true)
    #expect(complaint(Fixture.path("make/hdf5.py"))?.message.hasSuffix("not an HDF5 file") == true)
    #expect(complaint("/nowhere.h5")?.kind == .noInput)
  }

  @Test("a checkpoint into a missing folder, and a name that HDF5 cannot hold, are refused; nothing is left")
  func cannotWrite() throws {
    let checkpoint = try tinyCheckpoint()
    #expect(
      throws: Failure(.cannotCreate, "/nowhere/a.h5: cannot create: no such folder; make it first")
    ) { try checkpoint.write(to: "/nowhere/a.h5") }
    try Fixture.withTemporaryFolder { folder in
      for name in ["a/b", "a..b", "", "."] {
        var other = checkpoint
        other.optimizer[name] = Tensor([1], [0])
        #expect(throws: Failure.self) { try other.write(to: "\(folder)/a.h5") }
      }
      let left = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(left.isEmpty)
    }
  }
}
