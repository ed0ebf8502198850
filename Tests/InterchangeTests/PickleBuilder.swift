import Archives
import Files
import Interchange

/// Writes pickles opcode by opcode, also those that no program would write.
struct PickleBuilder {
  private(set) var bytes: [UInt8] = [0x80, 2]
  private var memoCount = 0

  /// A pickle that `body` writes, ended.
  static func pickle(_ body: (inout PickleBuilder) -> Void) -> [UInt8] {
    var builder = PickleBuilder()
    body(&builder)
    return builder.bytes + Array(".".utf8)
  }

  mutating func add(_ opcodes: String) { bytes += opcodes.utf8 }

  mutating func byte(_ opcode: UInt8) { bytes.append(opcode) }

  mutating func text(_ text: String) {
    add("X")
    bytes += withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { Array($0) } + text.utf8
  }

  mutating func number(_ number: Int32) {
    add("J")
    bytes += withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }

  mutating func global(_ module: String, _ name: String) { add("c\(module)\n\(name)\n") }

  /// Keeps what is on top under a number, which is returned.
  mutating func memoize() -> Int {
    add("r")
    bytes += withUnsafeBytes(of: UInt32(memoCount).littleEndian) { Array($0) }
    memoCount += 1
    return memoCount - 1
  }

  mutating func get(_ memo: Int) {
    add("j")
    bytes += withUnsafeBytes(of: UInt32(memo).littleEndian) { Array($0) }
  }

  /// A dictionary whose entries `body` writes, key and value in turns.
  mutating func dictionary(_ body: (inout PickleBuilder) -> Void) {
    add("}(")
    body(&self)
    add("u")
  }

  /// A list of what `body` writes.
  mutating func list(_ body: (inout PickleBuilder) -> Void) {
    add("](")
    body(&self)
    add("e")
  }

  /// A vector of `count` 32-bit floats in the storage `key`.
  mutating func tensor(_ key: String, count: Int32 = 1, type: String = "FloatStorage") {
    global("torch._utils", "_rebuild_tensor_v2")
    add("((")
    text("storage")
    global("torch", type)
    text(key)
    text("cpu")
    number(count)
    add("tQ")
    number(0)
    add("(")
    number(count)
    add("t(")
    number(1)
    add("t")
    bytes.append(0x89)
    add("}tR")
  }

  /// A module of the class `name` with parameters, buffers and parts that the bodies write.
  mutating func module(
    _ name: String = "Net", parameters: (inout PickleBuilder) -> Void = { _ in },
    buffers: (inout PickleBuilder) -> Void = { _ in }, modules: (inout PickleBuilder) -> Void = { _ in }
  ) {
    global("models", name)
    add(")")
    bytes.append(0x81)
    dictionary { builder in
      builder.text("_parameters")
      builder.dictionary(parameters)
      builder.text("_buffers")
      builder.dictionary(buffers)
      builder.text("_modules")
      builder.dictionary(modules)
    }
    add("b")
  }

  /// The file of PyTorch with this pickle and `storages` of 32-bit floats.
  static func file(_ pickle: [UInt8], storages: [String: [Float]] = [:]) throws -> [UInt8] {
    var entries: [(name: String, bytes: [UInt8])] = [("archive/data.pkl", pickle)]
    for (key, values) in storages.sorted(by: { $0.key < $1.key }) {
      entries.append(("archive/data/\(key)", values.withUnsafeBytes { Array($0) }))
    }
    return try zipStoring(entries + [("archive/version", Array("3\n".utf8))])
  }

  /// The model file with the pickle that `body` writes.
  static func open(storages: [String: [Float]] = [:], _ body: (inout PickleBuilder) -> Void) throws -> TensorFile {
    try TensorFile(ByteSource(file(pickle(body), storages: storages), name: "x"))
  }
}
