import Programs
import Tensors

/// What picks channels, and what multiplies by them.
extension Lowering {
  func selection(_ channels: [Int], _ step: Step) throws -> Pullback {
    let input = try value(step.inputs[0])
    guard try SelectionPass.admits(input.layout) else { return try portable("selection", step) }
    let output = try recorder.memory(.blocked(sizes(of: step.output)))
    try recorder.record(
      "\(step.name) selection forward", SelectionPass(channels, from: input, to: output, isBackward: false))
    set(step.output, output)

    return { [self] in
      guard needsGradient(step.inputs[0]) else { return }
      let gradient = try recorder.converted(outputGradient(step), to: output.layout)
      let target = try recorder.memory(.blocked(sizes(of: step.inputs[0])))
      try recorder.record(
        "\(step.name) selection backward", SelectionPass(channels, from: gradient, to: target, isBackward: true))
      try deliver(target, to: step.inputs[0])
    }
  }

  func product(_ step: Step) throws -> Pullback {
    let (first, second) = (sizes(of: step.inputs[0]), sizes(of: step.inputs[1]))
    let images = try value(step.inputs[0])
    guard first != second, try SelectionPass.admits(images.layout) else { return try portable("product", step) }
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
