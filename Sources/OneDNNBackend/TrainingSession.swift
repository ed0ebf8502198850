import Failures
import Networks
import Optimizers
import Programs
import Tensors

/// A network in training mode; weights, gradients and the optimiser's numbers lie as the forward kernels want the weights.
final class TrainingSession: TrainingEngine {
  private let plan: Plan
  let lowered: Lowered
  private let threads: Threads
  private let stateNames: [String]
  /// What was loaded: keeps the names and the order.
  private var loaded: Parameters?

  init(
    _ plan: Plan, for optimizer: Optimizer, sharing statistics: SharedStatistics? = nil, _ backend: OneDNNBackend
  ) throws {
    (self.plan, threads) = (plan, backend.threads)
    threads.use()
    stateNames = optimizer.stateNames
    lowered = try Lowering(
      plan, backend.algorithms, backend.caches, stateCount: stateNames.count, sharing: statistics,
      checkpointsActivations: backend.checkpointsActivations
    ).lower()
  }

  func load(_ parameters: Parameters, state: OptimizerState) throws {
    threads.use()
    loaded = parameters
    for entry in entries {
      let (tensor, sizes) = (entry.tensor, entry.tensor.sizes)
      try lowered.engine.write(parameters[entry.path].values, to: tensor.value, sizes: sizes)
      let zero = [Float](repeating: 0, count: sizes.reduce(1, *))
      for (name, memory) in zip(stateNames, tensor.state) {
        try lowered.engine.write(state[name]?[entry.path]?.values ?? zero, to: memory, sizes: sizes)
      }
    }
    for (weights, source) in zip(lowered.weights, plan.weights) {
      if case .constant(let scale, let shift) = source, let bias = weights.bias {
        try lowered.engine.write(scale, to: weights.weight, sizes: weights.sizes)
        try lowered.engine.write(shift, to: bias, sizes: weights.sizes)
      }
    }
    try valuesChanged()
    for norm in lowered.norms {
      norm.runningMean = parameters[norm.source.path("running_mean")].values
      norm.runningVariance = parameters[norm.source.path("running_var")].values
      norm.batchesTracked = parameters[norm.source.path("num_batches_tracked")].values[0]
    }
  }

  func forward(
    _ pixels: UnsafeBufferPointer<Float>, masks: [Tensor], logits: UnsafeMutableBufferPointer<Float>
  ) throws {
    precondition(masks.count == lowered.masks.count, "every dropout takes one mask")
    threads.use()
    copy(pixels, to: lowered.pixels.floats)
    for (mask, memory) in zip(masks, lowered.masks) {
      mask.values.withUnsafeBufferPointer { copy($0, to: memory.floats) }
    }
    try lowered.engine.run(lowered.forward)
    for norm in lowered.norms { norm.track() }
    copy(UnsafeBufferPointer(lowered.logits.floats), to: logits)
  }

  func backward(
    _ logitGradient: UnsafeBufferPointer<Float>, accumulates: Bool, complete: (Int) -> Void
  ) throws {
    guard let start = lowered.logitGradient else { return }
    threads.use()
    copy(logitGradient, to: start.floats)
    // The library's kernels replace what they write.
    if accumulates { earlier = entries.map { Array($0.tensor.gradient.floats) } }
    var next = 0
    for (end, place) in completions {
      try lowered.engine.run(lowered.backward[next..<end])
      next = end
      if accumulates {
        let (gradient, values) = (entries[place].tensor.gradient.floats, earlier[place])
        for i in gradient.indices { gradient[i] += values[i] }
      }
      complete(place)
    }
    try lowered.engine.run(lowered.backward[next...])
    earlier = []
  }

  /// After how many of the backward calls the gradient of each of `entries` is complete, the first of them first.
  private lazy var completions: [(end: Int, place: Int)] = entries.indices.map { place in
    let buffer = entries[place].tensor.gradient.buffer
    return (lowered.backward.lastIndex { $0.touches(buffer) }.map { $0 + 1 } ?? lowered.backward.count, place)
  }.sorted { ($0.end, $0.place) < ($1.end, $1.place) }

  func writePixelGradient(_ pixelGradient: UnsafeMutableBufferPointer<Float>) throws {
    copy(UnsafeBufferPointer(try require(lowered.pixelGradient, "way back to the pixels").floats), to: pixelGradient)
  }

  private(set) lazy var trainedBuffers = entries.map { entry in
    TrainedBuffer(
      values: entry.tensor.value.floats, gradient: entry.tensor.gradient.floats,
      state: entry.tensor.state.map(\.floats))
  }

  var runningStatistics: [Float] {
    get { lowered.norms.flatMap { $0.runningMean + $0.runningVariance + [$0.batchesTracked] } }
    set {
      var rest = newValue[...]
      for norm in lowered.norms {
        let count = norm.runningMean.count
        precondition(rest.count > 2 * count, "as many statistics as there are")
        norm.runningMean = Array(rest.prefix(count))
        norm.runningVariance = Array(rest.dropFirst(count).prefix(count))
        rest = rest.dropFirst(2 * count)
        norm.batchesTracked = rest.removeFirst()
      }
    }
  }

  func spread(_ count: Int, _ body: (Int) -> Void) { threads.spread(count, body) }

  func valuesChanged() throws {
    threads.use()
    for weights in lowered.weights { try weights.change(on: lowered.engine) }
  }

  func parameters() throws -> Parameters {
    var parameters = try require(loaded, "parameters before they are loaded")
    for entry in entries { parameters[entry.path] = try tensor(entry.tensor.value, entry) }
    for norm in lowered.norms {
      let path = norm.source.path
      parameters[path("running_mean")].values = norm.runningMean
      parameters[path("running_var")].values = norm.runningVariance
      parameters[path("num_batches_tracked")].values[0] = norm.batchesTracked
    }
    return parameters
  }

  func handWeights(to engine: any InferenceEngine) throws {
    guard let engine = engine as? EvaluationEngine else {
      throw Failure(.internal, "onednn: weights are handed to an engine of another backend")
    }
    try engine.load(from: self)
  }

  /// Where every trainable parameter lies.
  private lazy var places = Dictionary(uniqueKeysWithValues: entries.map { ($0.path, $0.tensor.value) })
  /// What says the running statistics of every norm.
  private lazy var statistics: [ParameterPath: () -> [Float]] = lowered.norms.reduce(into: [:]) { table, norm in
    table[norm.source.path("running_mean")] = { norm.runningMean }
    table[norm.source.path("running_var")] = { norm.runningVariance }
  }

  /// The numbers of a parameter or statistic with one a channel, as they are now.
  func vector(_ path: ParameterPath) throws -> [Float] {
    if let statistic = statistics[path] { return statistic() }
    return Array(try place(path).floats)
  }

  /// The numbers of a layer's weight, row-major, as they are now: where they lie, or in `staged` where the layer's kernels want
  /// them in another order.
  func weight(_ path: ParameterPath, _ staged: StagedFloats) throws -> UnsafeBufferPointer<Float> {
    let memory = try place(path)
    let plain = try Layout.plain(memory.layout.sizes)
    if memory.layout == plain { return UnsafeBufferPointer(memory.floats) }
    let copy = try Memory(at: staged.start, plain, on: lowered.engine)
    try lowered.engine.copy(memory, to: copy)
    return UnsafeBufferPointer(copy.floats)
  }

  private func place(_ path: ParameterPath) throws -> Memory {
    try require(places[path], "parameter \(path) in training")
  }

  func state() throws -> OptimizerState {
    var state: OptimizerState = [:]
    for (place, name) in stateNames.enumerated() {
      state[name] = Dictionary(
        uniqueKeysWithValues: try entries.map { ($0.path, try tensor($0.tensor.state[place], $0)) })
    }
    return state
  }

  func gradients() throws -> [ParameterPath: Tensor] {
    Dictionary(uniqueKeysWithValues: try entries.map { ($0.path, try tensor($0.tensor.gradient, $0)) })
  }

  /// What `memory`, laid out like the entry's parameter, holds under the parameter's shape.
  private func tensor(_ memory: Memory, _ entry: TrainedParameter) throws -> Tensor {
    let shape = try require(loaded, "parameters before they are loaded")[entry.path].shape
    return Tensor(shape, try lowered.engine.read(memory, sizes: entry.tensor.sizes))
  }

  /// Gradients that wait while others are computed, parallel to `entries`.
  private var earlier: [[Float]] = []

  /// Every trainable parameter.
  private(set) lazy var entries: [TrainedParameter] = zip(lowered.weights, plan.weights).flatMap(trainedParameters)
}

typealias TrainedParameter = (path: ParameterPath, tensor: TrainedTensor)

private func trainedParameters(_ weights: Weights, _ source: WeightSource) -> [TrainedParameter] {
  guard let trained = weights.trained else { return [] }
  let (path, biasPath): (ParameterPath, ParameterPath?)
  switch source {
  case .affine(let weight, let bias, _, _), .plain(let weight, let bias, _): (path, biasPath) = (weight, bias)
  case .norm(let norm): (path, biasPath) = (norm.path("weight"), norm.path("bias"))
  case .constant: return []
  }
  var entries = [(path: path, tensor: trained.weight)]
  if let biasPath, let bias = trained.bias { entries.append((path: biasPath, tensor: bias)) }
  return entries
}
