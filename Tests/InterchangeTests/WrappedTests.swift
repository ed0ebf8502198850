import Checkpoints
import Failures
import Foundation
import Interchange
import Networks
import Records
import Tensors
import TestSupport
import Testing

/// The file `fixtures/wrapped/<name>`.
func openWrapped(_ name: String) throws -> TensorFile { try TensorFile(path: Fixture.path("wrapped/\(name)")) }

@Suite("State dictionaries, archives and arrays as people's programs save them")
struct WrappedTests {
  /// What PyTorch finds in a file.
  struct Case: CustomTestStringConvertible, Sendable {
    let file: String
    let json: JSON

    var testDescription: String { ([file] + [json["group"]?.string].compactMap { $0 }).joined(separator: " ") }

    /// The SHA-256 of every tensor's 32-bit floats.
    var digests: [String: String] {
      Dictionary(uniqueKeysWithValues: (json["tensors"]?.members ?? []).map { ($0.key, $0.value.string ?? "") })
    }

    func numbers(_ key: String) -> [Float] { (json[key]?.array ?? []).compactMap(\.number).map { Float($0) } }

    /// What has to be said of the network.
    var request: ModelRequest {
      ModelRequest(
        architecture: json["asked"]?.string.flatMap { Architecture(rawValue: $0) },
        imageShape: json["image"]?.array?.compactMap(\.integer), selection: StateSelection(group: json["group"]?.string)
      )
    }
  }

  static let cases: [Case] = {
    let json = try? JSON(parsing: [UInt8](Fixture.data("wrapped/expected.json")))
    return (json?.members ?? []).filter { $0.key != "logits" }.flatMap { member in
      (member.value.array ?? []).map { Case(file: member.key, json: $0) }
    }
  }()

  /// The SHA-256 of the floats of each of `tensors`.
  private func digests(_ tensors: [StoredTensor], of file: TensorFile) throws -> [String: String] {
    try Dictionary(
      uniqueKeysWithValues: tensors.map { tensor in
        var digest = RunningDigest()
        try file.forEachPart(ofFloats: tensor) { digest.add(UnsafeRawBufferPointer($0)) }
        return (tensor.name, digest.text)
      })
  }

  @Test("Every network is found with PyTorch's numbers, and what is left out is said", arguments: cases)
  func networks(expected: Case) throws {
    let file = try openWrapped(expected.file)
    guard let architecture = expected.json["architecture"]?.string else {
      #expect(try digests(file.stateDictionary(), of: file) == expected.digests)
      return
    }
    let model = try file.model(expected.request)
    let definition = model.graph.definition
    #expect(definition.architecture == architecture)
    #expect(definition.preprocessing.mean == expected.numbers("mean"))
    #expect(definition.preprocessing.standardDeviation == expected.numbers("deviation"))
    let parameters = try model.parameters()
    for (name, digest) in expected.digests {
      var found = RunningDigest()
      parameters[ParameterPath(name)].values.withUnsafeBytes { found.add($0) }
      #expect(found.text == digest, "\(name)")
    }
    #expect(parameters.specs.count == expected.digests.count)
    let notes = (expected.json["notes"]?.array ?? []).compactMap(\.string)
    let usual = ["recognised as ", "the file has no preprocessing"]
    #expect(model.notes.filter { note in !usual.contains { note.hasPrefix($0) } }.sorted() == notes.sorted())
    #expect(model.notes.contains { $0.hasPrefix(usual[1]) } == definition.preprocessing.mean.isEmpty)
  }

  @Test("All cases of the generator are there")
  func count() { #expect(Self.cases.count > 25) }

  @Test("Networks alike that make one together are told apart by --prefix alone")
  func ensembles() throws {
    let file = try openWrapped("ensemble.pt")
    let message = try #require(refusal { _ = try file.model() })
    #expect(message == "\(file.path): holds several networks alike, models.0. and models.1.: --prefix takes one")
    let members = try ["models.0.", "models.1."].map { prefix in
      try file.model(ModelRequest(selection: StateSelection(prefix: prefix))).parameters()["fc2.bias"].values
    }
    #expect(members[0].map { $0 * 2 } == members[1] && members[0].contains { $0 != 0 })
  }

  @Test("A normaliser of other pixels than those of 0...1 is none, unless the network is given another")
  func bytes() throws {
    let file = try openWrapped("mu-bytes.pt")
    let message = try #require(refusal { _ = try file.model() })
    #expect(message.contains("mu and sigma are not for pixels of 0...1; --normalise gives what the network needs"))
    let model = try file.model(ModelRequest(preprocessing: Preprocessing.none))
    #expect(model.notes.last == "left out 2 tensors beside the network's: mu, sigma")
    #expect(model.graph.definition.preprocessing == .none)
  }

  @Test(
    "Tensors of kinds that are not read are named with what to do",
    arguments: [
      ("sparse.pt", "fc2.weight", "sparse tensors are not read; save its to_dense()"),
      ("quantised.pt", "fc2.weight", "quantised tensors are not read; save its dequantize()"),
      ("objects.npz", "ragged", "Python objects are not read"),
    ])
  func unread(name: String, tensor: String, reason: String) throws {
    let file = try openWrapped(name)
    let object = try #require(file.unread.first { $0.name == tensor })
    #expect(object.reason == reason && object.mayBeTensor)
    try Fixture.withTemporaryFolder { folder in
      let conversion = Conversion(file, by: Derivation(tool: "test", version: "0", arguments: []))
      let message = refusal { _ = try conversion.write(.safetensors, to: "\(folder)/x.safetensors") }
      #expect(message?.hasPrefix("\(file.path): \(tensor): \(reason)") == true)
    }
  }

  @Test("Text and times beside arrays are left out with a word, and stop nothing")
  func text() throws {
    let file = try openWrapped("text.npz")
    #expect(file.unread.map(\.name) == ["classes", "saved"])
    #expect(file.unread.allSatisfy { !$0.mayBeTensor })
    try Fixture.withTemporaryFolder { folder in
      let conversion = Conversion(file, by: Derivation(tool: "test", version: "0", arguments: []))
      let notes = try conversion.write(.hdf5, to: "\(folder)/x.h5").notes
      #expect(notes.suffix(2) == ["left out classes: text is no tensor", "left out saved: times are no tensor"])
    }
  }

  @Test("Arrays without names say so where no network is asked for, or one of more tensors")
  func numbered() throws {
    let file = try openWrapped("numbered.npz")
    let words =
      "\(file.path): its 8 arrays have positions in place of names (arr_0 to arr_7); --arch takes them in the order of "
      + "that network's parameters, where the shapes fit"
    #expect(refusal { _ = try file.model() } == words)
    #expect(refusal { _ = try file.model(ModelRequest(architecture: .vgg11)) } == words)
    let message = refusal { _ = try file.model(ModelRequest(architecture: .digitsCNN)) }
    #expect(message?.contains("of another shape: ") == true)
  }

  @Test("A definition in place of a model is named")
  func definition() throws {
    try Fixture.withTemporaryFolder { folder in
      let text = try definitionJSON(Architecture.leNet.definition())
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/net.json"))
      let words = "\(folder)/net.json: a network's definition, no model; --arch takes it beside the file of its tensors"
      #expect(refusal { _ = try TensorFile(path: "\(folder)/net.json") } == words)
    }
  }

  @Test(
    "What people have in place of a file is named",
    arguments: [
      ("pointer.pt", "a Git LFS pointer in place of the file, no model; git lfs pull fetches the file"),
      ("page.pt", "a web page in place of the file, no model; fetch the file itself, by the link on that page"),
      ("archive.tar", "a tar archive, no model; unpack it with tar xf and name a file in it"),
    ])
  func others(name: String, words: String) throws {
    let path = Fixture.path("wrapped/\(name)")
    #expect(refusal { _ = try TensorFile(path: path) } == "\(path): \(words)")
  }
}
