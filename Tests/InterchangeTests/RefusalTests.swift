import Archives
import Failures
import Files
import Foundation
import Interchange
import TestSupport
import Testing

/// Hostile, damaged and foreign files are refused in one line.
@Suite struct RefusalTests {
  @Test("Every hostile safetensors file is refused with the file's name, and what is wrong")
  func safetensors() throws {
    let words = [
      "hole": "b: lies behind a gap", "overlap": "b: overlaps", "trailing": "1 bytes after the last tensor",
      "short": "a: lies at 0...8 of 4 bytes", "shape": "a: 4 bytes for 8", "overflow": "beyond all bounds",
      "negative": "beyond all bounds", "fraction": "needs dtype, shape", "dtype": "F31", "twice": "appears twice",
      "backwards": "lies at 4...0", "metadata": "a is no text", "nested": "nested deeper",
      "header": "a header of 4294967296 bytes", "array": "no model", "text": "its header: line 1",
    ]
    for (name, bytes, _) in try hostileCases("hostile-safetensors") {
      let message = try #require(refusal { try readAll(bytes) }, "\(name)")
      #expect(message.hasPrefix("x: "), "\(name): \(message)")
      #expect(message.contains(try #require(words[name], "\(name)")), "\(name): \(message)")
    }
  }

  @Test(
    "A file that is no model is told for what it is",
    arguments: [
      ("archives/stored.zip", "a zip archive, no model"), ("archives/named.gz", "gzip data, no model"),
      ("generator.json", "JSON, no model"), ("archives/float32.npy", "a NumPy array (.npy), no model"),
    ])
  func others(name: String, words: String) {
    let path = Fixture.path(name)
    let message = refusal { _ = try TensorFile(path: path) }
    let formats = "hdf5, pytorch, safetensors, numpy, keras, keras-h5, onnx, torch-export"
    #expect(message == "\(path): \(words); these are read: \(formats)")
  }

  @Test(
    "Crafted HDF5 files of every kind are refused by name",
    arguments: [
      ("external-link.h5", "links to other files are not followed"), ("soft-link.h5", "soft links are not followed"),
      ("user-link.h5", "user-defined links are not followed"), ("cycle.h5", "run in a circle"),
      ("deep.h5", "nested more than"), ("shape-bomb.h5", ""), ("external-storage.h5", ""),
      ("virtual.h5", ""), ("same-names.h5", ""), ("unfinished.h5", ""),
    ])
  func craftedHDF5(name: String, words: String) throws {
    let path = Fixture.path("hdf5/\(name)")
    let message = refusal {
      let file = try TensorFile(path: path)
      // What is refused alone, among other datasets, is refused when it is read.
      for tensor in file.tensors { try file.forEachPart(of: tensor) { _ in } }
      try file.refuse(file.unread)
    }
    #expect(message?.hasPrefix("\(path): ") == true, "\(message ?? "was read")")
    #expect(words.isEmpty || message?.contains(words) == true, "\(message ?? "")")
  }

  @Test("Archives without what Keras puts there, and graphs that are cut, are refused by name")
  func incomplete() throws {
    let keras = try zipStoring([(name: "metadata.json", bytes: Array("{}".utf8))])
    #expect(
      refusal { try readAll(keras) }
        == "x: a Keras archive without config.json and model.weights.h5, which are not read")
    let cut: [UInt8] = [0x08, 0x08, 0x12, 0x00, 0x3A]
    let words = "x: byte 5: ends in the midst of a field; it is damaged, or no ONNX file"
    #expect(refusal { try readAll(cut) } == words)
  }

  @Test("A missing file and a folder are no input")
  func missing() {
    for path in ["/nonexistent/x.pt", "/tmp"] {
      #expect(throws: Failure.self) { _ = try TensorFile(path: path) }
      #expect(refusal { _ = try TensorFile(path: path) }?.hasPrefix("noInput: \(path): ") == true)
    }
  }

  @Test("Damaged arrays of an archive are refused", arguments: ["state.npz", "state-compressed.npz"])
  func damagedArchive(name: String) throws {
    let bytes = [UInt8](try Fixture.data("interchange/\(name)"))
    for position in stride(from: 0, to: bytes.count, by: 7) {
      var damaged = bytes
      damaged[position] ^= 0x55
      let message = refusal { try readAll(damaged) }
      #expect(message == nil || message?.hasPrefix("x: ") == true, "\(position): \(message ?? "")")
    }
    for count in stride(from: 0, to: bytes.count, by: 11) {
      #expect(refusal { try readAll(Array(bytes[..<count])) } != nil, "\(count)")
    }
  }

  @Test("The formats of names are told by their endings")
  func suffixes() {
    #expect(ModelFormat(suffixOf: "a/b.PT") == .pytorch)
    #expect(ModelFormat(suffixOf: "b.pth") == .pytorch)
    #expect(ModelFormat(suffixOf: "x.safetensors") == .safetensors)
    #expect(ModelFormat(suffixOf: "x.y.npz") == .numpy)
    #expect(ModelFormat(suffixOf: "x.hdf5") == .hdf5)
    #expect(ModelFormat(suffixOf: ".pt") == nil)
    #expect(ModelFormat(suffixOf: "a.pt/b") == nil)
    #expect(ModelFormat(suffixOf: "-") == nil)
    #expect(ModelFormat(suffixOf: "") == nil)
    #expect(ModelFormat(suffixOf: "folder/") == nil)
    #expect(ModelFormat(suffixOf: "x.onnx") == .onnx)
    #expect(ModelFormat(suffixOf: "x.keras") == .keras)
    for format in ModelFormat.allCases {
      for suffix in format.suffixes { #expect(ModelFormat(suffixOf: "x.\(suffix)") == format) }
      #expect(format.isSupported == (format != .torchExport))
    }
  }

  @Test(
    "The format of a file is told by its content, whatever its name",
    arguments: [
      ("interchange/state.pt", .pytorch), ("interchange/state-legacy.pt", .pytorch),
      ("interchange/state-deflated.pt", .pytorch), ("interchange/state.npz", .numpy),
      ("interchange/state.safetensors", .safetensors), ("checkpoints/tiny.h5", .hdf5), ("hdf5/userblock.h5", .hdf5),
      ("keras/flat.keras", .keras),
    ] as [(String, ModelFormat)])
  func contents(name: String, format: ModelFormat) throws {
    try Fixture.withTemporaryFolder { folder in
      let path = "\(folder)/x.onnx"
      try Fixture.data(name).write(to: URL(fileURLWithPath: path))
      #expect(try ModelFormat(contentOf: ByteSource(path: path)) == format)
      #expect(try TensorFile(path: path).format == format)
    }
  }

  @Test("Archives whose first member is not the telling one are known by the others")
  func laterMembers() throws {
    for (name, format) in [("a/data.pkl", ModelFormat.pytorch), ("x.npy", .numpy)] {
      let bytes = try zipStoring([("README", []), (name: name, bytes: [])])
      #expect(try ModelFormat(contentOf: ByteSource(bytes, name: "x")) == format)
    }
    let bytes = try zipStoring([("README", []), (name: "notes.txt", bytes: [])])
    #expect(
      refusal { _ = try ModelFormat(contentOf: ByteSource(bytes, name: "x")) }?.contains("a zip archive, no model")
        == true)
  }

  @Test("An archive of more entries than any model has is refused")
  func entries() throws {
    // More than 65,535 entries need a writer of zip64.
    try Fixture.withTemporaryFolder { folder in
      var writer = try ZipWriter(path: "\(folder)/many.zip", named: "many.zip")
      for number in 0...100_000 { try writer.add(number == 0 ? "x.npy" : "\(number)", []) }
      try writer.finish()
      let path = "\(folder)/many.zip"
      let message = refusal { _ = try TensorFile(path: path) }
      #expect(message == "\(path): 100001 entries; 100000 are read at most")
    }
  }
}
