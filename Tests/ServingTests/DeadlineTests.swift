import Records
import Serving
import TestSupport
import Testing

/// Requests whose answers are wanted for some time only, and those that wait for others.
@Suite struct DeadlineTests {
  private static let operations = [
    #""op":"describe""#, #""op":"cancel","cancel":1"#, #""op":"predict","image":\#(TinyModel.image())"#,
    #""op":"transform","image":\#(TinyModel.image())"#, #""op":"attack","image":\#(TinyModel.image())"#,
  ]

  @Test("A deadline of nothing has passed, whatever is asked for", arguments: operations)
  func passed(operation: String) throws {
    let lines = try TinyModel.lines([#"{"id":5,\#(operation),"deadline_ms":0}"#])
    let message = "the deadline passed before the answer; give more time or ask for less"
    #expect(lines.last == #"{"type":"error","v":1,"code":"deadline","message":"\#(message)","id":5}"#)
    #expect(lines.flatMap(RecordSchemas.problems(inRecord:)) == [])
  }

  @Test("A deadline that does not pass changes nothing", arguments: operations, ["2147483647", "null"])
  func inTime(operation: String, milliseconds: String) throws {
    let reply = try TinyModel.lines([#"{"id":5,\#(operation),"deadline_ms":\#(milliseconds)}"#])
    #expect(try TinyModel.lines([#"{"id":5,\#(operation)}"#]) == reply)
  }

  @Test("A cancel that comes too late cancels nothing")
  func lateCancel() throws {
    let requests = [TinyModel.prediction("1"), #"{"op":"cancel","cancel":1,"deadline_ms":0}"#]
    #expect(try TinyModel.replies(requests).map(\.outcome) == ["predict", "deadline"])
  }

  @Test("What is wrong with a request is said in time and out of it", arguments: ["0", "1000"])
  func wrong(milliseconds: String) throws {
    let reply = try #require(try TinyModel.replies([#"{"op":"predict","deadline_ms":\#(milliseconds)}"#]).first)
    #expect(reply["message"]?.string == "request without `image`")
  }

  @Test(
    "A deadline that means nothing is refused",
    arguments: [
      ("-1", "request: `deadline_ms` is -1; give 0 to 2147483647"),
      ("2147483648", "request: `deadline_ms` is 2147483648; give 0 to 2147483647"),
      ("0.5", "request: `deadline_ms` is not a whole number"),
      (#""1""#, "request: `deadline_ms` is not a whole number"),
    ])
  func refusals(milliseconds: String, message: String) throws {
    let reply = try #require(try TinyModel.replies([#"{"op":"describe","deadline_ms":\#(milliseconds)}"#]).first)
    #expect(reply.outcome == "data")
    #expect(reply["message"]?.string == message)
  }

  @Test("An attack that goes on past its deadline is given up, those after it are answered")
  func underWay() throws {
    let requests = [
      TinyModel.endlessAttack("1", #","deadline_ms":20"#), TinyModel.prediction("2"),
      TinyModel.endlessAttack("3", #","deadline_ms":1"#),
    ]
    for keepsOrder in [true, false] {
      let replies = try TinyModel.replies(requests, .endless, keepsOrder: keepsOrder)
      let outcomes = replies.map { ($0["id"]?.integer ?? 0, $0.outcome) }.sorted { $0.0 < $1.0 }
      #expect(outcomes.map(\.1) == ["deadline", "predict", "deadline"])
    }
  }

  // MARK: - Waiting for others

  private func patient(_ batchSize: Int, waiting: Int? = nil) -> ServiceLimits {
    var limits = ServiceLimits.endless
    (limits.batchSize, limits.waiting, limits.maximalDelay) = (batchSize, waiting, .seconds(1_000_000))
    return limits
  }

  @Test("A request waits until its batch is full; full batches of others go first")
  func fullBatches() throws {
    let service = try Conversation(patient(2), keepsOrder: false)
    let attack = #"{"op":"attack","image":\#(TinyModel.image()),"attack":{"steps":1}}"#
    for _ in 0..<2 {
      service.say(TinyModel.prediction("1"), attack, #"{"op":"describe"}"#)
      #expect(try service.hear().outcome == "describe")
      service.say(attack)
      #expect(try (0..<2).map { _ in try service.hear().outcome } == ["attack", "attack"])
      service.say(TinyModel.prediction("2"))
      #expect(try (0..<2).map { _ in try service.hear()["id"]?.integer } == [1, 2])
    }
    #expect(try service.end() == [])
  }

  @Test("The end of the input ends the waiting, and so does a full queue")
  func ends() throws {
    #expect(try TinyModel.replies([TinyModel.prediction("1")], patient(2)).map(\.outcome) == ["predict"])
    let service = try Conversation(patient(9, waiting: 2))
    service.say(TinyModel.prediction("1"))
    service.say(#"{"op":"transform","image":\#(TinyModel.image())}"#)
    #expect(try service.hear().outcome == "predict")
    // Now there is room for another line, which the transformation waits for.
    #expect(try service.end().map(\.outcome) == ["transform"])
  }

  @Test("A deadline passes while its request waits, and a request that waits is cancelled")
  func waiting() throws {
    let service = try Conversation(patient(9))
    service.say(TinyModel.prediction("1", #","deadline_ms":5"#))
    #expect(try service.hear().outcome == "deadline")
    service.say(TinyModel.prediction("1"))
    service.say(#"{"op":"cancel","cancel":1}"#)
    #expect(try (0..<2).map { _ in try service.hear().outcome } == ["cancelled", "cancel"])
    #expect(try service.end() == [])
  }

  @Test("A short wait ends by itself")
  func shortWait() throws {
    var limits = patient(9)
    limits.maximalDelay = .milliseconds(1)
    let service = try Conversation(limits)
    service.say(TinyModel.prediction("1"))
    #expect(try service.hear().outcome == "predict")
    #expect(try service.end() == [])
  }
}
