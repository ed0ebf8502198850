import Failures
import Foundation
import Records
import Serving
import TestSupport
import Testing
import ToolSupport

/// The service of the tiny model on a thread of its own, with which a test talks over pipes.
final class Conversation {
  private let requests: PipeEnds
  private let replies: PipeEnds
  private var lines: LineReader

  /// A service that has said that it is ready.
  init(_ limits: ServiceLimits = ServiceLimits(), keepsOrder: Bool = true) throws {
    let (requests, replies) = (try PipeEnds(), try PipeEnds())
    (self.requests, self.replies) = (requests, replies)
    lines = LineReader(descriptor: replies.reading)
    Thread {
      let output = StandardOutput(descriptor: replies.writing)
      let service = (try? TinyModel.served()).map { Service($0, limits: limits, keepsOrder: keepsOrder) }
      _ = try? service?.run(descriptor: requests.reading, output: output)
      close(replies.writing)
    }
    .start()
    #expect(try hear()["type"]?.string == "ready")
  }

  /// Writes `text` as it is.
  func write(_ text: String) { requests.write(text.utf8) }

  /// Writes lines at once.
  func say(_ lines: String...) { write(lines.map { $0 + "\n" }.joined()) }

  /// The next line that the service writes; waits for it.
  func hear() throws -> JSON {
    try #require(try lines.next())
    let text = String(decoding: lines.bytes, as: UTF8.self)
    #expect(RecordSchemas.problems(inRecord: text) == [])
    return try JSON(parsing: text)
  }

  /// Ends the input; what the service still writes.
  func end() throws -> [JSON] {
    requests.closeWriting()
    var rest: [JSON] = []
    while try lines.next() { rest.append(try JSON(parsing: lines.bytes)) }
    close(requests.reading)
    close(replies.reading)
    return rest
  }
}

extension ServiceLimits {
  /// Limits under which an attack may go on for ever.
  static var endless: ServiceLimits {
    var limits = ServiceLimits()
    limits.attackSteps = .max
    return limits
  }
}

extension TinyModel {
  /// An attack that goes on until somebody ends it; its momentum keeps it from repeating itself.
  static func endlessAttack(_ id: String, _ more: String = "") -> String {
    #"{"id":\#(id),"op":"attack","image":\#(image()),"attack":{"name":"mi-fgsm","steps":1000000000000}\#(more)}"#
  }

  /// A prediction of an image.
  static func prediction(_ id: String, _ more: String = "") -> String {
    #"{"id":\#(id),"op":"predict","image":\#(image(17))\#(more)}"#
  }
}

extension JSON {
  /// An error's code, or a reply's operation.
  var outcome: String? { (self["code"] ?? self["op"])?.string }
}
