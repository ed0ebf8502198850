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
  var expansion: DenseProduct?
  /// Set where a convolution runs by our own Winograd: what makes the content of `weight` and of each copy.
  private(set) var filters: [(filter: WinogradFilter, memory: Memory)] = []
  /// Set in training.
  var trained: Trained?

  /// What training adds, equally laid out.
  struct Trained {
    let weightGradient, weightMomentum: Memory
    let biasGradient, biasMomentum: Memory?
  }

  /// Persistent memories for a weight of `layout` and a bias of `channels`.
  init(_ layout: Layout, bias channels: Int?, training: Bool, in recorder: Recorder) throws {
    sizes = layout.sizes
    weight = try recorder.persistentMemory(layout)
    let biasLayout = try channels.map { try Layout.plain([$0]) }
    bias = try biasLayout.map(recorder.persistentMemory)
    guard training else { return }
    trained = Trained(
      weightGradient: try recorder.persistentMemory(layout), weightMomentum: try recorder.persistentMemory(layout),
      biasGradient: try biasLayout.map(recorder.persistentMemory),
      biasMomentum: try biasLayout.map(recorder.persistentMemory))
  }

  /// A scale and a shift of `layout`, for evaluation.
  init(scaleAndShift layout: Layout, in recorder: Recorder) throws {
    sizes = layout.sizes
    weight = try recorder.persistentMemory(layout)
    bias = try recorder.persistentMemory(layout)
  }

  /// The weight of a convolution by our own Winograd, for evaluation.
  init(_ filter: WinogradFilter, in recorder: Recorder) throws {
    sizes = [filter.count]
    weight = try recorder.persistentMemory(.plain(sizes))
    bias = try recorder.persistentMemory(.plain([filter.outputs]))
    filters = [(filter, weight)]
  }

  /// The weight as another of our passes wants it.
  func weight(_ filter: WinogradFilter, _ recorder: Recorder) throws -> Memory {
    let copy = try recorder.persistentMemory(.plain([filter.count]))
    filters.append((filter, copy))
    return copy
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

  /// Takes over the weights of an evaluation plan.
  func load(_ source: PreparedWeights, on engine: Engine) throws {
    for (filter, memory) in filters { filter.transform(source.weight.values, into: memory.floats) }
    let values = expansion?.weight(source.weight.values) ?? source.weight.values
    for memory in filters.isEmpty ? [weight] + copies : [] { try engine.write(values, to: memory, sizes: sizes) }
    guard let bias else { return }
    try engine.write(
      expansion?.bias(source.bias.values) ?? source.bias.values, to: bias, sizes: bias.layout.sizes)
  }
}

extension Engine {
  /// Writes `values`, row-major, into `memory`.
  func write(_ values: [Float], to memory: Memory, sizes: [Int]) throws {
    try values.withUnsafeBytes { bytes in
      let plain = try Memory(at: UnsafeMutableRawPointer(mutating: bytes.baseAddress), .plain(sizes), on: self)
      try copy(plain, to: memory)
    }
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
  private func copy(_ source: Memory, to destination: Memory) throws {
    let descriptor = try reorder(source.layout, destination.layout)
    var arguments: [Argument: Memory] = [.source: source, .destination: destination]
    let layout = try descriptor.layout(.scratchpad)
    let block = UnsafeMutableRawPointer.allocate(byteCount: layout?.byteCount ?? 1, alignment: 64)
    defer { block.deallocate() }
    if let layout { arguments[.scratchpad] = try Memory(at: block, layout, on: self) }
    try run(CollectionOfOne(Call("copy", descriptor, arguments)))
  }
}
