import Networks
import Programs
import Tensors

/// Convolutions and dense layers.
extension Lowering {
  func convolution(_ settings: Convolution, _ index: Int, _ step: Step) throws -> Pullback {
    let asked = geometry(of: settings, step)
    let apart = asked.channelwise
    // In training the optimiser works on the filters themselves.
    let groups = training ? nil : MergedGroups(apart)
    let geometry = groups?.merged ?? apart
    let algorithm = try algorithm(of: settings, index, geometry, step)
    if algorithm == .denseProduct { return try denseProduct(geometry, index, step) }
    if algorithm == .implicitGEMM || algorithm == .winograd && ownsWinograd(settings, index) {
      return try handwritten(algorithm, settings, geometry, groups, index, step)
    }
    let bias = settings.bias || !training
    let ahead: [PostOperation] = step.residual == nil ? [] : [.accumulate]
    let descriptor = try convolutionKernel(
      geometry, algorithm, bias: bias, ahead + (step.activation?.postOperations ?? []))
    if !training, descriptor.mixesImages {
      if GroupedProductPass.admits(asked) { return try groupedProduct(asked, index, step) }
      if ColumnProductPass.admits(geometry), step.residual == nil { return try columnProduct(geometry, index, step) }
      guard Engine.hasHandwrittenProducts, geometry.admits(.implicitGEMM, training: false) else {
        return try portable("convolution", index, step)
      }
      return try handwritten(.implicitGEMM, settings, geometry, groups, index, step)
    }
    let source = try recorder.converted(read(by: step, as: geometry), to: descriptor.chosen(.source))
    let (kernel, output, residual) = try sum(step, descriptor) { operations in
      try convolutionKernel(geometry, algorithm, bias: bias, operations)
    }
    let weights = try makeWeights(index, kernel, bias: bias ? settings.outputChannels : nil)
    weights.groups = groups
    var arguments: [Argument: Memory] = [.source: source, .weights: weights.weight, .destination: output]
    arguments[.bias] = weights.bias
    arguments[.postOperation(0)] = residual
    try recorder.record("\(step.name) convolution forward", kernel, arguments)
    set(step.output, output)

    return { [self] in
      if !training, step.residual == nil, NarrowGradientPass.admits(geometry) {
        return try narrowGradient(geometry, step, weights)
      }
      let gradient = try outputGradient(step)
      if let exchanged = geometry.exchanged, groups == nil, InstructionSet.current != .avx512 {
        try pointwiseGradient(exchanged, descriptor, step, weights, gradient)
      } else if needsGradient(step.inputs[0]) {
        let backward = try engine.convolutionBackwardData(geometry, algorithm, hint: descriptor)
        try deliver(dataGradient("\(step.name) convolution", backward, weights, gradient), by: step, as: geometry)
      }
      if training {
        let backward = try engine.convolutionBackwardWeights(geometry, algorithm, bias: bias, hint: descriptor)
        if backward.isReference || backward.mixesImages, DepthwiseGradientPass.admits(geometry) {
          try depthwiseGradient(geometry, step, weights, source, gradient)
        } else {
          try backwardWeights("\(step.name) convolution", backward, weights, source, gradient)
        }
      }
      if let residual = step.residual { try deliver(gradient, to: residual) }
    }
  }

  private func geometry(of settings: Convolution, _ step: Step) -> ConvolutionGeometry {
    ConvolutionGeometry(
      settings, batchSize: plan.batchSize, input: plan.values[step.inputs[0]].sizes,
      output: plan.values[step.output].sizes)
  }

  /// Whether the passes of a training plan's convolution that reads value `index` are ours, if it is laid out as these want it.
  func packsReader(of index: Int) throws -> Bool {
    try plan.steps.contains { step in
      guard step.inputs.first == index, case .convolution(let settings, let weights) = step.operation else {
        return false
      }
      let algorithm = try algorithm(of: settings, weights, geometry(of: settings, step).channelwise, step)
      return packs(settings, weights) && [.winograd, .implicitGEMM].contains(algorithm)
    }
  }

  /// The algorithm of a convolution: the chosen one, or direct where that does not apply or has no kernel here.
  private func algorithm(
    of settings: Convolution, _ index: Int, _ geometry: ConvolutionGeometry, _ step: Step
  ) throws -> ConvolutionAlgorithm {
    let packed = packs(settings, index)
    let wanted =
      switch algorithms {
      case .fixedRule:
        geometry.fastAlgorithm(
          training: training, packed: packed,
          last: try laidOut(step.inputs[0])?.layout == .channelsLast(geometry.source))
      case .always(let algorithm): algorithm
      case .measured(let measured):
        try measured.algorithm(geometry, training: training) { try seconds(of: settings, in: step, by: $0) }
      }
    guard geometry.admits(wanted, training: training, packed: packed) else { return .direct }
    switch wanted {
    case .direct: return wanted
    case .denseProduct:
      let keepsRowsApart = Engine.productsKeepRowsApart || Engine.hasHandwrittenProducts
      return step.residual == nil && keepsRowsApart ? wanted : .direct
    case .implicitGEMM: return Engine.hasHandwrittenProducts ? wanted : .direct
    case .winograd:
      if ownsWinograd(settings, index) { return wanted }
      guard Engine.supportsWinograd else { return .direct }
      let kernel = try? engine.convolution(geometry, wanted, bias: true, training: training, postOperations: [])
      return kernel == nil ? .direct : wanted
    }
  }

  /// Whether Winograd's algorithm is ours and not the library's.
  private func ownsWinograd(_ settings: Convolution, _ index: Int) -> Bool {
    Engine.hasHandwrittenProducts && (!training || packs(settings, index))
  }

  /// Whether training packs weights `index` anew when they change, so that it need not read them back: they are made of
  /// others, or the library has no Winograd for them, which takes one group alone and needs AVX-512.
  private func packs(_ settings: Convolution, _ index: Int) -> Bool {
    if plan.weights[index].expansion != nil { return true }
    // The optimiser works on the bias itself, which our passes want in whole blocks.
    return (settings.groups > 1 || !Engine.supportsWinograd)
      && (!settings.bias || settings.outputChannels.isMultiple(of: 16))
  }

  /// A convolution of an evaluation plan as one matrix product.
  private func denseProduct(_ geometry: ConvolutionGeometry, _ index: Int, _ step: Step) throws -> Pullback {
    let product = DenseProduct(geometry)
    guard Engine.productsKeepRowsApart else {
      return try handwrittenProduct("convolution", product.sizes, product, index, step)
    }
    let (inputs, outputs) = (try Layout.plain(product.sizes.source), try Layout.plain(product.sizes.destination))
    let (images, results) = (try Layout.plain(geometry.source), try Layout.plain(geometry.destination))
    let descriptor = try engine.dense(
      product.sizes, bias: true, training: training, postOperations: step.activation?.postOperations ?? [])
    let source = try recorder.view(recorder.converted(value(step.inputs[0]), to: images), as: inputs)
    let output = try recorder.memory(descriptor.chosen(.destination))
    let weights = try makeWeights(index, descriptor, bias: product.sizes.outputs)
    weights.product = product
    var arguments: [Argument: Memory] = [
      .source: try recorder.converted(source, to: descriptor.chosen(.source)), .weights: weights.weight,
      .destination: output,
    ]
    arguments[.bias] = weights.bias
    try recorder.record("\(step.name) convolution forward", descriptor, arguments)
    set(step.output, try recorder.view(recorder.converted(output, to: outputs), as: results))

    return { [self] in
      let masked = try recorder.converted(outputGradient(step), to: results)
      let gradient = try recorder.view(masked, as: outputs)
      let backward = try engine.denseBackwardData(product.sizes, hint: descriptor)
      let sourceGradient = try dataGradient("\(step.name) convolution", backward, weights, gradient)
      try deliver(
        recorder.view(recorder.converted(sourceGradient, to: inputs), as: images), to: step.inputs[0])
    }
  }

  /// The forward kernel that shares its layouts with the backward one, unless the library has none that is fast.
  ///
  /// Left to itself the library takes other layouts forward than backward, and then reorders cost a quarter of the time.
  /// Inference does the same, so that its logits are those that gradients are taken at.
  private func convolutionKernel(
    _ geometry: ConvolutionGeometry, _ algorithm: ConvolutionAlgorithm, bias: Bool, _ operations: [PostOperation]
  ) throws -> PrimitiveDescriptor {
    let free = try engine.convolution(
      geometry, algorithm, bias: bias, training: training, postOperations: operations)
    if algorithm == .winograd { return free }
    let backward = try engine.convolutionBackwardData(geometry, algorithm, hint: free)
    let (source, destination) = (try backward.chosen(.sourceGradient), try backward.chosen(.destinationGradient))
    guard !backward.isReference else { return free }
    let shared = try engine.convolution(
      geometry, algorithm, bias: bias, training: training, source: source.isUnpadded ? source : nil,
      destination: destination.isUnpadded ? destination : nil, postOperations: operations)
    return shared.isReference ? free : shared
  }

  /// The kernel of a convolution and where it writes; and the residual, where that is read again later and the kernel that `make`
  /// finds adds it from where it lies, so that no copy of it is added to.
  private func sum(
    _ step: Step, _ descriptor: PrimitiveDescriptor, _ make: ([PostOperation]) throws -> PrimitiveDescriptor
  ) throws -> (kernel: PrimitiveDescriptor, destination: Memory, residual: Memory?) {
    let layout = try descriptor.chosen(.destination)
    if let index = step.residual, !isLastUse(of: index, in: step), case let residual = try value(index),
      residual.layout == layout
    {
      let kernel = try make([.add(layout)] + (step.activation?.postOperations ?? []))
      if kernel.implementation == descriptor.implementation { return (kernel, try recorder.memory(layout), residual) }
    }
    return (descriptor, try destination(step, layout), nil)
  }

  /// Where a convolution writes: new memory, or what holds its residual, since kernels add to what is there.
  func destination(_ step: Step, _ layout: Layout) throws -> Memory {
    guard let index = step.residual else { return try recorder.memory(layout) }
    let residual = try recorder.converted(value(index), to: layout)
    if try residual !== value(index) || isLastUse(of: index, in: step) { return residual }
    let copy = try recorder.memory(layout)
    try recorder.convert(residual, into: copy)
    return copy
  }

  func dense(_ settings: Dense, _ index: Int, _ step: Step) throws -> Pullback {
    let sizes = DenseSizes(
      batchSize: plan.batchSize, inputs: plan.values[step.inputs[0]][0], outputs: settings.outputs)
    guard training || Engine.productsKeepRowsApart else {
      return try Engine.hasHandwrittenProducts
        ? handwrittenProduct("dense", sizes, nil, index, step) : portable("dense", index, step)
    }
    let bias = settings.bias || !training
    let descriptor = try engine.dense(
      sizes, bias: bias, training: training, postOperations: step.activation?.postOperations ?? [])
    let source = try recorder.converted(value(step.inputs[0]), to: descriptor.chosen(.source))
    let output = try recorder.memory(descriptor.chosen(.destination))
    let weights = try makeWeights(index, descriptor, bias: bias ? settings.outputs : nil)
    var arguments: [Argument: Memory] = [.source: source, .weights: weights.weight, .destination: output]
    arguments[.bias] = weights.bias
    try recorder.record("\(step.name) dense forward", descriptor, arguments)
    set(step.output, output)

    return { [self] in
      let gradient = try outputGradient(step)
      if needsGradient(step.inputs[0]) {
        let backward = try engine.denseBackwardData(sizes, hint: descriptor)
        try deliver(dataGradient("\(step.name) dense", backward, weights, gradient), to: step.inputs[0])
      }
      if training {
        let backward = try engine.denseBackwardWeights(sizes, bias: bias, hint: descriptor)
        try backwardWeights("\(step.name) dense", backward, weights, source, gradient)
      }
    }
  }

  private func makeWeights(_ index: Int, _ descriptor: PrimitiveDescriptor, bias channels: Int?) throws -> Weights {
    let made = try Weights(
      descriptor.chosen(.weights), bias: channels, training: training, expanding: plan.weights[index].expansion,
      in: recorder)
    weights[index] = made
    return made
  }

  private func dataGradient(
    _ name: String, _ descriptor: PrimitiveDescriptor, _ weights: Weights, _ gradient: Memory
  ) throws -> Memory {
    let sourceGradient = try recorder.memory(descriptor.chosen(.sourceGradient))
    try recorder.record(
      "\(name) backward data", descriptor,
      [
        .destinationGradient: recorder.converted(gradient, to: descriptor.chosen(.destinationGradient)),
        .weights: weights.weight(in: descriptor.chosen(.weights), recorder), .sourceGradient: sourceGradient,
      ])
    return sourceGradient
  }

  func backwardWeights(
    _ name: String, _ descriptor: PrimitiveDescriptor, _ weights: Weights, _ source: Memory, _ gradient: Memory
  ) throws {
    let trained = try require(weights.trained, "\(name) in training")
    let layout = try descriptor.chosen(.weightsGradient)
    let keeps = weights.expansion == nil && layout == trained.weight.gradient.layout
    let weightGradient = keeps ? trained.weight.gradient : try recorder.memory(layout)
    let biasGradient =
      try weights.expansion.map { expansion in
        try trained.bias.map { _ in try recorder.memory(.plain([expansion.ofBias.expandedCount])) }
      } ?? trained.bias?.gradient
    var arguments: [Argument: Memory] = [
      .source: try recorder.converted(source, to: descriptor.chosen(.source)),
      .destinationGradient: try recorder.converted(gradient, to: descriptor.chosen(.destinationGradient)),
      .weightsGradient: weightGradient,
    ]
    arguments[.biasGradient] = biasGradient
    try recorder.record("\(name) backward weights", descriptor, arguments)
    if let expansion = weights.expansion {
      let filters = try recorder.converted(weightGradient, to: .plain(layout.sizes))
      recorder.record(
        "\(name) filters backward", FilterPass(expansion, summing: filters, into: trained.weight.gradient))
      if let biasGradient, let sums = trained.bias?.gradient {
        recorder.record("\(name) filters backward", FilterPass(expansion.ofBias, summing: biasGradient, into: sums))
      }
    } else if !keeps {
      try recorder.convert(weightGradient, into: trained.weight.gradient)
    }
  }
}
