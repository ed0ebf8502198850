import Foundation
import Interchange
import Networks
import Tensors
import TestSupport
import Testing

/// Files that PyTorch wrote, of every layout, against what PyTorch says is in them.
@Suite struct PyTorchTests {
  private static let states = [
    "state.pt", "state-legacy.pt", "state-deflated.pt", "protocol4.pt", "module.pt", "module-legacy.pt", "net.pt",
    "checkpoint.pt",
  ]

  @Test("The network's tensors come out of every layout, wrapping and prefix", arguments: states)
  func state(name: String) throws {
    let file = try open(name)
    #expect(file.format == .pytorch)
    let state = try file.stateDictionary()
    #expect(state.map(\.name) == (try open("state.pt")).tensors.map(\.name))
    let expected = try ExpectedTensor.tensors("state")
    // One step was trained before the checkpoint was saved, but the dictionary was taken before.
    guard name != "checkpoint.pt" else {
      #expect(state.map(\.shape.sizes) == state.map { expected[$0.name]?.shape })
      return
    }
    try expectTensors(state, of: file, expected)
  }

  @Test("A checkpoint's parts are told apart, and its prefixes stripped")
  func checkpoint() throws {
    let file = try open("checkpoint.pt")
    let groups = Set(file.tensors.map(\.group))
    #expect(groups.isSuperset(of: ["", "state_dict", "optimizer.state.0"]))
    #expect(file.tensors.contains { $0.path == "state_dict.module._orig_mod.features.0.weight" })
    #expect(file.tensors.contains { $0.path == "optimizer.state.4.momentum_buffer" })
    #expect(file.tensors.contains { $0.group.isEmpty && $0.name == "best" })
  }

  @Test(
    "Tensors that share, skip, turn or repeat a storage are read as PyTorch reads them",
    arguments: ["views.pt", "views-legacy.pt", "views-deflated.pt"])
  func views(name: String) throws {
    let file = try open(name)
    try expectTensors(file.tensors, of: file, ExpectedTensor.tensors("views"))
  }

  @Test("Every kind of element is read as PyTorch converts it")
  func elements() throws {
    let file = try open("elements.pt")
    try expectTensors(file.tensors, of: file, ExpectedTensor.tensors("elements"))
  }

  @Test("Elements that no 32-bit float holds are refused by name")
  func unreadable() throws {
    let file = try open("unreadable.pt")
    let words = [
      "complex64": "elements of kind complex64 are not read",
      "large": "element 1 is 16777217, which no 32-bit float holds",
    ]
    #expect(file.tensors.count == 3)
    for tensor in file.tensors {
      let message = refusal { _ = try file.floats(of: tensor) }
      let expected = words[tensor.name].map { "\(file.path): \(tensor.name): \($0)" }
      #expect(message.map { $0.hasPrefix(expected ?? "?") } == expected.map { _ in true }, "\(tensor.name)")
    }
  }

  @Test("A network in 16 bits is recognised and widened")
  func half() throws {
    let model = try open("half.pt").model()
    #expect(model.graph.definition.architecture == "net-mnist")
    let parameters = try model.parameters()
    let weight = FormulaWeights.values(path: "fc2.weight", shape: [10, 50], kind: .weight)
    for (read, wanted) in zip(parameters["fc2.weight"].values, weight) { #expect(abs(read - wanted) < 2e-4) }
  }

  @Test("The raw structure shows objects under their classes, none of which exists here")
  func tree() throws {
    func all(_ node: FileNode) -> [FileNode] { [node] + node.children.flatMap(all) }
    for name in ["module.pt", "module-legacy.pt"] {
      let nodes = try all(open(name).tree())
      let kinds = Set(nodes.map(\.kind))
      #expect(kinds.isSuperset(of: ["models.vgg.VGG", "torch.nn.modules.conv.Conv2d", "tensor", "dict"]), "\(name)")
      #expect(nodes.contains { ($0.name, $0.kind, $0.detail) == ("kernel_size", "tuple", "") }, "\(name)")
    }
    let nodes = try all(open("checkpoint.pt").tree())
    #expect(nodes.contains { ($0.name, $0.kind, $0.detail) == ("epoch", "int", "7") })
    #expect(nodes.contains { ($0.name, $0.kind, $0.detail) == ("big", "int", "beyond 64 bits") })
    #expect(nodes.contains { ($0.name, $0.kind, $0.detail) == ("name", "str", "café") })
    #expect(nodes.contains { $0.kind == "member" && $0.name.hasSuffix("/data.pkl") })
  }

  @Test("Every hostile file is refused with the file's name and what is wrong, or harmless")
  func hostile() throws {
    for (name, bytes, words) in try hostileCases("hostile-pytorch") {
      let message = refusal { try readAll(bytes) }
      guard let words else {
        #expect(message == nil, "\(name): \(message ?? "")")
        continue
      }
      #expect(message?.hasPrefix("x: ") == true, "\(name): \(message ?? "was read")")
      #expect(message?.contains(words) == true, "\(name): \(message ?? "was read")")
    }
  }

  @Test(
    "A damaged byte, or an end that is missing, is refused or harmless", arguments: ["module.pt", "state-legacy.pt"])
  func damage(name: String) throws {
    let bytes = [UInt8](try Fixture.data("interchange/\(name)"))
    for position in bytes.indices {
      var damaged = bytes
      damaged[position] ^= UInt8(1 + position % 255)
      let message = refusal { try readAll(damaged) }
      #expect(message == nil || message?.hasPrefix("x: ") == true, "\(position): \(message ?? "")")
    }
    for count in 0..<bytes.count {
      #expect(refusal { try readAll(Array(bytes[..<count])) }?.hasPrefix("x: ") == true, "\(count)")
    }
  }

  @Test("Old files of other makers and versions are refused by name")
  func oldFiles() throws {
    let bytes = [UInt8](try Fixture.data("interchange/state-legacy.pt"))
    func changed(_ position: Int, _ byte: UInt8) -> String? {
      var damaged = bytes
      damaged[position] = byte
      return refusal { try readAll(damaged) }
    }
    #expect(changed(5, 0)?.contains("not one of PyTorch") == true)
    // Behind the magic number: protocol, opcode, the version's two bytes.
    #expect(changed(18, 0xEA)?.contains("of another version than 1001") == true)
    let little = Array("little_endian".utf8)
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: little) })
    let truth = try #require(bytes[place...].firstIndex(of: 0x88))
    #expect(changed(truth, 0x89)?.contains("big-endian") == true)
  }
}
