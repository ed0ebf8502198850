import Programs
import Tensors

/// What picks channels, and what multiplies by them.
extension Lowering {
  func selection(_ channels: [Int?], _ step: Step) throws -> Pullback {
    guard sizes(of: step.output).count == 4 else { return try portable("selection", step) }
    let input = try pixelwise(value(step.inputs[0]))
    let output = try recorder.memory(layout(of: step.output, like: input))
    try recorder.record(
      "\(step.name) selection forward", SelectionPass(channels, from: input, to: output, isBackward: false))
    set(step.output, output)

    return { [self] in
      guard needsGradient(step.inputs[0]) else { return }
      let gradient = try pixelwise(outputGradient(step))
      let target = try recorder.memory(layout(of: step.inputs[0], like: gradient))
      try recorder.record(
        "\(step.name) selection backward", SelectionPass(channels, from: gradient, to: target, isBackward: true))
      try deliver(target, to: step.inputs[0])
    }
  }

  /// Images as channels are picked from them: in blocks of 16 channels, or with the channels last.
  func pixelwise(_ images: Memory) throws -> Memory {
    let layout = images.layout
    return try SelectionPass.admits(layout) ? images : recorder.converted(images, to: .channelsLast(layout.sizes))
  }

  /// How value `index` is laid out that is picked from `images`: channels that fill no blocks come last, as the kernels
  /// that follow want them.
  func layout(of index: Int, like images: Memory) throws -> Layout {
    let sizes = sizes(of: index)
    let isBlocked = try images.layout == .blocked(images.layout.sizes)
    return try isBlocked && sizes[1] == filled(sizes[1]) ? .blocked(sizes) : .channelsLast(sizes)
  }

  func product(_ step: Step) throws -> Pullback {
    let (first, second) = (sizes(of: step.inputs[0]), sizes(of: step.inputs[1]))
    let images = try value(step.inputs[0])
    guard first != second, try ChannelProductPass.admits(images.layout) else { return try portable("product", step) }
    // Images of one pixel lie alike in both layouts.
    let factors = try recorder.converted(value(step.inputs[1]), to: .blocked(second))
    let output = try recorder.memory(images.layout)
    let operands = ChannelProductPass.Operands(images: images, factors: factors, product: output)
    try recorder.record("\(step.name) product forward", ChannelProductPass(operands, isBackward: false))
    try activate(step, output)
    set(step.output, output)

    return { [self] in
      let targets = try zip(step.inputs, [images, factors]).map { index, like in
        needsGradient(index) ? try recorder.memory(like.layout) : nil
      }
      let operands = ChannelProductPass.Operands(
        images: images, factors: factors, product: try recorder.converted(outputGradient(step), to: images.layout),
        imageGradient: targets[0], factorGradient: targets[1])
      try recorder.record("\(step.name) product backward", ChannelProductPass(operands, isBackward: true))
      for (index, target) in zip(step.inputs, targets) {
        if let target { try deliver(target, to: index) }
      }
    }
  }
}
