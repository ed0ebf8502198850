import Attacks
import Records
import TestSupport
import Testing

/// The list of attacks in the reply to `describe`, held against the catalogue and against what attacks reply.
@Suite struct AttackListTests {
  /// The list that the service gives.
  private func list() throws -> [JSON] {
    let reply = try #require(try TinyModel.replies([#"{"op":"describe"}"#]).first)
    return try #require(reply["attacks"]?.array)
  }

  private func request(_ attack: String) -> String {
    #"{"op":"attack","image":\#(TinyModel.image()),"attack":\#(attack)}"#
  }

  /// What names `attack` in a request; an ensemble needs members, and what has no customary budget one.
  private func members(of attack: JSON) -> String {
    let isOdd = attack["epsilon"] == .string("needed") && attack["norms"]?.array?.contains(.string("linf")) != true
    return #""name":\#(attack["name"]?.text ?? "")"#
      + (attack["name"] == .string("ensemble") ? #","members":["fgsm"]"# : "") + (isOdd ? #","epsilon":1"# : "")
  }

  @Test("is that of the catalogue")
  func catalogue() throws {
    let list = try list()
    #expect(list.map { $0["name"]?.string } == AttackCatalogue.all.map(\.name))
    for (found, attack) in zip(list, AttackCatalogue.all) {
      #expect(found["norms"]?.array?.map(\.string) == attack.norms.map(\.rawValue))
      #expect(found["epsilon"]?.string == attack.budget.rawValue)
      #expect(found["needs"]?.string == (attack.asksForGradients ? "gradients" : "logits"))
      #expect(found["source"]?.string == attack.source && found["summary"]?.string == attack.summary)
      #expect(found["settings"]?.array?.map { $0["name"]?.string } == attack.settings.map(\.rawValue))
    }
  }

  @Test("has defaults for the model's images: advertorch's PGD on one channel")
  func defaults() throws {
    let pgd = try #require(try list().first)
    #expect(
      pgd["settings"]?.text
        == #"[{"name":"steps","type":"integer","default":40},{"name":"step_size","type":"number","default":0.01},"#
        + #"{"name":"start","type":"choice","choices":["random","noise","unclipped","signs","uniform","radial","clean"],"#
        + #""default":"random"},"#
        + #"{"name":"restarts","type":"integer","default":1},"#
        + #"{"name":"loss","type":"choice","choices":["cross-entropy","margin","kl"],"default":"cross-entropy"},"#
        + #"{"name":"seed","type":"seed","default":"0"},{"name":"target","type":"integer"},"#
        + #"{"name":"projection","type":"choice","choices":["ball-last","range-last"]},"#
        + #"{"name":"direction","type":"choice","choices":["steepest","gradient"]}]"#)
  }

  @Test("has defaults that, given, change nothing; and every attack's reply is what the schema says")
  func given() throws {
    // The model has three classes.
    var refused: [String] = []
    for attack in try list() {
      let settings = try #require(attack["settings"]?.array).compactMap { setting in
        setting["default"].map { #","\#(setting["name"]?.string ?? "")":\#($0.text)"# }
      }
      let name = members(of: attack)
      let replies = try TinyModel.replies([request("{\(name)}"), request("{\(name)\(settings.joined())}")])
      if replies[0]["message"]?.string?.hasPrefix("the ratio of logits needs 4 classes") == true {
        refused.append(try #require(attack["name"]?.string))
        continue
      }
      #expect(replies[0]["type"]?.string == "reply", "\(name): \(replies[0].text)")
      #expect(replies[0]["attack"] == replies[1]["attack"] && replies[0]["image"] == replies[1]["image"], "\(name)")
      #expect(RecordSchemas.problems(inRecord: replies[0].text) == [], "\(name)")
      let backwards = try #require(replies[0]["backwards"]?.integer)
      #expect((backwards > 0) == (attack["needs"]?.string == "gradients"), "\(name)")
      #expect(try #require(replies[0]["forwards"]?.integer) > 0, "\(name)")
    }
    #expect(refused == ["apgd-t", "autoattack", "evaluate-fast"])
  }
}
