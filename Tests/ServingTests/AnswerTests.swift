import Foundation
import Records
import Serving
import TestSupport
import Testing

@Suite struct AnswerTests {
  @Test("Predictions and attacks are PyTorch's, however the image came, from fixtures/make/service.py")
  func reference() throws {
    let cases = try Fixture.data("service/answers.ndjson").split(separator: 0x0A).map { try JSON(parsing: Array($0)) }
    #expect(cases.count > 30)
    let requests = try cases.map { try #require($0["request"]) }
    let replies = try TinyModel.replies(requests.map(\.text))
    try #require(replies.count == cases.count)
    for (number, reply) in replies.enumerated() {
      let expected = try #require(cases[number]["expected"])
      #expect(reply["type"]?.string == "reply", "\(reply.text)")
      #expect(reply["id"] == requests[number]["id"])
      #expect(reply["op"] == requests[number]["op"])
      for key in ["predicted", "label", "natural", "perturbed"] {
        #expect(reply[key] == expected[key], "request \(number): \(key)")
      }
      for key in ["logits", "probabilities"] { close(reply[key]?.numbers, expected[key]?.numbers, "\(number): \(key)") }
      close(
        reply["distance"].flatMap(\.number).map { [$0] }, expected["distance"].flatMap(\.number).map { [$0] },
        "\(number): distance")
      close(try reply["image"].map(pixels), expected["pixels"]?.numbers, "\(number): pixels")
      if let predicted = reply["predicted"]?.integer {
        #expect(reply["class"]?.string == ["cat", "dog", "bird"][predicted])
      }
    }
  }

  private func close(_ found: [Double]?, _ expected: [Double]?, _ what: String) {
    guard let found, let expected else { return #expect(found == nil && expected == nil, "\(what)") }
    #expect(found.count == expected.count, "\(what)")
    for (left, right) in zip(found, expected) { #expect(abs(left - right) < 2e-5, "\(what): \(left), not \(right)") }
  }

  /// The pixels of an image in a reply.
  private func pixels(_ image: JSON) throws -> [Double] {
    #expect(image["shape"]?.numbers == [1, 4, 4])
    let bytes = try #require(Data(base64Encoded: image["f32"]?.string ?? ""))
    #expect(bytes.count == 64)
    return bytes.withUnsafeBytes { all in
      (0..<16).map {
        Double(Float(bitPattern: UInt32(littleEndian: all.load(fromByteOffset: 4 * $0, as: UInt32.self))))
      }
    }
  }

  @Test("A reply names the whole attack, with what was left open", arguments: ["{}", "null", nil])
  func defaults(attack: String?) throws {
    let member = attack.map { #","attack":\#($0)"# } ?? ""
    let reply = try #require(try TinyModel.replies([#"{"op":"attack","image":\#(TinyModel.image())\#(member)}"#]).first)
    #expect(
      reply["attack"]?.text
        == #"{"name":"pgd","norm":"linf","epsilon":0.3,"steps":40,"step_size":0.01,"start":"random","restarts":1,"#
        + #""loss":"cross-entropy","seed":"0"}"#)
    #expect(reply["line"] == .integer(1))
    #expect(reply["label"] == reply["natural"])
    #expect(reply["index"] == .integer(0))
  }

  @Test("Settings are taken as they are given, and what a reply names gives the same attack again")
  func settings() throws {
    let given =
      #"{"name":"pgd","norm":"l2","epsilon":"1/2","steps":3,"step_size":0.25,"start":"random","restarts":2,"#
      + #""target":1,"loss":"margin","seed":"18446744073709551615"}"#
    func request(_ attack: String) -> String { #"{"op":"attack","image":\#(TinyModel.image()),"attack":\#(attack)}"# }
    let first = try #require(try TinyModel.replies([request(given)]).first)
    let named = try #require(first["attack"])
    #expect(
      named.text
        == #"{"name":"pgd","norm":"l2","epsilon":0.5,"steps":3,"step_size":0.25,"start":"random","restarts":2,"#
        + #""loss":"margin","seed":"18446744073709551615","target":1}"#)
    #expect(try TinyModel.replies([request(named.text)]) == [first])
    let step = try #require(try TinyModel.replies([request(#"{"name":"fgsm","epsilon":"1/8"}"#)]).first)
    #expect(try TinyModel.replies([request(try #require(step["attack"]).text)]) == [step])
  }

  @Test("Where steps do not lead as far as the budget, the reply says how far, and one seed may decide pose and start")
  func reach() throws {
    func reply(_ attack: String, _ more: String = "") throws -> JSON {
      let request = #"{"op":"attack","image":\#(TinyModel.image()),"attack":\#(attack)\#(more)}"#
      let line = try #require(try TinyModel.lines([request]).last)
      #expect(RecordSchemas.problems(inRecord: line) == [])
      return try JSON(parsing: line)
    }
    #expect(try reply(#"{"steps":4,"step_size":"1/16"}"#)["reach"] == .number(0.25))
    #expect(try reply(#"{"steps":4}"#)["reach"] == nil)
    #expect(try reply(#"{"steps":4}"#)["attack"]?["step_size"] == .number(0.1))
    let turned = try reply(#"{"name":"fgsm","seed":3}"#, #","transform":{"rotation":30,"seed":3}"#)
    #expect(turned["type"]?.string == "reply")
  }

  @Test("An attack that stops early says after how many steps, and is alike alone and among others")
  func earlyStop() throws {
    func request(_ index: Int, stop: String = "true") -> String {
      let settings = #"{"epsilon":"1/2","steps":12,"step_size":"1/20","restarts":3,"early_stop":\#(stop)}"#
      return #"{"op":"attack","image":\#(TinyModel.image()),"index":\#(index),"attack":\#(settings)}"#
    }
    let together = try TinyModel.replies((0..<9).map { request($0) })
    for (index, reply) in together.enumerated() {
      let alone = try #require(try TinyModel.replies([request(index)]).first)
      #expect(alone["image"] == reply["image"] && alone["steps"] == reply["steps"])
      #expect(reply["attack"]?["early_stop"] == .bool(true))
      let whole = try #require(try TinyModel.replies([request(index, stop: "false")]).first)
      #expect(whole["steps"] == nil && whole["attack"]?["early_stop"] == nil)
      #expect(whole["perturbed"] == whole["label"] || reply["perturbed"] != reply["label"])
      #expect(RecordSchemas.problems(inRecord: reply.text) == [])
      #expect(try #require(reply["steps"]?.integer) <= 36)
    }
    #expect(together.contains { $0["steps"]?.integer ?? 36 < 36 })
  }

  @Test("Index, seed and label each make another attack")
  func dependence() throws {
    func request(_ more: String, seed: Int = 0) -> String {
      #"{"op":"attack","image":\#(TinyModel.image()),"attack":{"steps":1,"seed":\#(seed)}\#(more)}"#
    }
    let requests = [
      request(""), request(#","index":0"#), request(#","index":5"#), request("", seed: 3), request(#","label":0"#),
      request(#","label":1"#), request(#","label":2"#),
    ]
    let images = try TinyModel.replies(requests).map { try #require($0["image"]?["f32"]?.string) }
    #expect(images[0] == images[1])
    #expect(Set(images[0..<4]).count == 3)
    #expect(Set(images[4..<7]).count > 1)
    #expect(images[4..<7].contains(images[0]))
  }

  @Test("The description has the facts of the first record and more")
  func description() throws {
    let lines = try TinyModel.lines([#"{"id":"d","op":"describe"}"#])
    let (ready, reply) = (try JSON(parsing: lines[0]), try JSON(parsing: lines[1]))
    #expect(ready["type"]?.string == "ready")
    #expect(ready["model"]?.string == TinyModel.digest)
    #expect(ready["classes"]?.text == #"["cat","dog","bird"]"#)
    #expect(ready["class_count"] == .integer(3))
    #expect(ready["shape"]?.text == "[1,4,4]")
    #expect(ready["limits"]?.text == #"{"line":16777216,"batch":32,"waiting":128,"attack_steps":10000}"#)
    for member in try #require(ready.members) where !["type", "v", "version"].contains(member.key) {
      #expect(reply[member.key] == member.value, "\(member.key)")
    }
    // 18 + 2 + 2 of the convolution and its norm, 96 + 3 of the dense layer.
    #expect(reply["parameters"] == .integer(121))
    // 16 pixels by 2 kernels of 9, and 32 by 3.
    #expect(reply["multiply_adds"] == .integer(384))
    #expect(lines.flatMap(RecordSchemas.problems(inRecord:)) == [])
  }
}
