import Archives
import Failures
import Files
import Foundation
import Interchange
import TestSupport
import Testing

/// Files that are damaged, or made to do harm.
@Suite("Damaged and hostile Keras files")
struct KerasHostileTests {
  /// Reads all of a file, and looks for its network.
  private func read(_ bytes: [UInt8]) throws {
    let file = try TensorFile(ByteSource(bytes, name: "x"))
    _ = try file.tree()
    _ = try file.model().parameters()
  }

  private func isOneLine(_ message: String?) -> Bool { message.map { $0.hasPrefix("x") && !$0.contains("\n") } ?? true }

  @Test(
    "What reaches outside, or claims more than it holds, is refused by name",
    arguments: [
      ("virtual", "x: model.weights.h5: /layers/conv2d/vars/0: virtual datasets, made of other files, are not read"),
      ("external", "x: model.weights.h5: /layers/conv2d/vars/0: its data are in another file, which is not read"),
      ("soft-link", "x: model.weights.h5: /layers/conv2d/vars/0: soft links are not followed"),
      ("external-link", "x: model.weights.h5: /layers/conv2d/vars/0: links to other files are not followed"),
      ("huge", "x: model.weights.h5: /layers/conv2d/vars/0: declares 618475290624 bytes but stores 0"),
      ("short", "x: layer conv2d, Conv2D: its kernel is 1x3x2x4, not 3x3x2x4"),
      ("integers", "x: layer conv2d, Conv2D: its kernel is int32; only floating-point numbers are taken"),
      ("missing", "x: layer conv2d, Conv2D: has no kernel in the file; it is damaged, or not built"),
      ("config", "x: config.json has 20000055 bytes; 16777216 are read at most"),
    ])
  func hostile(name: String, words: String) throws {
    let bytes = [UInt8](try Fixture.data("keras/hostile-\(name).keras"))
    let message = refusal { try read(bytes) }
    #expect(message == words, "\(message ?? "taken")")
  }

  @Test("Bytes behind the tensors are no harm, and are bounded")
  func tail() throws {
    try read([UInt8](Fixture.data("keras/hostile-tail.keras")))
  }

  @Test("Members that are missing, twice, or no JSON")
  func members() throws {
    let bytes = [UInt8](try Fixture.data("keras/softmaxed.keras"))
    let archive = try ZipArchive(bytes, limit: 1 << 26, name: "x")
    let entries = try archive.entries.map { (name: $0.name, bytes: try archive.contents(of: $0)) }
    func message(_ entries: [(name: String, bytes: [UInt8])]) throws -> String? {
      let bytes = try zipStoring(entries)
      return refusal { try read(bytes) }
    }
    #expect(try message(entries) == nil)
    #expect(
      try message(entries.filter { $0.name != "model.weights.h5" })
        == "x: a Keras archive without model.weights.h5, which are not read")
    #expect(try message(entries.filter { $0.name != "config.json" })?.contains("without config.json") == true)
    #expect(try message(entries.filter { $0.name != "metadata.json" }) == nil)
    #expect(try message(entries + [entries[1]])?.contains("config.json: comes twice") == true)
    let texts = [
      "": "its description of the model is not JSON", "[]": "a model of class ; only sequential",
      "{}": "a model of class ; only",
      #"{"class_name":"Sequential","config":{"layers":[]}}"#: "is 2x8x8, not one number",
      #"{"class_name":"Sequential","config":{"layers":[{}]}}"#: "a layer without class or settings",
      #"{"class_name":"Functional","config":{"layers":[]}}"#: "a model of 0 inputs and 0 outputs",
      #"{"class_name":"Functional","config":{"layers":[],"input_layers":["a",0,0],"output_layers":["b",0,0]}}"#:
        "leaves the sizes of its images open",
    ]
    for (text, words) in texts {
      let message = try message(
        entries.map { $0.name == "config.json" ? (name: $0.name, bytes: Array(text.utf8)) : $0 })
      let found = message ?? "taken"
      #expect(found.contains(words) || found.contains("leaves the sizes"), "\(text): \(found)")
    }
  }

  @Test("Models within models, and layers by the million, come to an end")
  func depth() throws {
    let bytes = [UInt8](try Fixture.data("keras/softmaxed.keras"))
    func message(_ config: String) throws -> String {
      let changed = try changedMember("config.json", bytes) { _ in config }
      return refusal { try read(changed) } ?? "taken"
    }
    func model(_ layers: String) -> String {
      #"{"class_name":"Sequential","config":{"name":"m","layers":[\#(layers)]}}"#
    }
    let nested = (0..<18).reduce(#"{"class_name":"Flatten","config":{}}"#) { inner, _ in model(inner) }
    #expect(try message(nested).contains("models within models, or more layers than any network has"))
    let many = (0..<10_001).map { #"{"class_name":"ReLU","config":{"name":"\#($0)"}}"# }.joined(separator: ",")
    #expect(try message(model(many)).contains("models within models, or more layers than any network has"))
    #expect(
      try message(model(#"{"class_name":"A","config":{}},{"class_name":"A","config":{}}"#)).contains("two layers"))
    // Each calls the one within it twice: a million calls, were they all made.
    var inner = #"{"class_name":"ReLU","config":{"name":"r"}}"#
    let input = #"{"class_name":"InputLayer","config":{"name":"i","batch_shape":[null,4,4,1]}}"#
    for _ in 0..<14 {
      let calls = (0..<4).map { call in
        let source = call == 0 ? #"["i",0,0]"# : #"["r",\#(call - 1),0]"#
        return #"{"args":[{"class_name":"__keras_tensor__","config":{"keras_history":\#(source)}}],"kwargs":{}}"#
      }.joined(separator: ",")
      let called = inner.dropLast() + #","name":"r","inbound_nodes":[\#(calls)]}"#
      inner =
        #"{"class_name":"Functional","config":{"name":"f","layers":[\#(input),\#(called)],"#
        + #""input_layers":["i",0,0],"output_layers":["r",3,0]}}"#
    }
    #expect(try message(inner).contains("one layer too many"))
  }

  @Test("A file with bytes changed is read, or refused in a line", arguments: ["plain.keras", "separable.keras"])
  func flipped(name: String) throws {
    let bytes = [UInt8](try Fixture.data("keras/\(name)"))
    for position in stride(from: 4, to: bytes.count, by: name == "plain.keras" ? 331 : 61) {
      var damaged = bytes
      damaged[position] ^= 0xFF
      let message = refusal { try read(damaged) }
      #expect(isOneLine(message), "\(position): \(message ?? "")")
    }
    for count in stride(from: 100, to: bytes.count - 1, by: 997) {
      #expect(refusal { try read(Array(bytes[..<count])) } != nil, "\(count)")
    }
  }

  @Test("Settings that are damaged are read, or refused in a line")
  func texts() throws {
    for name in ["separable", "merged", "strided"] {
      let bytes = [UInt8](try Fixture.data("keras/\(name).keras"))
      var generator = SeededNumbers(7)
      for round in 0..<60 {
        let damaged = try changedMember("config.json", bytes) { text in
          var letters = Array(text.utf8)
          for _ in 0..<1 + round % 3 {
            letters[Int(generator.next() % UInt64(letters.count))] =
              Array("0123456789[]{},-\"n".utf8)[
                Int(generator.next() % 18)]
          }
          return String(decoding: letters, as: UTF8.self)
        }
        let message = refusal { try read(damaged) }
        #expect(isOneLine(message), "\(name), \(round): \(message ?? "")")
      }
    }
  }
}

/// Numbers that are the same in every run.
private struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state >> 16
  }
}
