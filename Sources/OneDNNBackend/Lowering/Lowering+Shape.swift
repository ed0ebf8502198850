import Networks
import Programs
import Tensors

/// Poolings and what moves or adds values.
extension Lowering {
  func pooling(_ windows: PoolingWindow, takesMaximum: Bool, _ step: Step) throws -> Pullback {
    var input = try value(step.inputs[0])
    let geometry = PoolingGeometry(
      windows, takesMaximum: takesMaximum, batchSize: plan.batchSize, input: plan.values[step.inputs[0]].sizes,
      output: plan.values[step.output].sizes)
    // The library counts all of a window that reaches past the padding.
    if !takesMaximum, geometry.countsPadding, geometry.reachesPastPadding { return try portable("pooling", step) }
    let differentiates = needsGradient(step.inputs[0])
    let masksInput = takesMaximum && differentiates && takesMask(of: step.inputs[0])
    // Two reorders cost less than the library's kernels.
    let last = try Layout.channelsLast(input.layout.sizes)
    if try !MaximumPass.admits(geometry, input.layout), try MaximumPass.admits(geometry, last) {
      input = try recorder.converted(input, to: last)
    }
    if try MaximumPass.admits(geometry, input.layout) {
      return try maximum(geometry, input, masksInput: masksInput, step)
    }
    var descriptor = try engine.pooling(geometry, training: differentiates, source: input.layout)
    if descriptor.isReference {
      // Without AVX-512 the library has no kernel for blocks of 16 channels, and takes a hundred times as long.
      input = try recorder.converted(input, to: last)
      descriptor = try engine.pooling(geometry, training: differentiates, source: input.layout)
    }
    let output = try recorder.memory(descriptor.chosen(.destination))
    let workspace = try descriptor.layout(.workspace).map(recorder.memory)
    var arguments: [Argument: Memory] = [.source: input, .destination: output]
    arguments[.workspace] = workspace
    try recorder.record("\(step.name) pooling forward", descriptor, arguments)
    set(step.output, output)

    return { [self, input, descriptor] in
      guard differentiates else { return }
      let gradient = try recorder.converted(outputGradient(step), to: output.layout)
      if masksInput { try descend(.relu, [.destination: output], gradient, step) }
      let sourceGradient = try recorder.memory(input.layout)
      var arguments: [Argument: Memory] = [.destinationGradient: gradient, .sourceGradient: sourceGradient]
      arguments[.workspace] = workspace
      try recorder.record(
        "\(step.name) pooling backward", engine.poolingBackward(geometry, hint: descriptor), arguments)
      try deliver(sourceGradient, to: step.inputs[0])
    }
  }

  /// Maximum pooling by a pass of ours; `masksInput` says that the mask of what it reads is taken from what it writes.
  private func maximum(
    _ geometry: PoolingGeometry, _ input: Memory, masksInput: Bool, _ step: Step
  ) throws -> Pullback {
    let sizes = sizes(of: step.output)
    let isLast = try input.layout == .channelsLast(input.layout.sizes)
    let output = try recorder.memory(isLast ? .channelsLast(sizes) : .blocked(sizes))
    let differentiates = needsGradient(step.inputs[0])
    // A byte each.
    let places = try differentiates ? recorder.memory(.plain([output.layout.byteCount / 16])) : nil
    try recorder.record(
      "\(step.name) pooling forward",
      MaximumPass(geometry, source: input, result: output, places: places, isBackward: false, rows: recorder.rows))
    set(step.output, output)

    return { [self] in
      guard differentiates else { return }
      let gradient = try recorder.converted(outputGradient(step), to: output.layout)
      if masksInput { try descend(.relu, [.destination: output], gradient, step) }
      let sourceGradient = try recorder.memory(input.layout)
      try recorder.record(
        "\(step.name) pooling backward",
        MaximumPass(
          geometry, source: sourceGradient, result: gradient, places: places, isBackward: true, rows: recorder.rows))
      try deliver(sourceGradient, to: step.inputs[0])
    }
  }

  /// The same bytes seen with other sizes, once they lie row-major.
  func reshape(_ step: Step) throws -> Pullback {
    let (before, after) = (try Layout.plain(sizes(of: step.inputs[0])), try Layout.plain(sizes(of: step.output)))
    let input = try recorder.converted(value(step.inputs[0]), to: before)
    set(step.output, try recorder.view(input, as: after))

    return { [self] in
      guard needsGradient(step.inputs[0]) else { return }
      let gradient = try recorder.converted(outputGradient(step), to: after)
      try deliver(recorder.view(gradient, as: before), to: step.inputs[0])
    }
  }

  func sum(_ step: Step) throws -> Pullback {
    var total = try value(step.inputs[0])
    let (layout, last) = (total.layout, step.inputs.count - 1)
    // Where blocks are narrower than vectors, 2.6 sums wrong numbers with an activation, and writes past the end.
    let fuses = try layout == .plain(layout.sizes) || SelectionPass.admits(layout)
    for (position, index) in step.inputs.enumerated().dropFirst() {
      let activation = fuses && position == last ? step.activation?.postOperations ?? [] : []
      let summand = try recorder.converted(value(index), to: layout)
      let output = try recorder.memory(layout)
      try recorder.record(
        "\(step.name) sum forward", engine.binary(.add, layout, layout, postOperations: activation),
        [.source: total, .secondSource: summand, .destination: output])
      total = output
    }
    if !fuses { try activate(step, total) }
    set(step.output, total)

    return { [self] in
      let gradient = try outputGradient(step)
      for index in step.inputs.dropLast() { try deliverCopy(gradient, to: index) }
      try deliver(gradient, to: step.inputs[last])
    }
  }

  func concatenation(_ step: Step) throws -> Pullback {
    let inputs = try step.inputs.map(value)
    let descriptor = try engine.concatenation(inputs.map(\.layout), .any(sizes(of: step.output)))
    let output = try recorder.memory(descriptor.chosen(.destination))
    var arguments: [Argument: Memory] = [.destination: output]
    for (position, input) in inputs.enumerated() { arguments[.source(position)] = input }
    try recorder.record("\(step.name) concatenation forward", descriptor, arguments)
    set(step.output, output)

    return { [self] in
      var gradient = try outputGradient(step)
      let isVector = gradient.layout.sizes.count < 4
      let isSeparable = try isVector || separable(output.layout, step)
      gradient =
        try isSeparable
        ? recorder.converted(gradient, to: isVector ? .plain(sizes(of: step.output)) : output.layout)
        : pixelwise(gradient)
      var first = 0
      for index in step.inputs {
        let sizes = sizes(of: index)
        let channels = first..<first + sizes[1]
        first = channels.upperBound
        guard needsGradient(index) else { continue }
        let copy = try recorder.memory(isVector ? .plain(sizes) : layout(of: index, like: gradient))
        if isSeparable {
          let offsets = [0, channels.lowerBound] + sizes.dropFirst(2).map { _ in 0 }
          try recorder.convert(recorder.view(gradient, as: gradient.layout.part(sizes, at: offsets)), into: copy)
        } else {
          try recorder.record(
            "\(step.name) concatenation backward",
            SelectionPass(Array(channels), from: gradient, to: copy, isBackward: false))
        }
        try deliver(copy, to: index)
      }
    }
  }

  /// Whether the parts of a concatenation in `layout` are whole blocks of channels.
  private func separable(_ layout: Layout, _ step: Step) throws -> Bool {
    try layout == .blocked(layout.sizes) && step.inputs.allSatisfy { sizes(of: $0)[1].isMultiple(of: 16) }
  }

  func identity(_ step: Step) throws -> Pullback {
    let input = try value(step.inputs[0])
    guard let activation = step.activation else {
      set(step.output, input)
      return { [self] in try deliver(outputGradient(step), to: step.inputs[0]) }
    }
    set(step.output, try activated(activation, input, step))
    return { [self] in try deliver(outputGradient(step), to: step.inputs[0]) }
  }
}
