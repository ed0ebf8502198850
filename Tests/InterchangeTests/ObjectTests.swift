import Archives
import Files
import Foundation
import Interchange
import Records
import TestSupport
import Testing

/// Pickled objects as a person is to see them, against Python's own view of them.
@Suite struct ObjectTests {
  /// The part of a file's structure that Python describes.
  private func node(_ json: JSON) throws -> FileNodeView {
    FileNodeView(
      name: try #require(json["name"]?.string), kind: try #require(json["kind"]?.string),
      detail: try #require(json["detail"]?.string), children: try #require(json["children"]?.array).map(node))
  }

  private struct FileNodeView: Equatable {
    let name: String
    let kind: String
    let detail: String
    let children: [FileNodeView]

    init(name: String, kind: String, detail: String, children: [FileNodeView]) {
      (self.name, self.kind, self.detail, self.children) = (name, kind, detail, children)
    }

    init(_ node: FileNode) {
      self.init(name: node.name, kind: node.kind, detail: node.detail, children: node.children.map(Self.init))
    }
  }

  @Test("Objects of every protocol are shown as they are, and instances under classes that nobody has")
  func objects() throws {
    let packed = [UInt8](try Fixture.data("interchange/objects.json.gz"))
    let cases = try #require(try JSON(parsing: gunzip(packed, limit: 1 << 20, name: "objects")).array)
    #expect(cases.count > 100)
    for (number, item) in cases.enumerated() {
      let text = Array(try #require(item["hex"]?.string).utf8)
      let bytes = stride(from: 0, to: text.count, by: 2).compactMap {
        UInt8(String(decoding: text[$0...$0 + 1], as: UTF8.self), radix: 16)
      }
      let file = try TensorFile(ByteSource(bytes, name: "x"))
      let shown = try #require(try file.tree().children.last)
      let expected = try node(try #require(item["tree"]))
      #expect(FileNodeView(shown) == expected, "case \(number)")
      #expect(file.tensors.isEmpty)
    }
  }
}
