import Failures
import Files
import Foundation
import Interchange
import TestSupport
import Testing

/// Files that are damaged, or made to do harm.
@Suite("Damaged and hostile ONNX files")
struct ONNXHostileTests {
  private static let samples = ["plain-script", "plain-dynamo", "old", "other", "halves"]

  /// Reads all of a file, and looks for its network.
  private func read(_ bytes: [UInt8]) throws {
    let file = try TensorFile(ByteSource(bytes, name: "x"))
    for tensor in file.tensors { try file.forEachPart(of: tensor) { _ in } }
    _ = try file.tree()
    _ = try file.model().parameters()
  }

  private func isOneLine(_ message: String?) -> Bool { message.map { $0.hasPrefix("x") && !$0.contains("\n") } ?? true }

  @Test("A file that is cut short is refused in a line", arguments: samples)
  func truncated(name: String) throws {
    let bytes = [UInt8](try Fixture.data("onnx/\(name).onnx"))
    for count in stride(from: 0, to: bytes.count - 1, by: 7) {
      let message = refusal { try read(Array(bytes[..<count])) }
      #expect(message != nil && (count < 12 || isOneLine(message)), "\(count): \(message ?? "")")
    }
  }

  @Test("A file with a byte changed is read, or refused in a line", arguments: samples)
  func flipped(name: String) throws {
    let bytes = [UInt8](try Fixture.data("onnx/\(name).onnx"))
    for position in 12..<bytes.count where position % 3 == 0 {
      for mask in [0x01, 0x80, 0xFF] as [UInt8] {
        var damaged = bytes
        damaged[position] ^= mask
        let message = refusal { try read(damaged) }
        #expect(isOneLine(message), "\(position): \(message ?? "")")
      }
    }
  }

  private func message(_ tensor: [UInt8]) -> String {
    var builder = ONNXBuilder()
    builder.add(tensor: tensor)
    builder.add("Flatten", "x", "y")
    return refusal { _ = try builder.file() } ?? "taken"
  }

  @Test("Tensors whose sizes and bytes do not fit, or that are larger than the file")
  func tensors() {
    typealias Builder = ONNXBuilder
    let name = Builder.field(8, "t")
    func sized(_ sizes: Int...) -> [UInt8] { sizes.flatMap { Builder.field(1, $0) } + name + Builder.field(2, 1) }
    #expect(message(sized(2) + Builder.field(9, [0, 0, 0, 0, 0, 0, 0, 0])) == "taken")
    #expect(message(sized(2) + Builder.field(9, [0, 0, 0, 0])).contains("t: 4 bytes for 8; it is damaged"))
    #expect(message(sized(-1)).contains("the shape -1 is beyond all bounds"))
    #expect(message(sized(1 << 31, 1 << 31)).contains("is beyond all bounds"))
    #expect(message(sized(1 << 40)).contains("has no elements of its kind"))
    #expect(message(sized(1 << 40) + Builder.field(9, [0])).contains("1 bytes for "))
    #expect(message(sized(1) + Builder.field(7, 5)).contains("has no elements of its kind"))
    #expect(message(sized(1) + Builder.field(4, 1.5 as Float)) == "taken")
    #expect(
      message(sized(1) + Builder.field(4, [0, 0, 0, 0]) + Builder.field(4, 1.5 as Float)).contains("in two lists"))
    #expect(message(sized(2) + Builder.field(4, [0, 0, 0, 0])).contains("4 bytes for 8"))
    #expect(
      message(Builder.field(1, 1) + name + Builder.field(2, 1) + Builder.field(4, [0, 0, 0])).contains("3 bytes for 4"))
    // A kind that is not read is named, and stops no one who does not need it.
    #expect(message(Builder.field(1, 1) + name + Builder.field(2, 8)) == "taken")
    #expect(message(sized(0)) == "taken")
  }

  @Test("A name that comes twice, and a tensor that the file cannot hold sixteen times over")
  func repeated() {
    var builder = ONNXBuilder()
    builder.add("v", [32, 3])
    builder.add("v", [32, 3])
    #expect(refusal { _ = try builder.file() } == "x.onnx: v: comes twice; it is damaged or forged")
    // Every product makes a parameter of the one tensor.
    var many = ONNXBuilder()
    many.add("v", [32, 32])
    many.add("Flatten", "x", "0")
    for number in 0..<4000 { many.add("Gemm", "\(number) v", "\(number + 1)", ["transB": .integer(1)]) }
    many.output = "4000"
    #expect(refusal { _ = try many.model() }?.contains("it is forged") == true)
  }

  @Test("Constants are not computed without end")
  func constants() {
    func message(_ shape: [Int], _ times: Int = 0) -> String {
      var builder = ONNXBuilder()
      builder.add("shape", [shape.count], .integers(shape))
      builder.add("ConstantOfShape", "shape", "c0")
      for number in 0..<times {
        builder.add("Concat", "c\(number) c\(number)", "c\(number + 1)", ["axis": .integer(0)])
      }
      builder.add("Flatten", "x", "a")
      builder.add("Add", "a c\(times)", "y")
      return refusal { _ = try builder.model() } ?? "taken"
    }
    #expect(message([32]) == "taken")
    #expect(message([1 << 50]).contains("makes a constant that is too large"))
    #expect(message([1 << 32, 1 << 32]).contains("makes a constant that is too large"))
    #expect(message([-3]).contains("makes a constant that is too large"))
    #expect(message([1 << 20], 12).contains("constant"))
    #expect(message([16], 60).contains("constant"))
  }

  @Test("Numbers, texts and messages that reach beyond what is around them")
  func fields() {
    typealias Builder = ONNXBuilder
    func message(_ bytes: [UInt8]) -> String { refusal { try read([8, 8, 0x3A] + bytes) } ?? "read" }
    #expect(message([5, 0]).contains("a field of 5 bytes reaches beyond its message"))
    #expect(message([4, 0x0A, 0x7F, 0, 0]).contains("reaches beyond its message"))
    #expect(message([2, 0x0B, 0]).contains("a field 1 of kind 3"))
    #expect(message([1, 0x02]).contains("a field 0 of kind 2"))
    #expect(message([12] + [UInt8](repeating: 0xFF, count: 12)).contains("a number of more than 10 bytes"))
    #expect(message([2, 0x08, 1]).contains("is of another kind"))
    #expect(message([0]).contains("operators of version 0; 7 to 30 are taken"))
    let name = Builder.field(1, String(repeating: "n", count: 1 << 15))
    let node = Builder.field(1, name)
    #expect(message(Builder.varint(UInt64(node.count)) + node).contains("a text of 32768 bytes"))
    // Subgraphs in subgraphs are passed over, however deep.
    var deep: [UInt8] = []
    for _ in 0..<2000 { deep = Builder.field(1, Builder.field(5, Builder.field(6, deep))) }
    #expect(message(Builder.varint(UInt64(deep.count)) + deep).contains("operators of version 0; 7 to 30 are taken"))
    let nodes = [UInt8](repeating: 0, count: 0) + (0..<100_001).flatMap { _ in [0x0A, 0x00] as [UInt8] }
    #expect(message(Builder.varint(UInt64(nodes.count)) + nodes).contains("more than 100000 nodes"))
  }

  @Test("Nodes that go round in circles end")
  func circles() {
    var builder = ONNXBuilder()
    builder.add("Identity", "a", "b")
    builder.add("Identity", "b", "a")
    builder.add("Flatten", "a", "y")
    #expect(refusal { _ = try builder.model() }?.contains("reads a, which nothing before it makes") == true)
    var end = ONNXBuilder()
    end.add("Flatten", "x", "f")
    end.add("Softmax", "f", "a", ["axis": .integer(1)])
    end.add("Identity", "a", "b")
    end.add("Identity", "b", "a")
    end.output = "f"
    #expect(refusal { _ = try end.model() } == nil)
  }
}
