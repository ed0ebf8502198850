import Networks
import Programs
import Tensors

/// What runs a step backward: records calls that turn the gradient of its output into those of its inputs.
typealias Pullback = () throws -> Void

/// Turns a plan into recorded calls: each step forward, in order, then backward, in reverse.
///
/// A step's function records its forward calls and returns its pullback, which knows the kernels and memories of the
/// forward pass.
final class Lowering {
  let plan: Plan
  let algorithms: AlgorithmChoice
  private let checkpointsActivations: Bool
  /// What the batch norms of a training plan share with other engines, if they do.
  let statistics: SharedStatistics?
  let recorder: Recorder
  /// The memory of each value, once its step is recorded.
  private var values: [Memory?]
  /// The gradient with respect to each value, once a step has written it.
  private var gradients: [Memory?]
  /// The values whose gradient arrives with their ReLU's mask applied.
  private var maskedAhead: Set<Int> = []
  /// Parallel to `plan.weights`.
  var weights: [Weights?]
  /// The norms of a training plan.
  var norms: [Normalization] = []
  /// The steps that the portable engine's kernels compute.
  var portableCalls: [PortableCall] = []
  /// Where the masks of a training plan are written, row-major.
  var masks: [Memory] = []

  var engine: Engine { recorder.engine }
  var training: Bool { plan.purpose == .training }

  /// - Parameter checkpointsActivations: Whether few activations are kept, and the others computed anew on the way back.
  init(
    _ plan: Plan, _ algorithms: AlgorithmChoice, _ caches: Caches, stateCount: Int = 0,
    sharing statistics: SharedStatistics? = nil, checkpointsActivations: Bool = false
  ) throws {
    self.plan = plan
    self.algorithms = algorithms
    self.statistics = statistics
    self.checkpointsActivations = checkpointsActivations
    recorder = try Recorder(batchSize: plan.batchSize, caches, stateCount: stateCount)
    values = plan.values.map { _ in nil }
    gradients = values
    weights = plan.weights.map { _ in nil }
  }

  /// Records everything.
  func lower() throws -> Lowered {
    let pixels = try recorder.memory(.plain(sizes(of: Plan.pixels)))
    // Nobody writes them a second time.
    if checkpointsActivations { pixels.buffer.persist() }
    recorder.touch(pixels)
    values[Plan.pixels] = pixels
    let segments = try (checkpointsActivations ? plan.segments : [plan.steps.indices]).map(segment)
    let logitSizes = try Layout.plain(sizes(of: plan.logits))
    let logits = try recorder.converted(value(plan.logits), to: logitSizes)
    recorder.touch(logits)
    let forwardCount = recorder.calls.count

    var logitGradient: Memory?
    if plan.needsGradient[plan.logits] {
      let memory = try recorder.memory(logitSizes)
      recorder.touch(memory)
      gradients[plan.logits] = memory
      logitGradient = memory
      for (number, segment) in segments.enumerated().reversed() {
        let start = recorder.calls.count
        for pullback in segment.pullbacks.reversed() { try pullback() }
        if number < segments.count - 1 { recorder.repeatCalls(segment.calls, before: start) }
      }
    }
    let pixelGradient = try gradients[Plan.pixels].map { try recorder.converted($0, to: pixels.layout) }
    if let pixelGradient { recorder.touch(pixelGradient) }
    // An attack may go back several times from one forward pass.
    let arena = try recorder.place(keepingAcross: plan.purpose == .inputGradient ? forwardCount : nil)
    for call in portableCalls { try call.prepare() }
    return Lowered(
      engine: engine, rows: recorder.rows, arena: arena,
      forward: Array(recorder.calls.prefix(forwardCount)),
      backward: Array(recorder.calls.dropFirst(forwardCount)), pixels: pixels, logits: logits,
      logitGradient: logitGradient, pixelGradient: pixelGradient, weights: weights.compactMap { $0 }, norms: norms,
      masks: masks)
  }

  /// Records the steps `range` forward: the calls, and what runs back those of them whose gradient anybody wants.
  private func segment(_ range: Range<Int>) throws -> (calls: Range<Int>, pullbacks: [Pullback]) {
    let start = recorder.calls.count
    let pullbacks = try plan.steps[range].map { (step: $0, run: try lower($0)) }
    return (
      start..<recorder.calls.count, pullbacks.filter { plan.needsGradient[$0.step.output] }.map(\.run)
    )
  }

  private func lower(_ step: Step) throws -> Pullback {
    switch step.operation {
    case .convolution(let settings, let weights): try convolution(settings, weights, step)
    case .transposedConvolution(_, let weights): try portable("transposed convolution", weights, step)
    case .groupNormalization(_, _, _, let weights): try portable("norm", weights, step)
    case .localResponseNormalization: try portable("norm", step)
    case .softmax: try portable("softmax", step)
    case .upsampling: try portable("upsampling", step)
    case .dense(let settings, let weights): try dense(settings, weights, step)
    case .scaleShift(let weights): try scaleShift(weights, step)
    case .batchNormalization(let settings, let weights): try batchNormalization(settings, weights, step)
    case .activation(let activation): try self.activation(activation, step)
    case .selection(let channels): try selection(channels, step)
    case .product: try product(step)
    case .adaptiveAveragePooling: try portable("pooling", step)
    case .maxPooling(let windows): try pooling(windows, takesMaximum: true, step)
    case .averagePooling(let windows): try pooling(windows, takesMaximum: false, step)
    case .dropout: try dropout(step)
    case .reshape: try reshape(step)
    case .sum: try sum(step)
    case .concatenation: try concatenation(step)
    case .identity: try identity(step)
    }
  }

  // MARK: - What steps work with

  /// The batch's sizes of value `index`.
  func sizes(of index: Int) -> [Int] { [plan.batchSize] + plan.values[index].sizes }

  /// The memory of value `index`.
  func value(_ index: Int) throws -> Memory { try require(laidOut(index), "value \(index) of the plan") }

  /// The memory of value `index` if the step that makes it is recorded.
  func laidOut(_ index: Int) -> Memory? { values[index] }

  /// Says where value `index` lies.
  func set(_ index: Int, _ memory: Memory) { values[index] = memory }

  /// The gradient of the step's output, through the step's activation unless that is `spared`.
  func outputGradient(_ step: Step, except spared: Activation? = nil) throws -> Memory {
    let gradient = try require(gradients[step.output], "gradient of \(step.name)")
    guard let activation = step.activation, activation != spared, !maskedAhead.contains(step.output) else {
      return gradient
    }
    let output = try value(step.output)
    let source = try recorder.converted(gradient, to: output.layout)
    try descend(activation, [.destination: output], source, step)
    return source
  }

  /// Whether the gradient of the step's output arrives without the mask of the step's ReLU.
  func isMasked(_ step: Step) -> Bool { step.activation == .relu && !maskedAhead.contains(step.output) }

  /// How many steps read value `index`.
  func readerCount(of index: Int) -> Int { plan.steps.count { $0.reads.contains(index) } }

  /// Takes over the ReLU's mask of value `index` for the maximum pooling that alone reads it, if there is one.
  ///
  /// A window passes its gradient on to its maximum, so the mask may as well be taken from the maximum, on a quarter of
  /// the elements; then nothing reads the larger value on the way back.
  func takesMask(of index: Int) -> Bool {
    guard readerCount(of: index) == 1, index != plan.logits,
      plan.steps.contains(where: { $0.output == index && $0.activation == .relu })
    else { return false }
    maskedAhead.insert(index)
    return true
  }

  /// Takes over the ReLU's mask of value `index` for `step`, if that is the last to add to the value's gradient.
  func takesMask(of index: Int, afterLastOf step: Step) -> Bool {
    guard step.residual != index, isMasked(index),
      plan.steps.first(where: { $0.reads.contains(index) && needsGradient($0.output) })?.output == step.output
    else { return false }
    maskedAhead.insert(index)
    return true
  }

  /// Whether the gradient of value `index` is to be masked by a ReLU which is no part of a norm, whose kernel masks.
  private func isMasked(_ index: Int) -> Bool {
    guard let maker = plan.steps.first(where: { $0.output == index }), isMasked(maker) else { return false }
    if case .batchNormalization = maker.operation { return false }
    return true
  }

  /// Whether anybody wants the gradient of value `index`.
  func needsGradient(_ index: Int) -> Bool { plan.needsGradient[index] }

  /// Whether nothing reads value `index` after `step`, in either direction, so that its memory may be overwritten.
  ///
  /// Going backward the outputs of activations are read, and what `readsInputsBackward` says; steps that share memory with
  /// their input count as readers.
  func isLastUse(of index: Int, in step: Step) -> Bool {
    guard !training, index != plan.logits else { return false }
    return plan.steps.allSatisfy { other in
      if other.output == index {
        return other.activation == nil && !other.operation.readsOutputBackward || !needsGradient(index)
      }
      if !other.reads.contains(index) { return true }
      if other.operation.readsInputsBackward, needsGradient(index) { return false }
      switch other.operation {
      case .reshape, .identity: return false
      default: return other.output <= step.output && !(other.output == step.output && step.inputs.contains(index))
      }
    }
  }

  /// The gradient of value `index` so far.
  func gradient(of index: Int) -> Memory? { gradients[index] }

  /// Adds `gradient` to that of value `index`, or makes it that; the caller does not touch it any more.
  func deliver(_ gradient: Memory, to index: Int) throws {
    guard needsGradient(index) else { return }
    guard let total = gradients[index] else {
      gradients[index] = gradient
      return
    }
    let summand = try recorder.converted(gradient, to: total.layout)
    try recorder.record(
      "gradient sum", engine.binary(.add, total.layout, total.layout),
      [.source: total, .secondSource: summand, .destination: total])
  }

  /// As `deliver`, for a gradient that others still need.
  func deliverCopy(_ gradient: Memory, to index: Int) throws {
    guard needsGradient(index), gradients[index] == nil else { return try deliver(gradient, to: index) }
    let copy = try recorder.memory(gradient.layout)
    try recorder.convert(gradient, into: copy)
    gradients[index] = copy
  }
}

/// A lowered plan: memories in place, calls ready to run.
struct Lowered {
  let engine: Engine
  let rows: ActiveRows
  let arena: Arena
  let forward, backward: [Call]
  let pixels, logits: Memory
  let logitGradient, pixelGradient: Memory?
  /// Parallel to the plan's weights.
  let weights: [Weights]
  let norms: [Normalization]
  let masks: [Memory]
}
