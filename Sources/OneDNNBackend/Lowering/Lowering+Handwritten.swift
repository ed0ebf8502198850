import Networks
import Programs
import Tensors

/// Convolutions by handwritten products: in evaluation plans, and in training where filters are packed anew.
extension Lowering {
  func handwritten(
    _ algorithm: ConvolutionAlgorithm, _ settings: Convolution, _ geometry: ConvolutionGeometry,
    _ groups: MergedGroups?, _ index: Int, _ step: Step
  ) throws -> Pullback {
    func convolution(isBackward: Bool) -> any HandwrittenConvolution {
      algorithm == .winograd
        ? WinogradConvolution(geometry, isBackward: isBackward) : TapConvolution(geometry, isBackward: isBackward)
    }
    let forward = convolution(isBackward: false)
    let source = try blockwise(value(step.inputs[0]))
    // On the way back its sign is wanted in this layout.
    if readerCount(of: step.inputs[0]) == 1, step.inputs[0] != Plan.pixels { set(step.inputs[0], source) }
    let (output, addend) = try sum(step, layout(of: geometry.destination, like: source))
    let made = try Weights(
      forward.filter, training: training, expanding: plan.weights[index].expansion, hasBias: settings.bias,
      in: recorder)
    made.groups = groups
    weights[index] = made
    let operands = ConvolutionOperands(
      source: source, weights: made.weight, bias: made.bias, destination: output, addend: addend,
      relu: step.activation == .relu)
    try recorder.record("\(step.name) convolution forward", forward.pass(operands, in: recorder))
    try activate(step, output, unless: .relu)
    set(step.output, output)

    return { [self] in
      if !training, algorithm == .implicitGEMM, step.residual == nil, NarrowGradientPass.admits(geometry) {
        return try narrowGradient(geometry, step, made)
      }
      let gradient = try outputGradient(step)
      let outer = try blockwise(gradient)
      // First, since nobody needs what the convolution read after it.
      if training { try filterGradient(algorithm, geometry, step, made, source, outer) }
      if needsGradient(step.inputs[0]) {
        let backward = convolution(isBackward: true)
        let ending = try ending(step, layout(of: geometry.source, like: outer))
        let operands = ConvolutionOperands(
          source: outer, weights: try made.weight(backward.filter, recorder), destination: ending.destination,
          addend: ending.addend, mask: ending.mask)
        try recorder.record("\(step.name) convolution backward data", backward.pass(operands, in: recorder))
        if ending.addend == nil { try deliver(ending.destination, to: step.inputs[0]) }
      }
      if let residual = step.residual { try deliver(gradient, to: residual) }
    }
  }

  /// Where a pass of ours writes, and what it adds: the residual, where that lies.
  private func sum(_ step: Step, _ layout: Layout) throws -> (destination: Memory, addend: Memory?) {
    guard let index = step.residual else { return (try recorder.memory(layout), nil) }
    let residual = try recorder.converted(value(index), to: layout)
    let isFree = try residual !== value(index) || isLastUse(of: index, in: step)
    return (isFree ? residual : try recorder.memory(layout), residual)
  }

  /// Where a pass of ours writes the gradient of what the step reads, what of that it adds, and by what it masks the sum.
  private func ending(_ step: Step, _ layout: Layout) throws -> (destination: Memory, addend: Memory?, mask: Memory?) {
    let index = step.inputs[0]
    let total = gradient(of: index)
    let addend = total?.layout == layout ? total : nil
    let completes = addend != nil || total == nil
    let mask = try completes && value(index).layout == layout && takesMask(of: index, afterLastOf: step)
    return (try addend ?? recorder.memory(layout), addend, mask ? try value(index) : nil)
  }

  /// A 1x1 convolution in groups for which the library has no kernel that keeps images apart.
  func groupedProduct(_ geometry: ConvolutionGeometry, _ index: Int, _ step: Step) throws -> Pullback {
    let filter = GroupedFilter(geometry, isBackward: false)
    let source = try recorder.converted(value(step.inputs[0]), to: .channelsLast(geometry.source))
    let output = try destination(step, .channelsLast(geometry.destination))
    let made = try Weights(filter, training: false, expanding: nil, hasBias: true, in: recorder)
    weights[index] = made
    let operands = ConvolutionOperands(
      source: source, weights: made.weight, bias: made.bias, destination: output,
      addend: step.residual == nil ? nil : output, relu: step.activation == .relu)
    recorder.record(
      "\(step.name) convolution forward", GroupedProductPass(filter, operands, in: recorder))
    try activate(step, output, unless: .relu)
    set(step.output, output)

    return { [self] in
      let gradient = try outputGradient(step)
      if needsGradient(step.inputs[0]) {
        let filter = GroupedFilter(geometry, isBackward: true)
        let inner = try recorder.memory(.channelsLast(geometry.source))
        let operands = ConvolutionOperands(
          source: try recorder.converted(gradient, to: .channelsLast(geometry.destination)),
          weights: try made.weight(filter, recorder), destination: inner)
        recorder.record(
          "\(step.name) convolution backward data", GroupedProductPass(filter, operands, in: recorder))
        try deliver(inner, to: step.inputs[0])
      }
      if let residual = step.residual { try deliver(gradient, to: residual) }
    }
  }

  /// A convolution of images of few channels for which the library has no kernel that keeps images apart.
  func columnProduct(_ geometry: ConvolutionGeometry, _ index: Int, _ step: Step) throws -> Pullback {
    let source = try recorder.converted(value(step.inputs[0]), to: .plain(geometry.source))
    let output = try recorder.memory(.channelsLast(geometry.destination))
    let made = try Weights(ColumnFilter(geometry), training: false, expanding: nil, hasBias: true, in: recorder)
    weights[index] = made
    let operands = ConvolutionOperands(
      source: source, weights: made.weight, bias: made.bias, destination: output, relu: step.activation == .relu)
    try recorder.record("\(step.name) convolution forward", ColumnProductPass(geometry, operands, in: recorder))
    try activate(step, output, unless: .relu)
    set(step.output, output)
    return { [self] in try narrowGradient(geometry, step, made) }
  }

  /// A dense layer in evaluation, or a convolution as one, named `kind`, where the library's product mixes images.
  func handwrittenProduct(
    _ kind: String, _ sizes: DenseSizes, _ product: DenseProduct?, _ index: Int, _ step: Step
  ) throws -> Pullback {
    let (inputs, outputs) = (try Layout.plain(sizes.source), try Layout.plain(sizes.destination))
    let (images, results) = (
      try Layout.plain(self.sizes(of: step.inputs[0])), try Layout.plain(self.sizes(of: step.output))
    )
    let filter = GroupedFilter(sizes, isBackward: false)
    let made = try Weights(filter, training: false, expanding: nil, hasBias: true, in: recorder)
    made.product = product
    weights[index] = made
    let output = try recorder.memory(outputs)
    let operands = ConvolutionOperands(
      source: try recorder.view(recorder.converted(value(step.inputs[0]), to: images), as: inputs),
      weights: made.weight, bias: made.bias, destination: output, relu: step.activation == .relu)
    recorder.record("\(step.name) \(kind) forward", GroupedProductPass(filter, operands, in: recorder))
    let result = try recorder.view(output, as: results)
    try activate(step, result, unless: .relu)
    set(step.output, result)

    return { [self] in
      guard needsGradient(step.inputs[0]) else { return }
      let gradient = try recorder.converted(outputGradient(step), to: results)
      let (filter, inner) = (GroupedFilter(sizes, isBackward: true), try recorder.memory(inputs))
      let operands = ConvolutionOperands(
        source: try recorder.view(gradient, as: outputs), weights: try made.weight(filter, recorder),
        destination: inner)
      recorder.record(
        "\(step.name) \(kind) backward data", GroupedProductPass(filter, operands, in: recorder))
      try deliver(recorder.view(inner, as: images), to: step.inputs[0])
    }
  }

  /// The gradient of what a convolution read, where that has few channels; the mask of its ReLU is part of the pass.
  func narrowGradient(_ geometry: ConvolutionGeometry, _ step: Step, _ made: Weights) throws {
    guard needsGradient(step.inputs[0]) else { return }
    let gradient = try blockwise(outputGradient(step, except: .relu))
    let mask = isMasked(step) ? try recorder.converted(value(step.output), to: gradient.layout) : nil
    let inner = try recorder.memory(.plain(geometry.source))
    let pass = try NarrowGradientPass(
      geometry, gradient: gradient, mask: mask, weights: made.weight(NarrowFilter(geometry), recorder),
      destination: inner, rows: recorder.rows)
    recorder.record("\(step.name) convolution backward data", pass)
    try deliver(inner, to: step.inputs[0])
  }

  /// The gradients of the filters and of the bias, and from those the parameters'.
  private func filterGradient(
    _ algorithm: ConvolutionAlgorithm, _ geometry: ConvolutionGeometry, _ step: Step, _ weights: Weights,
    _ source: Memory, _ gradient: Memory
  ) throws {
    let name = "\(step.name) convolution"
    let (trained, expansion) = (try require(weights.trained, "\(name) in training"), weights.expansion)
    func summed(_ expansion: FilterExpansion?, _ sums: Memory, _ record: (Memory) throws -> Void) throws {
      guard let expansion else { return try record(sums) }
      let expanded = try recorder.memory(.plain([expansion.expandedCount]))
      try record(expanded)
      recorder.record("\(name) filters backward", FilterPass(expansion, summing: expanded, into: sums))
    }
    try summed(expansion, trained.weight.gradient) { filters in
      let pass: any HandwrittenPass =
        algorithm == .winograd
        ? try WinogradGradientPass(
          WinogradConvolution(geometry, isBackward: false), source: source, gradient: gradient, filters: filters,
          in: recorder)
        : try TapGradientPass(
          TapConvolution(geometry, isBackward: false), source: source, gradient: gradient, filters: filters,
          in: recorder)
      recorder.record("\(name) backward weights", pass)
    }
    guard let bias = trained.bias else { return }
    try summed(expansion?.ofBias, bias.gradient) { sums in
      try recorder.record("\(step.name) bias backward", ChannelSumPass(gradient, into: sums, in: recorder))
    }
  }

  /// Images in one of the two layouts that our passes read: with the channels last only where they fill their blocks, and
  /// there without AVX-512, since the library's other kernels take no blocks of 16 then.
  func blockwise(_ images: Memory) throws -> Memory {
    let sizes = images.layout.sizes
    guard sizes[1] == filled(sizes[1]) else { return try recorder.converted(images, to: .blocked(sizes)) }
    let last = try Layout.channelsLast(sizes)
    if images.layout == last { return images }
    return try recorder.converted(images, to: InstructionSet.current == .avx512 ? .blocked(sizes) : last)
  }

  private func layout(of sizes: [Int], like images: Memory) throws -> Layout {
    let isBlocked = try images.layout == .blocked(images.layout.sizes) || sizes[1] != filled(sizes[1])
    return try isBlocked ? .blocked(sizes) : .channelsLast(sizes)
  }
}
