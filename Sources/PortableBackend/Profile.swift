public import Networks
import Optimizers
public import Programs
import Tensors

extension PortableBackend {
  /// How long each step of an engine for `plan` takes, forward and backward, on made-up images: the median of `repeats`.
  ///
  /// - Throws: `Failure` when memory runs out.
  public func profile(_ plan: Plan, parameters: Parameters, repeats: Int) throws -> [CallProfile] {
    let network: Network
    // The engine owns the weights that the network points to.
    let engine: AnyObject
    if plan.purpose == .training {
      let training = try PlainTrainingEngine(plan, for: .sgd(momentum: 0), threads: threads)
      try training.load(parameters, state: [:])
      (network, engine) = (training.network, training)
    } else {
      let evaluation = try EvaluationEngine(plan, threads: threads)
      try evaluation.load(plan.weights.map { PreparedWeights($0, parameters) })
      (network, engine) = (evaluation.network, evaluation)
    }
    return withExtendedLifetime(engine) { network.profile(repeats: repeats) }
  }
}

extension Network {
  fileprivate func profile(repeats: Int) -> [CallProfile] {
    let pixels = memory.values[Plan.pixels]
    var generator = Generator(seed: 0, purpose: .sample)
    generator.fillUniform(UnsafeMutableBufferPointer(start: pixels.start, count: pixels.count), in: 0...1)
    let backward = runners.indices.reversed().filter { runners[$0].buffers.outputGradient != nil }
    let calls = runners.indices.map { (index: $0, pass: CallProfile.Pass.forward) } + backward.map { ($0, .backward) }
    let logits = memory.values[plan.logits]
    let seconds = Programs.profile(calls.count, repeats: repeats) { call in
      if call == runners.count, let start = memory.gradients[plan.logits] {
        generator.fillUniform(UnsafeMutableBufferPointer(start: start, count: logits.count), radius: 1)
      }
      let runner = runners[calls[call].index]
      if calls[call].pass == .forward { runner.forward() } else { runner.backward() }
    }
    return zip(calls, seconds).map { call, seconds in
      let (step, runner) = (plan.steps[call.index], runners[call.index])
      let gradients = (runner.buffers.inputGradients[0] == nil ? 0 : 1) + (plan.purpose == .training ? 1 : 0)
      return CallProfile(
        step: step.name, operation: step.operation.name, pass: call.pass, algorithm: "", layout: "nchw",
        implementation: "\(type(of: runner.kernel))", seconds: seconds,
        multiplyAdds: plan.multiplyAdds(of: step) * (call.pass == .forward ? 1 : gradients))
    }
  }
}

extension Operation {
  fileprivate var name: String {
    switch self {
    case .convolution: "convolution"
    case .transposedConvolution: "transposed convolution"
    case .dense: "dense"
    case .groupNormalization, .localResponseNormalization: "norm"
    case .softmax: "softmax"
    case .upsampling: "upsampling"
    case .scaleShift: "scale and shift"
    case .batchNormalization: "norm"
    case .maxPooling, .averagePooling, .adaptiveAveragePooling: "pooling"
    case .dropout: "dropout"
    case .reshape: "reshape"
    case .sum: "sum"
    case .concatenation: "concatenation"
    case .product: "product"
    case .selection: "selection"
    case .identity, .activation: "activation"
    }
  }
}
