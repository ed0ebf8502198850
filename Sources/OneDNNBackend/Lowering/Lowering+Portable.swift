import PortableBackend
import Programs
import Tensors

/// Steps that the library has no kernel for, by the portable engine's, on row-major values.
extension Lowering {
  /// As `portable`, for a step with parameters that the optimiser works on in training, or with fixed numbers.
  func portable(_ name: String, _ index: Int, _ step: Step) throws -> Pullback {
    let (weight, bias) = plan.weightCounts[index]
    let isTrained = if case .constant = plan.weights[index] { false } else { training }
    let made = try Weights(.plain([weight]), bias: bias, training: isTrained, in: recorder)
    weights[index] = made
    return try portable(name, step, weights: made)
  }

  /// By the portable kernel of `step`; a batch norm measures what `norm` tracks.
  func portable(
    _ name: String, _ step: Step, weights: Weights? = nil, measuring norm: Normalization? = nil
  ) throws -> Pullback {
    let inputs = try step.inputs.map { try recorder.converted(value($0), to: .plain(sizes(of: $0))) }
    let output = try recorder.memory(.plain(sizes(of: step.output)))
    let kernel = PortableCall(
      step, plan, inputs: inputs, output: output, weights: weights, measuring: norm, sharing: statistics)
    portableCalls.append(kernel)
    recorder.record("\(step.name) \(name) forward", PortablePass(kernel, isBackward: false))
    if let residual = step.residual {
      let summand = try recorder.converted(value(residual), to: output.layout)
      try recorder.record(
        "\(step.name) sum forward", engine.binary(.add, output.layout, output.layout),
        [.source: output, .secondSource: summand, .destination: output])
    }
    try activate(step, output)
    set(step.output, output)

    return { [self] in
      let targets = try step.inputs.map { needsGradient($0) ? try recorder.memory(.plain(sizes(of: $0))) : nil }
      let gradient = try recorder.converted(outputGradient(step), to: output.layout)
      kernel.gradient = gradient
      kernel.inputGradients = targets
      recorder.record("\(step.name) \(name) backward", PortablePass(kernel, isBackward: true))
      for (index, target) in zip(step.inputs, targets) {
        if let target { try deliver(target, to: index) }
      }
      if let residual = step.residual { try deliver(gradient, to: residual) }
    }
  }
}

/// A step of the portable engine on memories of this one.
final class PortableCall {
  private let step: Step
  private let plan: Plan
  let inputs: [Memory]
  let output: Memory
  /// Row-major, if the step has any.
  let weights: Weights?
  private let norm: Normalization?
  private let statistics: SharedStatistics?
  /// That of the output, and those of the inputs where they are wanted; set when the way back is recorded.
  var gradient: Memory?
  var inputGradients: [Memory?]
  private var kernel: PortableStep?
  /// As of which of the weights' changes the kernel has them.
  private var change = 0

  init(
    _ step: Step, _ plan: Plan, inputs: [Memory], output: Memory, weights: Weights?, measuring norm: Normalization?,
    sharing statistics: SharedStatistics?
  ) {
    (self.step, self.plan, self.inputs, self.output, self.weights) = (step, plan, inputs, output, weights)
    (self.norm, self.statistics) = (norm, statistics)
    inputGradients = inputs.map { _ in nil }
  }

  /// Makes the kernel, once all memories are placed.
  ///
  /// - Throws: `Failure` when memory runs out.
  func prepare() throws {
    let threads = Threads.current
    kernel = try PortableStep(
      step, of: plan, weights: weights?.portable(measuring: norm), inputs: inputs.compactMap(\.start),
      output: require(output.start, "a placed memory"), outputGradient: gradient?.start,
      inputGradients: inputGradients.map { $0?.start }, sharing: statistics, threads: threads.count,
      spread: threads.spread)
  }

  /// Runs one way; the kernel lays out weights first where they have changed.
  fileprivate func run(isBackward: Bool) {
    guard let kernel else { preconditionFailure("a step is run before it is prepared") }
    if isBackward { return kernel.backward() }
    if let weights, weights.changes != change {
      kernel.weightsChanged()
      change = weights.changes
    }
    kernel.forward()
  }
}

extension Weights {
  /// Row-major ones as the portable engine's kernels see them.
  fileprivate func portable(measuring norm: Normalization?) -> PortableStep.Weights? {
    var measured: MeasuredStatistics?
    if let mean = norm?.mean.start, let variance = norm?.variance.start { measured = (mean, variance) }
    return weight.start.map {
      PortableStep.Weights(
        weight: $0, bias: bias?.start, weightGradient: trained?.weight.gradient.start,
        biasGradient: trained?.bias?.gradient.start, measured: measured)
    }
  }
}

/// One way through a `PortableCall`.
struct PortablePass: HandwrittenPass {
  private let call: PortableCall
  private let isBackward: Bool

  init(_ call: PortableCall, isBackward: Bool) { (self.call, self.isBackward) = (call, isBackward) }

  var memories: [Memory] {
    let values = call.inputs + [call.output]
    guard isBackward else { return values }
    let trained = [call.weights?.trained?.weight.gradient, call.weights?.trained?.bias?.gradient]
    return values + ([call.gradient] + call.inputGradients + trained).compactMap { $0 }
  }
  var algorithm: String { "" }
  var layoutText: String { call.output.layout.text }
  var implementation: String { "portable" }

  func run() { call.run(isBackward: isBackward) }
}
