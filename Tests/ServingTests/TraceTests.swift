import Foundation
import Records
import TestSupport
import Testing

/// Replies that list the points their attack asked about.
@Suite struct TraceTests {
  private func request(_ attack: String, byte: UInt8 = 128, _ more: String = "") -> String {
    #"{"op":"attack","image":\#(TinyModel.image(byte)),"label":0,"attack":{\#(attack)}\#(more)}"#
  }

  private func number(_ point: JSON, _ key: String) throws -> Double { try #require(point[key]?.number) }

  @Test("The first point is what a prediction says of the image, the last what the reply says of the perturbed one")
  func ends() throws {
    let reply = try #require(
      try TinyModel.replies([request(#""name":"fgsm","epsilon":"1/8","trace":true"#)]).first)
    let points = try #require(reply["trace"]?.array)
    #expect(points.map { $0["step"]?.integer } == [0, 1])
    #expect(reply["attack"]?["trace"] == .bool(true) && RecordSchemas.problems(inRecord: reply.text) == [])
    let image = try #require(reply["image"]?.text)
    let predictions = try TinyModel.replies([
      #"{"op":"predict","image":\#(TinyModel.image())}"#, #"{"op":"predict","image":\#(image)}"#,
    ])
    for (point, prediction) in zip(points, predictions) {
      let (logits, shares) = (
        try #require(prediction["logits"]?.numbers), try #require(prediction["probabilities"]?.numbers)
      )
      #expect(abs(try number(point, "loss") + log(shares[0])) < 1e-5)
      #expect(abs(try number(point, "margin") - (max(logits[1], logits[2]) - logits[0])) < 1e-5)
    }
    #expect(try number(points[0], "distance") == 0)
    #expect(points[1]["distance"] == reply["distance"])
  }

  @Test("An attack that is watched does the same, and is the same among others that are not")
  func independence() throws {
    let settings = #""epsilon":"1/4","steps":5,"restarts":2"#
    let (watched, plain) = (request(settings + #","trace":true"#), request(settings))
    let replies = try TinyModel.replies([plain, watched, plain, request(settings, byte: 90), watched])
    for reply in replies[1..<3] { #expect(reply["image"] == replies[0]["image"]) }
    #expect(replies[0]["trace"] == nil && replies[2]["trace"] == nil && replies[3]["trace"] == nil)
    #expect(replies[0]["attack"]?["trace"] == nil)
    let alone = try #require(try TinyModel.replies([watched]).first)
    #expect(replies[1]["trace"] == alone["trace"] && replies[4]["trace"] == alone["trace"])
    // Five gradients and an answer a start; both starts are tried unless the first fools.
    let points = try #require(alone["trace"]?.array)
    #expect(points.count == alone["forwards"]?.integer && points.count >= 6)
    let distances = try points.map { try number($0, "distance") }
    #expect(distances.allSatisfy { $0 <= 0.25 } && distances.contains { $0 > 0 })
    // What the reply names gives the same again.
    let again = try TinyModel.replies([
      #"{"op":"attack","image":\#(TinyModel.image()),"label":0,"attack":\#(try #require(alone["attack"]?.text))}"#
    ])
    #expect(again == [alone])
  }

  @Test("Whatever the attack, its reply with a trace is what the schema says")
  func attacks() throws {
    let names = ["bim", "square", "deepfool", "ddn", "minimal-apgd", "hop-skip-jump", "noise"]
    for name in names {
      let reply = try #require(try TinyModel.replies([request(#""name":"\#(name)","trace":true"#)]).first)
      #expect(RecordSchemas.problems(inRecord: reply.text) == [], "\(name)")
      #expect(try #require(reply["trace"]?.array).count > 0, "\(name)")
    }
  }

  @Test("What no request can ask for is listed with its reason, which is the message")
  func refused() throws {
    let replies = try TinyModel.replies([#"{"op":"describe"}"#, request(#""name":"universal""#)])
    let list = try #require(replies[0]["refused"]?.array)
    #expect(list.map { $0["name"]?.string } == ["universal"])
    let reason = try #require(list[0]["reason"]?.string)
    #expect(reason.hasPrefix("one perturbation for all images is learnt from training images"))
    #expect(replies[1]["type"]?.string == "error" && replies[1]["code"]?.string == "usage")
    #expect(replies[1]["message"]?.string == #"attack: `name` is "universal": \#(reason)"#)
    let names = try #require(replies[0]["attacks"]?.array).compactMap { $0["name"]?.string }
    #expect(!names.contains("universal") && names.contains("pgd"))
  }
}
