import Failures
import Interchange
import Networks
import TestSupport
import Testing

@Suite("Which tensors are the network's, and by which names")
struct SelectionTests {
  @Test(
    "Patterns of names are those of shells",
    arguments: [
      ("criterion.*", "criterion.pos_weight", true), ("criterion.*", "xcriterion.a", false), ("*", "", true),
      ("*.bias", "a.b.bias", true), ("*.bias", "a.bias.b", false), ("a?c", "abc", true), ("a?c", "ac", false),
      ("a*b*c", "aXbYbZc", true), ("a*b*c", "aXc", false), ("", "", true), ("", "a", false), ("[a]", "a", false),
      ("**a", "bba", true), ("a*", "a", true),
    ])
  func patterns(pattern: String, name: String, matches: Bool) {
    #expect(NamePattern(pattern).matches(name) == matches)
  }

  /// The names that `selection` gives the tensors of the fixture.
  private func names(_ selection: StateSelection) throws -> [String] {
    try openWrapped("criterion.ckpt").stateDictionary(selection).map(\.name)
  }

  @Test("Tensors are left out, lose a prefix and are renamed, in this order")
  func order() throws {
    let all = try names(StateSelection())
    #expect(all.count == 10 && all.contains("metric.matrix"))
    #expect(try names(StateSelection(ignored: [NamePattern("criterion.*"), NamePattern("metric.*")])).count == 8)
    let stripped = try names(StateSelection(prefix: "model."))
    #expect(stripped.first == "conv1.weight" && stripped.count == 8)
    let renamed = try names(
      StateSelection(prefix: "model.", renamings: [Renaming("^conv([0-9])=block$1.conv"), Renaming("weight$=w")]))
    #expect(renamed.prefix(3) == ["block1.conv.w", "block1.conv.bias", "block2.conv.w"])
  }

  @Test("A text stands for what the expression found, and the last sign of equality counts")
  func renamings() throws {
    let cases = [
      ("model[.]=", "fc1.bias"), ("(model)[.](fc1)=$2.$1.$0", "fc1.model.model.fc1.bias"),
      ("b(?=ias)=c", "model.fc1.cias"),
      ("fc=$", "model.$1.bias"), ("1=", "model.fc.bias"), ("^.*$=same", "same"),
    ]
    for (text, expected) in cases {
      let found = try names(
        StateSelection(
          ignored: [NamePattern("*conv*"), NamePattern("*weight*"), NamePattern("*fc2*"), NamePattern("metric*")],
          renamings: [Renaming(text)]))
      #expect(found == [expected], "\(text)")
    }
  }

  @Test("What is no expression, takes nothing, or makes two names one is refused")
  func refusals() throws {
    for text in ["", "a", "=b", "(=b"] {
      #expect(throws: Failure.self, "\(text)") { try Renaming(text) }
    }
    let path = Fixture.path("wrapped/criterion.ckpt")
    #expect(
      refusal { _ = try names(StateSelection(prefix: "net.")) }
        == "usage: \(path): no tensor's name begins with the --prefix net.; they are like model.conv1.weight")
    #expect(
      refusal { _ = try names(StateSelection(renamings: [Renaming("conv[12]=conv")])) }
        == "usage: \(path): model.conv2.weight: --rename makes it \"model.conv.weight\", as another one's")
    #expect(
      refusal { _ = try names(StateSelection(renamings: [Renaming("(a)=$2")])) }
        == "usage: (a)=$2: $2 is a group that the expression does not have")
    #expect(
      refusal { _ = try names(StateSelection(group: "ema")) }
        == "\(path): has no dictionary ema of tensors; it has state_dict")
  }

  @Test("Where no dictionary is known to be the network, the choices are listed")
  func choices() throws {
    let file = try PickleBuilder.open(storages: ["0": [1]]) { builder in
      builder.dictionary { builder in
        for key in ["actor", "critic"] {
          builder.text(key)
          builder.dictionary {
            $0.text("w")
            $0.tensor("0")
          }
        }
      }
    }
    #expect(refusal { _ = try file.stateDictionary() } == "x: its tensors lie in actor, critic; --group takes one")
    #expect(try file.stateDictionary(StateSelection(group: "critic")).map(\.name) == ["w"])
  }

  @Test("A conversion into other formats takes the tensors that are asked for")
  func conversion() throws {
    try Fixture.withTemporaryFolder { folder in
      let request = ModelRequest(selection: StateSelection(prefix: "model.", renamings: [try Renaming("^fc=dense")]))
      let path = "\(folder)/x.safetensors"
      let conversion = Conversion(
        try openWrapped("criterion.ckpt"), request, by: Derivation(tool: "test", version: "0", arguments: []))
      #expect(try conversion.write(.safetensors, to: path).notes.isEmpty)
      let names = try TensorFile(path: path).tensors.map(\.name).sorted()
      #expect(names == ["conv1", "conv2", "dense1", "dense2"].flatMap { ["\($0).bias", "\($0).weight"] })
      let named = ModelRequest(architecture: .netMNIST)
      let whole = Conversion(
        try openWrapped("criterion.ckpt"), named, by: Derivation(tool: "test", version: "0", arguments: []))
      let notes = try whole.write(.safetensors, to: path).notes
      #expect(notes.contains("left out 2 tensors beside the network's: criterion.pos_weight, metric.matrix"))
      let back = try TensorFile(path: path)
      #expect(back.tensors.count == 8)
      #expect(try back.model().graph.definition.architecture == "net-mnist")
    }
  }
}
