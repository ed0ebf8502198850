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
  /// What was recorded so far.
  private var entries: [Entry] = []
  private var memories: [Memory] = []
  /// Shared by the calls outside the two passes.
  private let scratchpad = Buffer(byteCount: 0)
  private var staging: Memory?

  /// A recorder of calls on batches of `batchSize`.
  init(batchSize: Int, _ caches: Caches, stateCount: Int = 0) throws {
    (engine, rows, self.caches, self.stateCount) = (try Engine(), ActiveRows(count: batchSize), caches, stateCount)
  }

  /// The calls so far.
  var calls: [Call] { entries.map(\.call) }

  private var now: Int { entries.count }

  /// A call in its turn.
  private struct Entry {
    let call: Call
    /// What it touches.
    let buffers: [Buffer]
    /// The calls it was run among before, where it is run again.
    var repeated: Range<Int>?
  }

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
    entries.append(Entry(call: call, buffers: buffers))
  }

  /// Runs the calls `earlier` again before the call `start`, as far as that and those after it need what they wrote.
  ///
  /// What only other calls read is not written twice. A call that is the first to touch what others read after it is taken to
  /// change nothing else.
  func repeatCalls(_ earlier: Range<Int>, before start: Int) {
    var uses: [Buffer: (first: Int, count: Int)] = [:]
    for (time, entry) in entries.enumerated() {
      for buffer in entry.buffers { uses[buffer, default: (time, 0)].count += 1 }
    }
    var wanted = Set(entries[start...].flatMap(\.buffers))
    var again: [Entry] = []
    for time in earlier.reversed() {
      let buffers = entries[time].buffers
      let written = buffers.filter { buffer in uses[buffer].map { $0.first == time && $0.count > 1 } ?? false }
      guard !wanted.isDisjoint(with: written.isEmpty ? buffers : written) else { continue }
      wanted.formUnion(buffers)
      again.append(Entry(call: entries[time].call, buffers: buffers, repeated: earlier))
    }
    entries.insert(contentsOf: again.reversed(), at: start)
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

  /// Places all buffers; call once, when everything is recorded.
  ///
  /// - Parameter boundary: Where there is one, what calls before it wrote and calls after it read is kept, so that the latter can
  ///   run again.
  func place(keepingAcross boundary: Int? = nil) throws -> Arena {
    var start = 0
    for (time, entry) in entries.enumerated() {
      if entry.repeated != entries[start].repeated { start = time }
      for buffer in entry.buffers {
        if let earlier = entry.repeated {
          buffer.touch(at: time, repeating: earlier, since: start)
        } else {
          buffer.touch(at: time)
        }
      }
    }
    if let boundary { for memory in memories { memory.buffer.outlive(boundary) } }
    return try Arena(memories)
  }

  private func add(_ memory: Memory) -> Memory {
    memories.append(memory)
    return memory
  }
}
