import Foundation
import Records
import Serving
import TestSupport
import Testing

@Suite struct StreamTests {
  @Test(
    "Ids come back untouched, whatever they are",
    arguments: [
      "7", "-9223372036854775808", "9223372036854775807", "0.1", "null", "true", #""a \"quoted\" text""#, "[]",
      #"{"a":[1,{"b":null}]}"#, #""""#,
    ])
  func ids(id: String) throws {
    let requests = [#"{"op":"describe","id":\#(id)}"#, #"{"op":"nothing","id":\#(id)}"#]
    for reply in try TinyModel.lines(requests).dropFirst() {
      #expect(reply.contains(#""id":\#(id)"#), "\(reply)")
      #expect(try JSON(parsing: reply)["line"] == nil)
    }
  }

  /// Predictions, attacks of two settings, descriptions and mistakes, mixed.
  private static let mixed = (0..<40).map { number in
    let image = TinyModel.image(UInt8(number * 6))
    return switch number % 5 {
    case 0: #"{"id":\#(number),"op":"predict","image":\#(image)}"#
    case 1: #"{"id":\#(number),"op":"attack","image":\#(image),"attack":{"steps":2}}"#
    case 2: #"{"id":\#(number),"op":"attack","image":\#(image),"label":2,"attack":{"name":"fgsm"}}"#
    case 3: #"{"id":\#(number),"op":"describe"}"#
    default: #"{"id":\#(number),"op":"predict"}"#
    }
  }

  @Test("Every request has one reply, in order, whatever is taken together", arguments: [1, 2, 7, 1000])
  func order(batchSize: Int) throws {
    var limits = ServiceLimits()
    limits.batchSize = batchSize
    let lines = try TinyModel.lines(Self.mixed, limits)
    let replies = try lines.dropFirst().map { try JSON(parsing: $0) }
    #expect(replies.map { $0["id"]?.integer } == Array(0..<40))
    let kinds = ["predict", "attack", "attack", "describe", nil]
    #expect(replies.map { $0["op"]?.string } == (0..<40).map { kinds[$0 % 5] })
    #expect(lines.flatMap(RecordSchemas.problems(inRecord:)) == [])
    // What describes the batch differs, nothing else does.
    let others = try TinyModel.replies(Self.mixed)
    for (reply, other) in zip(replies, others) where reply["op"]?.string != "describe" { #expect(reply == other) }
  }

  @Test("The requests of these tests are what the schema allows")
  func requestSchema() throws {
    let schema = try #require(try RecordSchemas.schema(of: "request"))
    for (number, line) in Self.mixed.enumerated() {
      #expect(schema.problems(try JSON(parsing: line)).isEmpty == (number % 5 != 4), "\(line)")
    }
    for line in try Fixture.data("service/answers.ndjson").split(separator: 0x0A) {
      let request = try #require(try JSON(parsing: Array(line))["request"])
      #expect(schema.problems(request) == [])
    }
  }

  @Test("Many attacks, more than stay prepared, give what each gives alone")
  func manyAttacks() throws {
    let requests = (0..<12).map { number in
      #"{"id":\#(number),"op":"attack","image":\#(TinyModel.image()),"attack":{"steps":1,"seed":\#(number % 6)}}"#
    }
    let together = try TinyModel.replies(requests)
    var limits = ServiceLimits()
    limits.batchSize = 1
    #expect(try TinyModel.replies(requests, limits) == together)
    #expect(Set(together.compactMap { $0["image"]?["f32"]?.string }).count == 6)
  }

  @Test("A line that is too long costs itself alone")
  func longLine() throws {
    var limits = ServiceLimits()
    limits.lineLength = 200
    let long = #"{"id":1,"op":"describe","filler":"\#(String(repeating: "x", count: 300_000))"}"#
    let replies = try TinyModel.replies(["", #"{"id":0,"op":"describe"}"#, long, #"{"id":2,"op":"describe"}"#], limits)
    #expect(replies.map { $0["type"]?.string } == ["reply", "error", "reply"])
    #expect(replies[1]["line"] == .integer(3))
    #expect(replies[1]["message"]?.string == "stdin: line 3 is longer than 200 bytes; write one record a line")
  }

  @Test("A reply comes before the next request does, and half a line holds nothing up")
  func conversation() throws {
    let service = try Conversation()
    for number in 0..<3 {
      service.write(#"{"id":\#(number),"op":"describe"}"# + "\n\n\r\n" + #"{"id":"half"#)
      #expect(try service.hear()["id"] == .integer(Int64(number)))
      service.write(#"","op":"describe"}"# + "\n")
      #expect(try service.hear()["id"] == .string("half"))
    }
    #expect(try service.end() == [])
  }

  @Test("Alike requests share a batch wherever they stand; the order of replies is the requests' unless not asked for")
  func readiness() throws {
    let all = try TinyModel.replies(Self.mixed, keepsOrder: false)
    // What needs no computing comes first, then each kind in the order of its first request.
    let numbers = [3, 4].flatMap { Self.numbers($0) }.sorted() + [0, 1, 2].flatMap { Self.numbers($0) }
    #expect(all.map { $0["id"]?.integer } == numbers)
    let ordered = try TinyModel.replies(Self.mixed)
    for reply in all { #expect(ordered[try #require(reply["id"]?.integer)] == reply) }
  }

  private static func numbers(_ kind: Int) -> [Int] { (0..<40).filter { $0 % 5 == kind } }

  @Test(
    "However little may wait, every request has the same reply",
    arguments: [(1, 1 << 20), (2, 1 << 20), (3, 1 << 20), (1000, 1)], [true, false])
  func backPressure(bounds: (waiting: Int, bytes: Int), keepsOrder: Bool) throws {
    var limits = ServiceLimits()
    (limits.waiting, limits.waitingBytes) = bounds
    let replies = try TinyModel.replies(Self.mixed, limits, keepsOrder: keepsOrder)
    let others = try TinyModel.replies(Self.mixed)
    #expect(replies.count == others.count)
    for reply in replies where reply["op"]?.string != "describe" {
      #expect(others[try #require(reply["id"]?.integer)] == reply)
    }
  }
}
