import Checkpoints
import Files
import Foundation
import HDF5
import Interchange
import Networks
import Tensors
import TestSupport
import Testing

/// Files that safetensors, NumPy, h5py and this package wrote, against what Python says is in them.
@Suite struct ReadingTests {
  @Test(
    "The tensors of a small network come out of every format as Python put them in",
    arguments: ["state.safetensors", "state.npz", "state-compressed.npz", "state-big-endian-columns.npz"])
  func state(name: String) throws {
    let file = try open(name)
    #expect(file.format == (name.hasSuffix("npz") ? .numpy : .safetensors))
    #expect(file.byteCount == (try Fixture.data("interchange/\(name)")).count)
    try expectTensors(file.tensors, of: file, ExpectedTensor.tensors("state"))
    #expect(try file.stateDictionary().map(\.name) == file.tensors.map(\.name))
  }

  @Test("Every kind of element is read as PyTorch converts it")
  func elements() throws {
    let file = try open("elements.safetensors")
    try expectTensors(file.tensors, of: file, ExpectedTensor.tensors("elements"))
  }

  @Test("Texts beside the tensors are kept")
  func metadata() throws {
    #expect(try open("state.safetensors").metadata == ["format": "pt", "author": "café"])
    #expect(try open("state.npz").metadata == [:])
  }

  @Test("A checkpoint shows the network's and the optimiser's tensors apart, with their digests")
  func checkpoint() throws {
    let path = Fixture.path("checkpoints/tiny.h5")
    let file = try TensorFile(path: path)
    #expect(file.format == .hdf5 && file.isCheckpoint)
    #expect(Set(file.tensors.map(\.group)) == ["parameters", "optimizer"])
    let checkpoint = try Checkpoint(reading: path)
    for tensor in try file.stateDictionary() {
      let spec = try #require(checkpoint.parameters.specs.first { $0.path.text == tensor.name })
      #expect(try file.floats(of: tensor) == checkpoint.parameters[spec.path].values)
      #expect(tensor.digest?.count == 64)
    }
    let model = try file.model()
    #expect(model.graph.definition == checkpoint.definition)
    #expect(try model.parameters() == checkpoint.parameters)
    #expect(model.description.digest == checkpoint.digest)
    #expect(model.description.classNames == ["cat", "dog", "bird"])
    #expect(model.notes.isEmpty)
  }

  @Test("A tensor whose bytes were changed does not have its digest")
  func digest() throws {
    try Fixture.withTemporaryFolder { folder in
      let path = Fixture.path("checkpoints/tiny.h5")
      let weight = try Checkpoint(reading: path).parameters["classifier.weight"].values
      var data = try Fixture.data("checkpoints/tiny.h5")
      let place = try #require(data.range(of: weight.withUnsafeBytes { Data($0) }))
      data[place.lowerBound] ^= 1
      try data.write(to: URL(fileURLWithPath: "\(folder)/flipped.h5"))
      let file = try TensorFile(path: "\(folder)/flipped.h5")
      let tensor = try #require(file.tensors.first { $0.name == "classifier.weight" })
      #expect(refusal { _ = try file.floats(of: tensor) }?.hasSuffix("SHA-256; it is damaged") == true)
    }
  }

  @Test("Datasets of any HDF5 file are tensors under dotted names, big-endian ones too")
  func datasets() throws {
    let path = Fixture.path("hdf5/types.h5")
    let file = try TensorFile(path: path)
    let listing = try HDF5Listing(path: path)
    #expect(!file.isCheckpoint && !file.tensors.isEmpty)
    for dataset in listing.datasets where dataset.element == .float64 || dataset.element == .float32 {
      let name = dataset.name.dropFirst().replacing("/", with: ".")
      let tensor = try #require(file.tensors.first { $0.name == name })
      guard case .refused = dataset.storage else {
        #expect(try bits(file, tensor) == listing.readFloats(dataset.name).map(\.bitPattern), "\(name)")
        continue
      }
    }
  }

  @Test(
    "The raw structure names what is in the file",
    arguments: [
      ("interchange/state.safetensors", "features.0.weight", "tensor", "float32 2x1x3x3"),
      ("interchange/state.safetensors", "author", "text", "café"),
      ("interchange/state.npz", "classifier.bias.npy", "member", "140 bytes, stored"),
      ("interchange/state.npz", "features.1.num_batches_tracked", "tensor", "int64 scalar"),
      ("checkpoints/tiny.h5", "classifier", "group", ""), ("checkpoints/tiny.h5", "step", "attribute", "17"),
    ] as [(String, String, String, String)])
  func tree(file: String, name: String, kind: String, detail: String) throws {
    let tree = try TensorFile(path: Fixture.path(file)).tree()
    let nodes = all(tree)
    #expect(nodes.contains { ($0.name, $0.kind, $0.detail) == (name, kind, detail) }, "\(nodes.map(\.detail))")
  }

  private func all(_ node: FileNode) -> [FileNode] { [node] + node.children.flatMap(all) }

  @Test("A large tensor is handed out in parts of whole elements")
  func parts() throws {
    let count = 3_000_001
    let header = #"{"a":{"dtype":"F16","shape":[\#(count)],"data_offsets":[0,\#(2 * count)]}}"#
    var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + header.utf8
    bytes += (0..<count).flatMap { [UInt8(truncatingIfNeeded: $0), 0x3C] }
    let file = try TensorFile(ByteSource(bytes, name: "x"))
    var sizes: [Int] = []
    var first: [Float] = []
    try file.forEachPart(ofFloats: file.tensors[0]) { part in
      sizes.append(part.count)
      first.append(part[0])
    }
    #expect(sizes == [Int](repeating: 1 << 17, count: 22) + [count - 22 << 17])
    #expect(first == [Float](repeating: 1, count: 23))
  }

  @Test(
    "Datasets in any storage are read as the HDF5 reader itself reads them",
    arguments: ["kinds.h5", "storages.h5", "layouts.h5", "packed.h5", "latest.h5", "userblock.h5"])
  func storages(name: String) throws {
    let path = Fixture.path("hdf5/\(name)")
    let (file, listing) = try (TensorFile(path: path), HDF5Listing(path: path))
    for tensor in file.tensors where tensor.element.isFloatingPoint {
      let dataset = try #require(
        listing.datasets.first { $0.name.dropFirst().replacing("/", with: ".") == tensor.name })
      #expect(tensor.shape.sizes == dataset.shape)
      let wanted = try? listing.readFloats(dataset.name).map(\.bitPattern)
      let found = try? bits(file, tensor)
      #expect(found == wanted, "\(tensor.name)")
    }
  }
}
