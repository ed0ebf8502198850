/// Collects the calls of an engine in the order they will run, and from that how long every buffer lives.
///
/// Forward and backward share one clock, so whatever the backward pass reads outlives the forward pass by itself.
final class Recorder {
  let engine: Engine
  /// Which images of a batch the passes compute.
  let rows: ActiveRows
  /// What handwritten passes cut their work by.
  let caches: Caches
  /// How many numbers the optimiser keeps of every trained one.
  let stateCount: Int
  /// The calls so far.
  private(set) var calls: [Call] = []
  /// The buffers that each of them touches.
  private var touched: [[Buffer]] = []
  private var memories: [Memory] = []
  /// Shared by the calls outside the two passes.
  private let scratchpad = Buffer(byteCount: 0)
  private var staging: Memory?

  /// A recorder of calls on batches of `batchSize`.
  init(batchSize: Int, _ caches: Caches, stateCount: Int = 0) throws {
    (engine, rows, self.caches, self.stateCount) = (try Engine(), ActiveRows(count: batchSize), caches, stateCount)
  }

  private var now: Int { calls.count }

  /// A new memory; it lives as long as calls touch it.
  func memory(_ layout: Layout) throws -> Memory { try add(Memory(Buffer(byteCount: 0), layout, on: engine)) }

  /// A new memory that keeps its content between passes.
  func persistentMemory(_ layout: Layout) throws -> Memory {
    let memory = try memory(layout)
    memory.buffer.persist()
    return memory
  }

  /// Memory for the moment between two calls outside the two passes, shared by all who ask.
  func stagingMemory(_ layout: Layout) throws -> Memory {
    if let staging { return try view(staging, as: layout) }
    let memory = try persistentMemory(layout)
    staging = memory
    return memory
  }

  /// The buffer of `memory` in another layout.
  func view(_ memory: Memory, as layout: Layout) throws -> Memory {
    try add(Memory(memory.buffer, layout, on: engine))
  }

  /// Says that somebody outside reads or writes `memory` between the calls before and the calls after.
  func touch(_ memory: Memory) {
    memory.buffer.touch(at: max(now - 1, 0))
    memory.buffer.touch(at: now)
  }

  /// Appends a call.
  func record(_ name: String, _ descriptor: PrimitiveDescriptor, _ arguments: [Argument: Memory]) throws {
    let scratchpad = Buffer(byteCount: 0)
    append(
      try call(name, descriptor, arguments, scratchpad), touching: arguments.values.map(\.buffer) + [scratchpad])
  }

  /// Appends a call of a handwritten pass.
  func record(_ name: String, _ pass: any HandwrittenPass) {
    append(Call(name, pass), touching: pass.memories.map(\.buffer))
  }

  private func append(_ call: Call, touching buffers: [Buffer]) {
    for buffer in buffers { buffer.touch(at: now) }
    calls.append(call)
    touched.append(buffers)
  }

  /// Appends the calls `earlier` once more: what they wrote need not have been kept until now.
  func repeatCalls(_ earlier: Range<Int>) {
    let start = now
    for index in earlier {
      for buffer in touched[index] { buffer.touch(at: now, repeating: earlier, since: start) }
      calls.append(calls[index])
      touched.append(touched[index])
    }
  }

  /// A call for another time than now; its memories must be persistent.
  func call(_ name: String, _ descriptor: PrimitiveDescriptor, _ arguments: [Argument: Memory]) throws -> Call {
    scratchpad.persist()
    return try call(name, descriptor, arguments, scratchpad)
  }

  private func call(
    _ name: String, _ descriptor: PrimitiveDescriptor, _ arguments: [Argument: Memory], _ scratchpad: Buffer
  ) throws -> Call {
    var arguments = arguments
    if let layout = try descriptor.layout(.scratchpad) {
      arguments[.scratchpad] = try add(Memory(scratchpad, layout, on: engine))
    }
    return try Call(name, descriptor, arguments)
  }

  /// `memory` in `layout`: itself, or what a reorder makes of it.
  func converted(_ memory: Memory, to layout: Layout) throws -> Memory {
    if memory.layout == layout { return memory }
    let copy = try self.memory(layout)
    try convert(memory, into: copy)
    return copy
  }

  /// Copies `source` into `destination`, whatever their layouts.
  func convert(_ source: Memory, into destination: Memory) throws {
    try record(
      "reorder", engine.reorder(source.layout, destination.layout), [.source: source, .destination: destination])
  }

  /// Keeps what calls before `boundary` wrote and calls after it read, so that the latter can run again.
  func keep(across boundary: Int) {
    for memory in memories { memory.buffer.outlive(boundary) }
  }

  /// Places all buffers; call once, when everything is recorded.
  func place() throws -> Arena { try Arena(memories) }

  private func add(_ memory: Memory) -> Memory {
    memories.append(memory)
    return memory
  }
}
