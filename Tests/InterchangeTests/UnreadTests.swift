import Archives
import Failures
import Files
import Foundation
import Interchange
import Networks
import Records
import Tensors
import TestSupport
import Testing

/// The file `fixtures/unread/<name>`.
private func openUnread(_ name: String) throws -> TensorFile { try TensorFile(path: Fixture.path("unread/\(name)")) }

/// What `file` names and does not read, with why.
private func unread(_ file: TensorFile) -> [String: String] {
  Dictionary(uniqueKeysWithValues: file.unread.map { ($0.path, $0.reason) })
}

@Suite("What files hold beside tensors that are read")
struct UnreadTests {
  @Test("A tensor saved by itself is one", arguments: ["one.pt", "one-legacy.pt", "one-parameter.pt"])
  func bareTensor(name: String) throws {
    let file = try openUnread(name)
    let tensor = try #require(file.tensors.first)
    #expect(file.tensors.map(\.path) == ["tensor"] && file.unread.isEmpty)
    #expect(tensor.shape.sizes == [2, 3])
    #expect(try file.floats(of: tensor) == [0, 1, 2, 3, 4, 5])
    #expect(try file.stateDictionary().map(\.name) == ["tensor"])
  }

  @Test("Tensors under keys that are no names, and in sets, are found")
  func keys() throws {
    let file = try openUnread("keys.pt")
    let first = try file.tensors.map { try file.floats(of: $0)[0] }
    #expect(file.tensors.map(\.path) == ["1.5", "True", "None", "(a, 0)", "set.0"])
    #expect(first == [0, 1, 2, 3, 4])
    #expect(file.unread.isEmpty)
  }

  @Test("An optimiser saved whole, whose state has tensors for keys, does not stand in the way")
  func optimizer() throws {
    let file = try openUnread("optimizer.pt")
    #expect(try file.stateDictionary().map(\.name) == ["weight"])
    let state = file.tensors.filter { $0.path.hasPrefix("optimizer.state.") }.map(\.path)
    #expect(state == (0...1).map { "optimizer.state.(\($0)).momentum_buffer" })
  }

  @Test("Arrays of NumPy and storages in pickles are named, numbers beside them are nobody's weights")
  func pickles() throws {
    let reason = "arrays of NumPy in a pickle are not read; save tensors"
    let arrays = try openUnread("arrays.pt")
    #expect(arrays.tensors.map(\.path) == ["w"])
    #expect(unread(arrays) == ["v": reason])
    #expect(try unread(openUnread("array.pt")) == ["tensor": reason])
    #expect(try unread(openUnread("storage.pt")) == ["tensor": "a storage without sizes is not read; save the tensor"])
    #expect(try openUnread("nothing.pt").unread.isEmpty)
  }

  @Test("Datasets that are no numbers are named with what they are")
  func datasets() throws {
    #expect(try unread(openUnread("complex.h5")) == ["x": "complex numbers are not read"])
    #expect(
      try unread(openUnread("kinds.h5")) == [
        "classifier.bias": "floating-point numbers of 80 bits in this layout are not read",
        "record": "records are not read", "text": "text is no tensor", "bits": "bit fields are not read",
      ])
    #expect(try unread(openUnread("link.h5")) == ["alias": "soft links are not followed"])
    let tree = try openUnread("link.h5").tree()
    #expect(tree.children.map(\.name) == ["fc", "alias"] && tree.children[1].kind == "link")
    let filters = try TensorFile(path: Fixture.path("hdf5/unknown-filter.h5"))
    #expect(filters.tensors.isEmpty && filters.unread.map(\.name) == ["packed"])
  }

  @Test("Kinds of safetensors that are known and not read are named, of sizes that fit")
  func safetensors() throws {
    let file = try openUnread("float4.safetensors")
    #expect(file.tensors.map(\.path) == ["b"])
    #expect(
      unread(file) == ["w": "elements of kind F4 are not read", "s": "elements of kind F8_E8M0 are not read"])
    for (old, new) in [("[2, 4]", "[3, 4]"), ("[2, 4]", "[2,-4]"), (#""F4""#, #""F6""#)] {
      var changed = try Fixture.data("unread/float4.safetensors")
      changed.replaceSubrange(try #require(changed.range(of: Data(old.utf8))), with: new.utf8)
      let bytes = [UInt8](changed)
      #expect(refusal { try readAll(bytes) }?.hasPrefix("x: w: ") == true, "\(new)")
    }
  }

  @Test("Members of a NumPy archive that are no arrays are named, folders are not")
  func members() throws {
    let array = [UInt8](try Fixture.data("archives/float32.npy"))
    let bytes = try zipStoring([("a.npy", array), ("notes.txt", []), ("folder/", [])])
    let file = try TensorFile(ByteSource(bytes, name: "x"))
    #expect(file.tensors.map(\.path) == ["a"])
    #expect(unread(file) == ["notes.txt": "members that are no arrays are not read"])
  }

  @Test("Every 8-bit floating-point number is the one that PyTorch reads", arguments: ["F8_E4M3", "F8_E5M2"])
  func eightBits(dtype: String) throws {
    let header = #"{"a":{"dtype":"\#(dtype)","shape":[256],"data_offsets":[0,256]}}"#
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    let file = try TensorFile(ByteSource(length + header.utf8 + (0...255).map { UInt8($0) }, name: "x"))
    let json = try JSON(parsing: [UInt8](Fixture.data("unread/expected.json")))
    let expected = try #require(json["float8"]?[dtype]?.array).compactMap(\.integer).map { UInt32($0) }
    for (found, bits) in zip(try file.floats(of: file.tensors[0]), expected) {
      let wanted = Float(bitPattern: bits)
      #expect(wanted.isNaN ? found.isNaN : found.bitPattern == bits)
    }
    #expect(expected.count == 256)
  }

  @Test("A conversion stops at what is not read, naming it, or goes on without, saying so")
  func conversions() throws {
    try Fixture.withTemporaryFolder { folder in
      let derivation = Derivation(tool: "test", version: "0", arguments: [])
      for (name, first) in [
        ("complex.h5", "x: complex numbers are not read"), ("link.h5", "alias: soft links are not followed"),
        ("float4.safetensors", "w: elements of kind F4 are not read (and 1 more objects)"),
        ("arrays.pt", "v: arrays of NumPy in a pickle are not read; save tensors"),
      ] {
        let (file, path) = (try openUnread(name), "\(folder)/out.npz")
        let advice = "--skip-unreadable leaves them out"
        #expect(throws: Failure(.data, "\(file.path): \(first); \(advice)")) {
          try Conversion(file, by: derivation).write(.numpy, to: path)
        }
        #expect(!FileManager.default.fileExists(atPath: path))
        let result = try Conversion(file, tolerance: .init(skipsUnread: true), by: derivation).write(.numpy, to: path)
        #expect(result.notes == file.unread.map { "left out \($0.path): \($0.reason)" })
        let copy = try TensorFile(path: path)
        #expect(copy.tensors.map(\.name) == file.tensors.map(\.name))
        try FileManager.default.removeItem(atPath: path)
      }
    }
  }

  @Test("Class names that are not one a class, and texts without room in a NumPy archive, are left out with a word")
  func texts() throws {
    try Fixture.withTemporaryFolder { folder in
      let graph = try NetworkGraph(Architecture.digitsCNN.definition())
      let tensors = Parameters(initializing: graph, seed: 1)
      let outgoing = zip(tensors.specs, tensors.tensors).map {
        OutgoingTensor(name: $0.path.text, shape: $1.shape, values: $1.values)
      }
      let names = JSON.array((0..<5000).map { .string("the class with the number \($0)") }).text
      let path = "\(folder)/a.safetensors"
      try writeTensors(
        outgoing, metadata: OutgoingTexts(["cusp.class_names": names]), format: .safetensors, to: path)
      let conversion = Conversion(
        try TensorFile(path: path), by: Derivation(tool: "test", version: "0", arguments: []))
      let notes = try conversion.write(.hdf5, to: "\(folder)/a.h5").notes
      #expect(notes.contains("left out 5000 class names, which are not one for each of its classes"))
      let others = try conversion.write(.numpy, to: "\(folder)/a.npz").notes
      #expect(others == ["left out what is known of the network, which is too long for a NumPy archive"])
      #expect(try TensorFile(path: "\(folder)/a.npz").metadata.isEmpty)
    }
  }

  @Test("What is not read beside the network does not stop its conversion, as other tensors there do not")
  func beside() throws {
    let pickle = PickleBuilder.pickle { builder in
      builder.dictionary { builder in
        builder.text("state_dict")
        builder.dictionary {
          $0.text("w")
          $0.tensor("0")
        }
        builder.text("random")
        builder.list {
          $0.global("numpy.core.multiarray", "_reconstruct")
          $0.add(")R")
        }
      }
    }
    try Fixture.withTemporaryFolder { folder in
      let input = "\(folder)/in.pt"
      try Data(try PickleBuilder.file(pickle, storages: ["0": [2]])).write(to: URL(fileURLWithPath: input))
      let file = try TensorFile(path: input)
      #expect(file.unread.map(\.path) == ["random.0"])
      let derivation = Derivation(tool: "test", version: "0", arguments: [])
      let result = try Conversion(file, by: derivation).write(.safetensors, to: "\(folder)/out.safetensors")
      #expect(result.notes.isEmpty)
    }
  }
}
