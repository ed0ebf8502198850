import Files
import Foundation
import TestSupport
import Testing

@Suite struct FileKindTests {
  @Test(
    "Committed files are known by their content",
    arguments: [
      ("checkpoints/tiny.h5", .hdf5), ("hdf5/userblock.h5", .hdf5), ("archives/float32.npy", .numPyArray),
      ("archives/arrays.npz", .numPyArchive), ("archives/compressed.npz", .numPyArchive), ("archives/plain.zip", .zip),
      ("archives/named.gz", .gzip), ("datasets/mnist/t10k-images-idx3-ubyte", .idx),
      ("datasets/mnist/t10k-labels-idx1-ubyte", .idx), ("generator.json", .json), ("README.md", .text),
      ("datasets/cifar10/test_batch.bin.gz", .gzip),
    ] as [(String, FileKind)])
  func committed(name: String, kind: FileKind) throws {
    #expect(try FileKind(ofFileAt: Fixture.path(name)) == kind)
  }

  /// The header of a zip archive whose first entry is `name`.
  private static func zip(_ name: String) -> [UInt8] {
    [0x50, 0x4B, 3, 4] + Array(repeating: 0, count: 22) + [UInt8(name.utf8.count), 0, 0, 0] + Array(name.utf8)
  }

  @Test(
    "Files of other programs are known by their first bytes",
    arguments: [
      ([], .empty), (zip("net/data.pkl"), .pyTorch), (zip("metadata.json"), .keras), (zip("a.txt"), .zip),
      ([0x50, 0x4B, 3, 4], .zip), ([0x80, 2, 0x7D, 0x71], .pickle),
      ([0x40, 0, 0, 0, 0, 0, 0, 0] + Array(#"{"a""#.utf8), .safetensors),
      ([0x08, 0x07, 0x12, 0x07] + Array("pytorch".utf8), .onnx), ([0x89, 0x50, 0x4E, 0x47, 0x0D], .png),
      (Array(" \n[1]".utf8), .json), (Array("caf".utf8) + [0xC3, 0xA9], .text), (Array("caf".utf8) + [0xC3], .text),
      (Array("version https://git-lfs.github.com/spec/v1\noid sha256:".utf8), .gitPointer),
      (Array("\n<!DOCTYPE html><title>".utf8), .webPage), (Array("<HTML>".utf8), .webPage),
      (Array("<xml>".utf8), .text),
      (Array("a.pt".utf8) + [UInt8](repeating: 0, count: 253) + Array("ustar".utf8), .tar),
      ([0xFF, 0xFE, 0xFD, 0xFC], .unknown), ([0, 1, 2], .unknown), ([0], .unknown),
    ] as [([UInt8], FileKind)])
  func headers(bytes: [UInt8], kind: FileKind) {
    #expect(FileKind(firstBytes: bytes) == kind)
  }

  @Test("Every kind has words of its own")
  func words() {
    #expect(Set(FileKind.allCases.map(\.description)).count == FileKind.allCases.count)
    let standIns = FileKind.allCases.filter { $0.advice != nil }
    #expect(standIns == [.tar, .gitPointer, .webPage])
  }

  @Test("A missing file and a folder are refused", arguments: ["missing", "checkpoints"])
  func refusals(name: String) {
    #expect(throws: (any Error).self) { try FileKind(ofFileAt: Fixture.path(name)) }
  }

  @Test("Sizes are those of the files")
  func sizes() throws {
    #expect(try fileSize(path: Fixture.path("generator.json")) == Fixture.data("generator.json").count)
    #expect(try fileSize(path: "/dev/null") == 0)
    #expect(throws: (any Error).self) { try fileSize(path: Fixture.path("missing")) }
  }
}
