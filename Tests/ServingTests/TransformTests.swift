import Foundation
import Records
import Serving
import Spatial
import Tensors
import TestSupport
import Testing

@Suite struct TransformTests {
  /// The image of sixteen levels as a request has it.
  private static let image = #"{"shape":[1,4,4],"u8":"\#(Base64.encode(levels))"}"#
  private static let levels = (0..<16).map { UInt8($0 * 16 + 3) }

  private func request(_ operation: String, _ transform: String, _ more: String = "") -> String {
    #"{"op":"\#(operation)","image":\#(Self.image),"transform":\#(transform)\#(more)}"#
  }

  private func reply(_ request: String) throws -> JSON {
    let lines = try TinyModel.lines([request])
    #expect(lines.flatMap(RecordSchemas.problems(inRecord:)) == [])
    return try JSON(parsing: #require(lines.last))
  }

  /// The levels of the image in a reply.
  private func levels(_ reply: JSON) throws -> [Float] {
    let text = try #require(reply["image"]?["f32"]?.string)
    let data = try #require(Data(base64Encoded: text))
    return (0..<data.count / 4).map { place in
      let word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(data[4 * place + $1]) << UInt32(8 * $1) }
      return Float(bitPattern: word) * 255
    }
  }

  /// The levels as the module has them.
  private func expected(_ pose: Pose, _ interpolation: Interpolation = .nearest) -> [Float] {
    var pixels = Self.levels.map { Float($0) / 255 }
    var resampler = Resampler(imageShape: [1, 4, 4], interpolation: interpolation)
    pixels.withUnsafeMutableBufferPointer { resampler.transform($0, pose: pose) }
    return pixels.map { $0 * 255 }
  }

  /// As records write it: a whole number without a fraction.
  private func number(_ value: Double) -> String { value == value.rounded() ? "\(Int(value))" : "\(value)" }

  @Test(
    "A given pose is taken as it is and named in the reply", arguments: Interpolation.allCases,
    [Pose(degrees: -37.5, dx: 1, dy: -1), Pose(dx: -1.5, dy: 0.25)])
  func given(_ interpolation: Interpolation, _ given: Pose) throws {
    let pose = #"{"degrees":\#(number(given.degrees)),"dx":\#(number(given.dx)),"dy":\#(number(given.dy))}"#
    let reply = try reply(request("transform", #"{"pose":\#(pose),"interpolation":"\#(interpolation.rawValue)"}"#))
    #expect(reply["op"]?.string == "transform")
    #expect(reply["pose"]?.text == pose)
    #expect(try levels(reply) == expected(given, interpolation))
  }

  @Test("A pose is drawn within budgets by seed and index, and named gives the same image again")
  func drawn() throws {
    let budgets = #"{"rotation":"60","translation":2,"seed":"9"}"#
    let reply = try reply(request("transform", budgets, #","index":5"#))
    let pose = PoseDistribution(rotation: 60, translation: 2).draw(seed: 9, image: 5)
    #expect(reply["index"] == .integer(5))
    #expect(reply["pose"]?["degrees"]?.number == pose.degrees)
    #expect(reply["pose"]?["dx"]?.number == pose.dx)
    #expect(try levels(reply) == expected(pose))
    let named = try #require(reply["pose"]).text
    let again = try self.reply(request("transform", #"{"pose":\#(named)}"#))
    #expect(again["image"] == reply["image"])
    let exact = try self.reply(request("transform", #"{"rotation":90,"rotation_exact":true}"#))
    #expect(exact["pose"]?.text == #"{"degrees":90,"dx":0,"dy":0}"#)
  }

  @Test("Without settings the image stays as it came", arguments: ["{}", "null"])
  func nothing(_ transform: String) throws {
    let reply = try reply(request("transform", transform))
    #expect(try levels(reply) == expected(.identity))
    #expect(reply["pose"]?.text == #"{"degrees":0,"dx":0,"dy":0}"#)
  }

  @Test("Predictions and attacks are of the turned image, the natural class of the one that came, in any batch")
  func before() throws {
    let turn = #"{"pose":{"degrees":180}}"#
    let turned = try #require(reply(request("transform", turn))["image"]).text
    let attack = #","label":1,"attack":{"name":"fgsm","epsilon":"1/8"}"#
    let requests = [
      request("predict", turn), #"{"op":"predict","image":\#(turned)}"#, request("predict", "null"),
      request("attack", turn, attack), #"{"op":"attack","image":\#(turned)\#(attack)}"#,
      request("attack", "null", attack),
    ]
    let replies = try TinyModel.replies(requests)
    #expect(replies[0]["logits"] == replies[1]["logits"] && replies[0]["logits"] != replies[2]["logits"])
    #expect(replies[0]["pose"]?["degrees"] == .integer(180) && replies[1]["pose"] == nil)
    #expect(replies[3]["image"] == replies[4]["image"] && replies[3]["image"] != replies[5]["image"])
    #expect(replies[3]["natural"] == replies[2]["predicted"])
    #expect(replies[3]["perturbed"] == replies[4]["perturbed"] && replies[3]["distance"] == replies[4]["distance"])
    #expect(replies[3]["pose"] == replies[0]["pose"] && replies[5]["pose"] == nil)
    for (number, request) in requests.enumerated() {
      let alone = try reply(request)
      for key in ["logits", "natural", "perturbed", "image", "pose"] { #expect(alone[key] == replies[number][key]) }
    }
  }

  @Test(
    "What means nothing is refused",
    arguments: [
      ("7", "request: `transform` is not an object"), (#"{"pose":7}"#, "transform: `pose` is not an object"),
      (#"{"rotaton":7}"#, "transform: no setting `rotaton`; see the page of cusp-serve"),
      (#"{"rotation":361}"#, "transform: `rotation` is 361; give 0 to 360"),
      (#"{"rotation":-1}"#, "transform: `rotation` is -1; give 0 to 360"),
      (#"{"translation":"1e5"}"#, #"transform: `translation` is "1e5"; give 0 to 10000"#),
      (#"{"rotation_exact":1}"#, "transform: `rotation_exact` is neither true nor false"),
      (#"{"interpolation":"cubic"}"#, #"transform: `interpolation` is "cubic"; choose nearest, bilinear"#),
      (#"{"seed":-1}"#, "transform: `seed` is no whole number of 0 to 2^64 - 1, bare or as a text"),
      (#"{"pose":{"dx":"a"}}"#, #"pose: `dx` is neither a number nor a text such as "8/255""#),
      (#"{"pose":{"dx":2},"interpolation":"bilinear"}"#, "transform: `interpolation`: nothing is turned; leave it out"),
      (#"{"pose":{"dy":100000}}"#, "pose: `dy` is 100000; give -10000 to 10000"),
      (#"{"pose":{"dz":1}}"#, "pose: no setting `dz`; there are degrees, dx, dy"),
      (#"{"pose":{},"rotation":3}"#, "transform: give either budgets or a `pose`"),
      (#"{"rotation_exact":true}"#, "transform: `rotation_exact`: give `rotation`"),
      (#"{"translation":3,"interpolation":"bilinear"}"#, "transform: `interpolation`: nothing is turned; leave it out"),
      (#"{"rotation":3,"rotation_exact":true,"seed":1}"#, "transform: `seed`: nothing is drawn; leave it out"),
      (#"{"pose":{"degrees":3},"seed":1}"#, "transform: `seed`: nothing is drawn; leave it out"),
    ])
  func refusals(transform: String, message: String) throws {
    let reply = try #require(try TinyModel.replies([request("transform", transform)]).last)
    #expect(reply["type"]?.string == "error")
    #expect(reply["message"]?.string == message)
  }
}
