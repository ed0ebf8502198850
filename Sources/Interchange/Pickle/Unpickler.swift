import Failures
import HDF5

/// Reads a pickle without running anything: classes become names, instances become records.
///
/// Opcodes of the protocols 2 to 5 are known, but for those that look into a registry. Functions are never called: they
/// become inert calls, and those that could run code or touch files, if they were called, are refused by name.
struct Unpickler {
  private static let opcodeLimit = 4_000_000
  private static let objectLimit = 1_000_000
  private static let argumentLimit = 4_000_000

  var input: PickleInput
  var graph = PickleGraph()
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  private var isDone = false
  private var argumentCount = 0

  /// The pickle at the start of `input`; `input` stands past it afterwards.
  ///
  /// - Throws: `.data` if it is damaged, runs code, or is larger than the limits.
  static func graph(_ input: inout PickleInput) throws -> PickleGraph {
    var unpickler = Unpickler(input: input)
    var count = 0
    while !unpickler.isDone {
      try unpickler.step()
      count += 1
      guard count <= opcodeLimit else { throw unpickler.failure("more than \(opcodeLimit) opcodes") }
    }
    input = unpickler.input
    return unpickler.graph
  }

  private init(input: PickleInput) { self.input = input }

  func failure(_ reason: String) -> Failure { input.failure(reason) }

  private mutating func step() throws {
    let opcode = try input.byte()
    guard let known = PickleOpcode(rawValue: opcode) else {
      throw failure("opcode 0x\(String(opcode, radix: 16)) is not read")
    }
    switch known {
    case .proto, .frame, .stop, .mark, .pop, .popMark, .duplicate: try control(known)
    case .none, .newTrue, .newFalse, .int, .int1, .int2, .long1, .long4, .float: push(try number(known))
    case .unicode, .shortUnicode, .unicode8, .string, .shortString, .bytes, .shortBytes, .bytes8, .byteArray8:
      push(try text(known))
    case .put, .longPut, .memoize, .get, .longGet: try remember(known)
    case .emptyTuple, .tuple, .tuple1, .tuple2, .tuple3, .emptyList, .list, .emptyDict, .dict, .emptySet, .frozenSet:
      try make(known)
    case .append, .appends, .addItems, .setItem, .setItems: try extend(known)
    case .global, .stackGlobal, .reduce, .newObject, .newObjectEx, .build, .persistent: try construct(known)
    }
  }

  private mutating func control(_ opcode: PickleOpcode) throws {
    switch opcode {
    case .proto:
      let version = try input.byte()
      guard version <= 5 else { throw failure("pickle protocol \(version); 2 to 5 are read") }
    case .frame: _ = try input.integer(UInt64.self)
    case .stop:
      graph.root = try pop()
      isDone = true
    case .mark: marks.append(stack.count)
    case .pop: if stack.count > (marks.last ?? 0) { stack.removeLast() } else { _ = try popToMark() }
    case .popMark: _ = try popToMark()
    default: push(try top())
    }
  }

  private mutating func number(_ opcode: PickleOpcode) throws -> PickleValue {
    switch opcode {
    case .none: return .none
    case .newTrue: return .bool(true)
    case .newFalse: return .bool(false)
    case .int: return .integer(Int(try input.integer(Int32.self)))
    case .int1: return .integer(Int(try input.byte()))
    case .int2: return .integer(Int(try input.integer(UInt16.self)))
    case .long1: return try long(Int(try input.byte()))
    case .long4: return try long(try input.count(Int32.self))
    default: return .float(Double(bitPattern: try input.integer(UInt64.self).byteSwapped))
    }
  }

  private mutating func long(_ count: Int) throws -> PickleValue {
    guard count <= 8 else {
      try input.skip(count)
      return .largeInteger
    }
    var value = 0
    for shift in 0..<count { value |= Int(try input.byte()) << (8 * shift) }
    let unused = 64 - 8 * count
    return .integer(count == 0 ? 0 : (value << unused) >> unused)
  }

  private mutating func text(_ opcode: PickleOpcode) throws -> PickleValue {
    let count =
      switch opcode {
      case .shortUnicode, .shortString, .shortBytes: Int(try input.byte())
      case .unicode, .bytes: try input.count(UInt32.self)
      case .string: try input.count(Int32.self)
      default: try input.count(UInt64.self)
      }
    switch opcode {
    case .bytes, .shortBytes, .bytes8, .byteArray8:
      try input.skip(count)
      return .bytes(count: count)
    default: return .text(String(decoding: try input.read(count), as: UTF8.self))
    }
  }

  private mutating func remember(_ opcode: PickleOpcode) throws {
    switch opcode {
    case .put: memo[Int(try input.byte())] = try top()
    case .longPut: memo[Int(try input.integer(UInt32.self))] = try top()
    case .memoize: memo[memo.count] = try top()
    default:
      let index = opcode == .get ? Int(try input.byte()) : Int(try input.integer(UInt32.self))
      guard let value = memo[index] else { throw failure("nothing at \(index) of the memo; it is damaged") }
      push(value)
    }
  }

  private mutating func make(_ opcode: PickleOpcode) throws {
    switch opcode {
    case .emptyTuple: try pushObject(PickleObject(kind: .tuple))
    case .tuple: try pushObject(PickleObject(kind: .tuple, items: popToMark()))
    case .tuple1, .tuple2, .tuple3:
      let count = Int(opcode.rawValue - PickleOpcode.tuple1.rawValue) + 1
      let items = try (0..<count).map { _ in try pop() }
      try pushObject(PickleObject(kind: .tuple, items: items.reversed()))
    case .emptyList: try pushObject(PickleObject(kind: .list))
    case .list: try pushObject(PickleObject(kind: .list, items: popToMark()))
    case .emptyDict: try pushObject(PickleObject(kind: .dictionary))
    case .dict: try pushObject(PickleObject(kind: .dictionary, entries: pairs(popToMark())))
    case .emptySet: try pushObject(PickleObject(kind: .set))
    default: try pushObject(PickleObject(kind: .set, items: popToMark()))
    }
  }

  private mutating func extend(_ opcode: PickleOpcode) throws {
    switch opcode {
    case .append:
      let item = try pop()
      graph.objects[try container()].items.append(item)
    case .setItem:
      let value = try pop()
      let key = try pop()
      graph.objects[try container()].entries.append((key, value))
    case .setItems:
      let pairs = try pairs(popToMark())
      graph.objects[try container()].entries += pairs
    default:
      let items = try popToMark()
      graph.objects[try container()].items += items
    }
  }

  private func pairs(_ items: [PickleValue]) throws -> [(key: PickleValue, value: PickleValue)] {
    guard items.count % 2 == 0 else { throw failure("a key without a value; it is damaged") }
    return stride(from: 0, to: items.count, by: 2).map { (items[$0], items[$0 + 1]) }
  }

  /// The list, dictionary, set or record at the top of the stack.
  private func container() throws -> Int {
    guard case .object(let index) = try top() else { throw failure("adds to what is no list or dictionary") }
    switch graph.objects[index].kind {
    case .list, .dictionary, .set, .record, .call: return index
    case .tuple, .global, .persistent: throw failure("adds to what is no list or dictionary")
    }
  }
}

// MARK: - The stack

extension Unpickler {
  mutating func push(_ value: PickleValue) { stack.append(value) }

  mutating func pushObject(_ object: PickleObject) throws {
    guard graph.objects.count < Self.objectLimit else { throw failure("more than \(Self.objectLimit) objects") }
    stack.append(.object(graph.objects.count))
    graph.objects.append(object)
  }

  /// Counts the arguments of one more call: a tuple may be those of many.
  mutating func charge(_ arguments: [PickleValue]) throws {
    argumentCount += arguments.count
    guard argumentCount <= Self.argumentLimit else { throw failure("more than \(Self.argumentLimit) arguments") }
  }

  func top() throws -> PickleValue {
    guard stack.count > (marks.last ?? 0), let value = stack.last else {
      throw failure("the stack is empty; it is damaged")
    }
    return value
  }

  mutating func pop() throws -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  private mutating func popToMark() throws -> [PickleValue] {
    guard let mark = marks.popLast() else { throw failure("no mark on the stack; it is damaged") }
    let items = Array(stack[mark...])
    stack.removeSubrange(mark...)
    return items
  }
}
