import Networks
import Programs
import Tensors

/// Norms and what works channel by channel.
extension Lowering {
  func scaleShift(_ index: Int, _ step: Step) throws -> Pullback {
    let input = try value(step.inputs[0])
    let sizes = input.layout.sizes
    // For one channel or pixel 2.6 computes with other numbers than it is given.
    guard sizes[1] > 1, sizes.dropFirst(2).reduce(1, *) > 1 else {
      let source = try Weights(scaleAndShift: .plain([sizes[1]]), in: recorder)
      weights[index] = source
      return try portable("scale and shift", step, weights: source)
    }
    let layout = try perChannel(input.layout)
    if try ScaleShiftPass.admits(input.layout), try engine.binary(.multiply, input.layout, layout).isReference {
      return try handwrittenScaleShift(index, step, input)
    }
    let source = try Weights(scaleAndShift: layout, in: recorder)
    weights[index] = source
    let output = try recorder.memory(input.layout)
    let descriptor = try engine.binary(
      .multiply, input.layout, layout, postOperations: [.add(layout)] + (step.activation?.postOperations ?? []))
    var arguments: [Argument: Memory] = [.source: input, .secondSource: source.weight, .destination: output]
    arguments[.postOperation(0)] = source.bias
    try recorder.record("\(step.name) scale and shift forward", descriptor, arguments)
    set(step.output, output)

    return { [self] in
      guard needsGradient(step.inputs[0]) else { return }
      let gradient = try recorder.converted(outputGradient(step), to: input.layout)
      try recorder.record(
        "\(step.name) scale and shift backward", engine.binary(.multiply, gradient.layout, layout),
        [.source: gradient, .secondSource: source.weight, .destination: gradient])
      try deliver(gradient, to: step.inputs[0])
    }
  }

  /// As `scaleShift`, where the library has plain loops alone.
  private func handwrittenScaleShift(_ index: Int, _ step: Step, _ input: Memory) throws -> Pullback {
    // Blocks are filled up with zeros.
    let source = try Weights(scaleAndShift: .blocked([1, input.layout.sizes[1], 1, 1]), in: recorder)
    weights[index] = source
    let output = try recorder.memory(input.layout)
    recorder.record(
      "\(step.name) scale and shift forward",
      try ScaleShiftPass(
        input, scale: source.weight, shift: source.bias, relu: step.activation == .relu, into: output,
        rows: recorder.rows))
    try activate(step, output, unless: .relu)
    set(step.output, output)

    return { [self] in
      guard needsGradient(step.inputs[0]) else { return }
      let gradient = try recorder.converted(outputGradient(step), to: input.layout)
      recorder.record(
        "\(step.name) scale and shift backward",
        try ScaleShiftPass(gradient, scale: source.weight, into: gradient, rows: recorder.rows))
      try deliver(gradient, to: step.inputs[0])
    }
  }

  /// One number for each channel of `images`, in the first layout that the library multiplies fast by.
  ///
  /// Behind images in blocks a row-major one falls to its plain loops.
  private func perChannel(_ images: Layout) throws -> Layout {
    let sizes = [1, images.sizes[1], 1, 1]
    let layouts = try [Layout.plain(sizes), .blocked(sizes), .blockedByEight(sizes)]
    return try layouts.first { try !engine.binary(.multiply, images, $0).isReference } ?? layouts[0]
  }

  func batchNormalization(_ settings: BatchNormalization, _ index: Int, _ step: Step) throws -> Pullback {
    let sizes = sizes(of: step.inputs[0])
    let channels = try Layout.plain([sizes[1]])
    let source = try Weights(channels, bias: sizes[1], training: true, in: recorder)
    weights[index] = source
    let norm = try Normalization(
      plan.weights[index], settings, sizes, channels, recorder, shards: statistics?.shardCount ?? 1)
    norms.append(norm)
    // The library's kernel measures and normalises in one go.
    if statistics != nil { return try portable("norm", step, weights: source, measuring: norm) }
    let input = try normalized(step)
    let output = try recorder.memory(input.layout)
    set(step.output, output)
    if try RowNormPass.admits(input.layout) { return try rowNorm(settings, source, norm, input, output, step) }
    let descriptor = try engine.batchNormalization(
      input.layout, epsilon: settings.epsilon, relu: step.activation == .relu)
    let workspace = try descriptor.layout(.workspace).map(recorder.memory)
    var arguments: [Argument: Memory] = [
      .source: input, .destination: output, .mean: norm.mean, .variance: norm.variance, .scale: source.weight,
    ]
    arguments[.shift] = source.bias
    arguments[.workspace] = workspace
    try recorder.record("\(step.name) norm forward", descriptor, arguments)
    try activate(step, output, unless: .relu)

    return { [self] in
      let trained = try require(source.trained, "norm in training")
      let gradient = try recorder.converted(outputGradient(step, except: .relu), to: input.layout)
      let backward = try engine.batchNormalizationBackward(
        input.layout, epsilon: settings.epsilon, relu: step.activation == .relu, hint: descriptor)
      var arguments: [Argument: Memory] = [
        .source: input, .mean: norm.mean, .variance: norm.variance, .scale: source.weight,
        .destinationGradient: gradient, .sourceGradient: gradient, .scaleGradient: trained.weight.gradient,
      ]
      if Engine.normBackwardTakesShift { arguments[.shift] = source.bias }
      arguments[.shiftGradient] = trained.bias?.gradient
      arguments[.workspace] = workspace
      try recorder.record("\(step.name) norm backward", backward, arguments)
      try deliver(gradient, to: step.inputs[0])
    }
  }

  /// What a norm reads, already as a convolution behind it wants it: reordered there, its sources would lie here twice.
  private func normalized(_ step: Step) throws -> Memory {
    let input = try value(step.inputs[0])
    return try readerCount(of: step.inputs[0]) == 1 && packsReader(of: step.output) ? blockwise(input) : input
  }

  /// A norm of maps that lie row-major, as over a group.
  private func rowNorm(
    _ settings: BatchNormalization, _ source: Weights, _ norm: Normalization, _ input: Memory, _ output: Memory,
    _ step: Step
  ) throws -> Pullback {
    let trained = try require(source.trained, "norm in training")
    let shift = try require(source.bias, "shift of a norm")
    let operands = RowNormPass.Operands(
      source: input, scale: source.weight, shift: shift, mean: norm.mean, variance: norm.variance,
      epsilon: settings.epsilon, relu: step.activation == .relu)
    recorder.record("\(step.name) norm forward", RowNormPass(operands, output))
    try activate(step, output, unless: .relu)

    return { [self] in
      let gradient = try recorder.converted(outputGradient(step, except: .relu), to: input.layout)
      let shiftGradient = try require(trained.bias, "shift of a norm").gradient
      recorder.record(
        "\(step.name) norm backward",
        RowNormPass(operands, gradient, gradients: (scale: trained.weight.gradient, shift: shiftGradient)))
      try deliver(gradient, to: step.inputs[0])
    }
  }

  func dropout(_ step: Step) throws -> Pullback {
    let input = try value(step.inputs[0])
    let staged = try recorder.persistentMemory(.plain(sizes(of: step.output)))
    masks.append(staged)
    let mask = try recorder.converted(staged, to: input.layout)
    let output = try recorder.memory(input.layout)
    try recorder.record(
      "\(step.name) dropout forward", engine.binary(.multiply, input.layout, input.layout),
      [.source: input, .secondSource: mask, .destination: output])
    set(step.output, output)

    return { [self] in
      guard needsGradient(step.inputs[0]) else { return }
      let gradient = try outputGradient(step)
      let factor = try recorder.converted(mask, to: gradient.layout)
      try recorder.record(
        "\(step.name) dropout backward", engine.binary(.multiply, gradient.layout, gradient.layout),
        [.source: gradient, .secondSource: factor, .destination: gradient])
      try deliver(gradient, to: step.inputs[0])
    }
  }
}
