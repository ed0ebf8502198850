import Foundation
import Records
import Serving
import TestSupport
import Testing

/// Requests that a later one does not want any more.
@Suite struct CancelTests {
  private func cancel(_ id: String) -> String { #"{"id":"c","op":"cancel","cancel":\#(id)}"# }

  @Test("A request that waits is not computed, in the order of the requests or out of it", arguments: [true, false])
  func waiting(keepsOrder: Bool) throws {
    let requests = [
      TinyModel.endlessAttack("1"), TinyModel.prediction("2"), TinyModel.prediction("3"), cancel("2"), cancel("1"),
    ]
    let lines = try TinyModel.lines(requests, .endless, keepsOrder: keepsOrder).dropFirst()
    let answers = [
      #"{"type":"error","v":1,"code":"cancelled","message":"cancelled by line 5","id":1}"#,
      #"{"type":"error","v":1,"code":"cancelled","message":"cancelled by line 4","id":2}"#,
      try #require(try TinyModel.lines([TinyModel.prediction("3")]).last),
      #"{"type":"reply","v":1,"id":"c","op":"cancel","cancel":2,"cancelled":1}"#,
      #"{"type":"reply","v":1,"id":"c","op":"cancel","cancel":1,"cancelled":1}"#,
    ]
    let order = keepsOrder ? [0, 1, 2, 3, 4] : [0, 1, 3, 4, 2]
    #expect(Array(lines) == order.map { answers[$0] })
    #expect(lines.flatMap(RecordSchemas.problems(inRecord:)) == [])
  }

  @Test("An attack under way ends between two steps, and the same attack may be asked for again")
  func underWay() throws {
    // An image that already is what the attack is after needs no step; the other cannot get there.
    let (one, other) = try images()
    func attack(_ id: Int, _ image: String, target: Int) -> String {
      let settings = #"{"name":"mi-fgsm","epsilon":1e-6,"steps":1000000000000,"target":\#(target),"early_stop":true}"#
      return #"{"id":\#(id),"op":"attack","image":\#(image),"attack":\#(settings)}"#
    }
    let service = try Conversation(.endless)
    for round in 0..<3 {
      service.say(attack(round, one.image, target: other.label))
      service.say(cancel("\(round)"))
      let (error, reply) = (try service.hear(), try service.hear())
      #expect(error.outcome == "cancelled")
      #expect(error["id"] == .integer(Int64(round)))
      #expect(reply["cancelled"] == .integer(1))
      service.say(attack(-1, other.image, target: other.label))
      #expect(try service.hear()["perturbed"] == .integer(Int64(other.label)))
    }
    #expect(try service.end() == [])
  }

  /// Two images that the model takes for different classes, which PyTorch says.
  private func images() throws -> (one: (image: String, label: Int), other: (image: String, label: Int)) {
    let cases = try Fixture.data("service/answers.ndjson").split(separator: 0x0A).map { try JSON(parsing: Array($0)) }
    let images = cases.compactMap { known -> (image: String, label: Int)? in
      guard let image = known["request"]?["image"], let label = known["expected"]?["predicted"]?.integer else {
        return nil
      }
      return (image.text, label)
    }
    return (images[0], try #require(images.first { $0.label != images[0].label }))
  }

  @Test("While an attack goes on, others of its batch are cancelled and what is known at once is answered")
  func partly() throws {
    let service = try Conversation(.endless, keepsOrder: false)
    service.say(TinyModel.endlessAttack("1"), TinyModel.endlessAttack("2"), #"{"id":"d","op":"describe"}"#)
    #expect(try service.hear()["id"] == .string("d"))
    service.say(cancel("2"), "{", TinyModel.prediction("3"))
    #expect(try service.hear().outcome == "cancelled")
    #expect(try service.hear().outcome == "cancel")
    #expect(try service.hear()["line"] == .integer(5))
    service.say(cancel("[1,2]"), cancel("1"))
    #expect(try service.hear()["id"] == .integer(1))
    #expect(try service.hear()["cancelled"] == .integer(0))
    #expect(try service.hear()["cancelled"] == .integer(1))
    #expect(try service.hear().outcome == "predict")
    #expect(try service.end() == [])
  }

  @Test("In order, replies wait for an attack under way and come once it is cancelled")
  func inOrder() throws {
    let service = try Conversation(.endless)
    service.say(TinyModel.endlessAttack("1"))
    service.say(#"{"id":"d","op":"describe"}"#, cancel("1"), cancel("1"))
    let outcomes = try (0..<4).map { _ in try service.hear() }
    #expect(outcomes.map(\.outcome) == ["cancelled", "describe", "cancel", "cancel"])
    #expect(outcomes[2...].map { $0["cancelled"]?.integer } == [1, 0])
    #expect(try service.end() == [])
  }

  @Test(
    "An id is any value, told apart from those that look alike",
    arguments: [("7", #""7""#), (#"{"a":[1]}"#, #"{"a":[2]}"#), ("false", "0"), (#""é""#, #""e""#), ("1", "1.5")])
  func ids(id: String, other: String) throws {
    let requests = [TinyModel.prediction(id), TinyModel.prediction(other), TinyModel.prediction(id), cancel(id)]
    let replies = try TinyModel.replies(requests)
    #expect(replies.map(\.outcome) == ["cancelled", "predict", "cancelled", "cancel"])
    #expect(replies[3]["cancelled"] == .integer(2))
    #expect(replies[3]["cancel"]?.text == id)
  }

  @Test("What is answered, unknown, still to come, or without an id is not cancelled")
  func nothing() throws {
    var limits = ServiceLimits()
    // One place: a request is answered before the next is read.
    limits.waiting = 1
    let requests = [TinyModel.prediction("1"), cancel("1"), cancel("2"), TinyModel.prediction("2")]
    let replies = try TinyModel.replies(requests, limits)
    #expect(replies.map(\.outcome) == ["predict", "cancel", "cancel", "predict"])
    #expect(replies[1...2].allSatisfy { $0["cancelled"] == .integer(0) })
    let nameless = #"{"op":"predict","image":\#(TinyModel.image())}"#
    #expect(
      try TinyModel.replies([nameless, TinyModel.prediction("null"), cancel("1")])[2]["cancelled"] == .integer(0))
  }

  @Test("A cancel that names nobody is refused", arguments: ["", #","cancel":null"#])
  func nobody(member: String) throws {
    let replies = try TinyModel.replies([TinyModel.prediction("null"), #"{"op":"cancel"\#(member)}"#])
    #expect(replies.map(\.outcome) == ["predict", "data"])
    #expect(
      replies[1]["message"]?.string == "request without `cancel`; give the `id` of the request to cancel")
  }

  @Test("Those that remain of a batch have the replies they have alone")
  func neighbours() throws {
    let requests = (0..<9).map { number in
      #"{"id":\#(number),"op":"attack","image":\#(TinyModel.image(UInt8(number * 20))),"attack":{"steps":3}}"#
    }
    let alone = try requests.map { try #require(try TinyModel.replies([$0]).first) }
    let replies = try TinyModel.replies(requests + ["0", "4", "8"].map(cancel))
    for (number, reply) in replies.prefix(9).enumerated() {
      if number % 4 == 0 { #expect(reply.outcome == "cancelled") } else { #expect(reply == alone[number]) }
    }
  }
}
