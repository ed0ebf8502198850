import COneDNN
public import Networks
import Optimizers
public import Programs
import Tensors

extension OneDNNBackend {
  /// How long each call of an engine for `plan` takes on made-up images: the median of `repeats`, in the order they run.
  ///
  /// - Throws: `Failure` when the library refuses.
  public func profile(_ plan: Plan, parameters: Parameters, repeats: Int) throws -> [CallProfile] {
    let lowered: Lowered
    if plan.purpose == .training {
      let session = try TrainingSession(plan, for: .sgd(momentum: 0), self)
      try session.load(parameters, state: [:])
      lowered = session.lowered
    } else {
      let engine = try EvaluationEngine(plan, self)
      try engine.load(plan.weights.map { PreparedWeights($0, parameters) })
      lowered = engine.lowered
    }
    var generator = Generator(seed: 0, purpose: .sample)
    generator.fillUniform(lowered.pixels.floats, in: 0...1)
    for mask in lowered.masks { mask.floats.update(repeating: 1) }
    let calls = lowered.forward + lowered.backward
    let seconds = try Programs.profile(calls.count, repeats: repeats) { index in
      // Its memory may have been used for something else since the last round.
      if index == lowered.forward.count, let start = lowered.logitGradient {
        generator.fillUniform(start.floats, radius: 1)
      }
      try lowered.engine.run(CollectionOfOne(calls[index]))
    }
    let labels = calls.labels
    let multiplyAdds = Dictionary(plan.steps.map { ($0.name, plan.multiplyAdds(of: $0)) }) { first, _ in first }
    return try zip(calls, zip(labels, seconds)).map { call, timed in
      let (label, seconds) = timed
      return CallProfile(
        step: label.step, operation: label.operation, pass: label.pass, algorithm: call.work.algorithm,
        layout: try call.work.layoutText, implementation: call.work.implementation, seconds: seconds,
        multiplyAdds: label.isProduct ? multiplyAdds[label.step] ?? 0 : 0, byteCount: call.byteCount)
    }
  }

  /// How many bytes the memory of a training engine for `plan` takes.
  package func trainingByteCount(_ plan: Plan) throws -> Int {
    threads.use()
    return try Lowering(
      plan, algorithms, caches, stateCount: 1, checkpointsActivations: checkpointsActivations
    ).lower().arena.byteCount
  }

  /// The kernel the library chooses for every call, as `conv1 convolution forward: brgconv:avx512_core`.
  package func implementations(_ plan: Plan) throws -> [String] {
    threads.use()
    let lowered = try Lowering(plan, algorithms, caches, checkpointsActivations: checkpointsActivations).lower()
    return (lowered.forward + lowered.backward).map { "\($0.name): \($0.work.implementation)" }
  }
}

/// What the name of a call says: `conv1 convolution backward data`, or `reorder`.
private struct CallLabel {
  var step: String
  let operation: String
  let pass: CallProfile.Pass

  init(_ name: String) {
    let passes: [(words: String, pass: CallProfile.Pass)] = [
      (" forward", .forward), (" backward data", .backwardData), (" backward weights", .backwardWeights),
      (" backward", .backward),
    ]
    let found = passes.first { name.hasSuffix($0.words) }
    let rest = found.map { name.dropLast($0.words.count) } ?? name[...]
    pass = found?.pass ?? (name == "reorder" ? .reorder : .backward)
    // `reorder` and `gradient sum` name no step.
    let words = rest.split(separator: " ", maxSplits: 1)
    let namesStep = words.count == 2 && name != "gradient sum"
    step = namesStep ? String(words[0]) : ""
    operation = namesStep ? String(words[1]) : name
  }

  /// Whether it multiplies by a step's weights.
  var isProduct: Bool { operation == "convolution" || operation == "dense" }
}

extension [Call] {
  /// What each call is; what names no step belongs to the step after it, at the end to the one before.
  fileprivate var labels: [CallLabel] {
    var labels = map { CallLabel($0.name) }
    for index in labels.indices.reversed().dropFirst() where labels[index].step.isEmpty {
      labels[index].step = labels[index + 1].step
    }
    for index in labels.indices.dropFirst() where labels[index].step.isEmpty {
      labels[index].step = labels[index - 1].step
    }
    return labels
  }
}

extension Call.Work {
  fileprivate var algorithm: String {
    switch self {
    case .kernel(let descriptor, _, _): descriptor.algorithm
    case .handwritten(let pass): pass.algorithm
    }
  }

  fileprivate var layoutText: String {
    get throws {
      switch self {
      case .kernel(let descriptor, _, _): try descriptor.layoutText
      case .handwritten(let pass): pass.layoutText
      }
    }
  }

  fileprivate var implementation: String {
    switch self {
    case .kernel(let descriptor, _, _): descriptor.implementation
    case .handwritten(let pass): pass.implementation
    }
  }
}

extension PrimitiveDescriptor {
  /// How a convolution or dense layer is computed; empty for all else.
  fileprivate var algorithm: String {
    switch cusp_primitive_kind(handle) {
    case dnnl_convolution: cusp_algorithm(handle) == dnnl_convolution_winograd ? "winograd" : "direct"
    case dnnl_inner_product, dnnl_matmul: "product"
    default: ""
    }
  }

  /// The layout of what it reads, and of what it writes if that is another.
  fileprivate var layoutText: String {
    get throws {
      let layouts = try [
        layout(.destinationGradient) ?? layout(.source), layout(.sourceGradient) ?? layout(.destination),
      ].compactMap { $0?.text }
      return layouts.count == 2 && layouts[0] == layouts[1] ? layouts[0] : layouts.joined(separator: ">")
    }
  }
}
