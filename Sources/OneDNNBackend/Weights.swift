import Networks
import Programs
import Tensors

/// The weights of one step in the engine's layouts, and in training what the optimiser needs.
final class Weights {
  /// The sizes in row-major order, as outside.
  let sizes: [Int]
  /// Where the weight lies as the forward kernel wants it; the scale of a norm.
  let weight: Memory
  /// One number a channel; the shift of a norm.
  let bias: Memory?
  /// The weight in other kernels' layouts.
  private(set) var copies: [Memory] = []
  /// Brings the copies into step with `weight`, in training; some layouts of evaluation cannot be read back.
  private(set) var refresh: [Call] = []
  /// Set where a convolution runs as one matrix product: `sizes` are those of the matrix then.
  var product: DenseProduct?
  /// Set where groups of a convolution are merged: `sizes` are those of the merged ones then.
  var groups: MergedGroups?
  /// Set where passes of a convolution are ours: what makes the content of each copy, and of `weight` if the first is that.
  private(set) var packed: [(filter: any PackedFilter, memory: Memory)] = []
  /// Set in training.
  private(set) var trained: Trained?
  /// Set in training where weights are made of smaller parameters.
  private(set) var expansion: FilterExpansion?
  /// How often the numbers have changed, for passes that lay them out by themselves.
  private(set) var changes = 0

  /// What the optimiser works on: `weight` and `bias` themselves, or what they are expanded from.
  struct Trained {
    let weight: TrainedTensor
    let bias: TrainedTensor?
  }

  /// Persistent memories for a weight of `layout` and a bias of `channels`.
  init(
    _ layout: Layout, bias channels: Int?, training: Bool, expanding expansion: FilterExpansion? = nil,
    in recorder: Recorder
  ) throws {
    sizes = layout.sizes
    weight = try recorder.persistentMemory(layout)
    bias = try channels.map { try recorder.persistentMemory(.plain([$0])) }
    guard training else { return }
    if let expansion {
      try expand(expansion, hasBias: bias != nil, in: recorder)
    } else {
      trained = Trained(
        weight: try TrainedTensor(weight, in: recorder), bias: try bias.map { try TrainedTensor($0, in: recorder) })
    }
  }

  /// Makes what the optimiser works on, and the calls that bring the bias into step with it, and the weight of a kernel of
  /// the library's.
  private func expand(_ expansion: FilterExpansion, hasBias: Bool, in recorder: Recorder) throws {
    let parameter = try recorder.persistentMemory(.plain([expansion.count]))
    if packed.isEmpty {
      let staged = try recorder.stagingMemory(.plain(sizes))
      let reorder = try recorder.engine.reorder(staged.layout, weight.layout)
      refresh = [
        Call("filters", FilterPass(expansion, expanding: parameter, into: staged)),
        try recorder.call("weights", reorder, [.source: staged, .destination: weight]),
      ]
    }
    var offsets: Memory?
    if hasBias, let bias {
      let made = try recorder.persistentMemory(.plain([expansion.outputs]))
      refresh.append(Call("filters", FilterPass(expansion.ofBias, expanding: made, into: bias)))
      offsets = made
    }
    self.expansion = expansion
    trained = Trained(
      weight: try TrainedTensor(parameter, in: recorder), bias: try offsets.map { try TrainedTensor($0, in: recorder) })
  }

  /// A scale and a shift of `layout`, for evaluation.
  init(scaleAndShift layout: Layout, in recorder: Recorder) throws {
    sizes = layout.sizes
    weight = try recorder.persistentMemory(layout)
    bias = try recorder.persistentMemory(layout)
  }

  /// The weight of a convolution by handwritten products, which training packs anew for every pass: all of p4m-resnet18's at
  /// once would take 2 GB.
  init(
    _ filter: any PackedFilter, training: Bool, expanding expansion: FilterExpansion?, hasBias: Bool,
    in recorder: Recorder
  ) throws {
    sizes = [filter.count]
    weight = try training ? recorder.memory(.plain(sizes)) : recorder.persistentMemory(.plain(sizes))
    bias = try recorder.persistentMemory(.plain([filter.shape.groups * filter.outputs]))
    packed = [(filter, weight)]
    guard training else { return }
    if let expansion {
      try expand(expansion, hasBias: hasBias, in: recorder)
    } else {
      let parameter = try recorder.persistentMemory(.plain([filter.shape.count]))
      trained = Trained(
        weight: try TrainedTensor(parameter, in: recorder),
        bias: hasBias ? try bias.map { try TrainedTensor($0, in: recorder) } : nil)
    }
    try pack(filter, into: weight, recorder)
  }

  /// The weight as another of our passes wants it.
  func weight(_ filter: any PackedFilter, _ recorder: Recorder) throws -> Memory {
    guard trained == nil else {
      let packed = try recorder.memory(.plain([filter.count]))
      try pack(filter, into: packed, recorder)
      return packed
    }
    let copy = try recorder.persistentMemory(.plain([filter.count]))
    packed.append((filter, copy))
    return copy
  }

  /// Records what packs the trained weight as `filter` wants it, before the pass that reads it.
  private func pack(_ filter: any PackedFilter, into memory: Memory, _ recorder: Recorder) throws {
    guard var filters = trained?.weight.value else { return }
    if let expansion {
      let expanded = try recorder.memory(.plain([expansion.expandedCount]))
      recorder.record("filters", FilterPass(expansion, expanding: filters, into: expanded))
      filters = expanded
    }
    recorder.record("filters", PackingPass(filter, from: filters, into: memory))
  }

  /// The weight in another kernel's layout.
  func weight(in layout: Layout, _ recorder: Recorder) throws -> Memory {
    if weight.layout == layout { return weight }
    let copy = try recorder.persistentMemory(layout)
    copies.append(copy)
    guard trained != nil else { return copy }
    let reorder = try recorder.engine.reorder(weight.layout, layout)
    refresh.append(try recorder.call("weights", reorder, [.source: weight, .destination: copy]))
    return copy
  }

  /// Takes note that the numbers of `weight` and `bias`, or of what these are made of, have changed in training.
  func change(on engine: Engine) throws {
    changes += 1
    try engine.run(refresh)
  }

  /// Takes over the weights of an evaluation plan, row-major.
  func load(_ values: UnsafeBufferPointer<Float>, bias offsets: [Float], on engine: Engine) throws {
    changes += 1
    guard let written = product?.weight(values) ?? groups?.weight(values) else {
      return try lay(values, offsets, on: engine)
    }
    try written.withUnsafeBufferPointer { try lay($0, product?.bias(offsets) ?? offsets, on: engine) }
  }

  /// Lays them out for all kernels.
  private func lay(_ values: UnsafeBufferPointer<Float>, _ offsets: [Float], on engine: Engine) throws {
    for (filter, memory) in packed { filter.pack(values, into: memory.floats, on: .current) }
    guard packed.first?.memory !== weight else {
      // What fills the last block stays zero.
      _ = bias?.floats.update(fromContentsOf: offsets)
      return
    }
    for memory in [weight] + copies { try engine.write(values, to: memory, sizes: sizes) }
    if let bias { try engine.write(offsets, to: bias, sizes: bias.layout.sizes) }
  }
}

/// One trainable parameter, its gradient and what the optimiser keeps of it: memories of one layout.
struct TrainedTensor {
  let value, gradient: Memory
  let state: [Memory]

  init(_ value: Memory, in recorder: Recorder) throws {
    self.value = value
    state = try (0..<recorder.stateCount).map { _ in try recorder.persistentMemory(value.layout) }
    gradient = try recorder.persistentMemory(value.layout)
  }

  /// As the library counts them: a grouped convolution's weight has five.
  var sizes: [Int] { value.layout.sizes }
}

extension Engine {
  /// Writes `values`, row-major, into `memory`.
  func write(_ values: [Float], to memory: Memory, sizes: [Int]) throws {
    try values.withUnsafeBufferPointer { try write($0, to: memory, sizes: sizes) }
  }

  /// Writes `values`, row-major, into `memory`.
  func write(_ values: UnsafeBufferPointer<Float>, to memory: Memory, sizes: [Int]) throws {
    let start = UnsafeMutableRawPointer(mutating: values.baseAddress)
    try copy(Memory(at: start, .plain(sizes), on: self), to: memory)
  }

  /// What `memory` holds, row-major.
  func read(_ memory: Memory, sizes: [Int]) throws -> [Float] {
    var values = [Float](repeating: 0, count: sizes.reduce(1, *))
    try values.withUnsafeMutableBytes { bytes in
      let plain = try Memory(at: bytes.baseAddress, .plain(sizes), on: self)
      try copy(memory, to: plain)
    }
    return values
  }

  /// Reorders once; not for inner loops, since the kernel is made here.
  func copy(_ source: Memory, to destination: Memory) throws {
    let descriptor = try reorder(source.layout, destination.layout)
    var arguments: [Argument: Memory] = [.source: source, .destination: destination]
    let layout = try descriptor.layout(.scratchpad)
    let block = UnsafeMutableRawPointer.allocate(byteCount: layout?.byteCount ?? 1, alignment: 64)
    defer { block.deallocate() }
    if let layout { arguments[.scratchpad] = try Memory(at: block, layout, on: self) }
    try run(CollectionOfOne(Call("copy", descriptor, arguments)))
  }
}
