import Networks
import Programs

/// Activations that are not part of another kernel.
extension Lowering {
  /// An activation whose slope follows from what it reads.
  func activation(_ activation: Activation, _ step: Step) throws -> Pullback {
    let input = try value(step.inputs[0])
    set(step.output, try activated(activation, input, step))

    return { [self] in
      guard needsGradient(step.inputs[0]) else { return }
      let gradient = try recorder.converted(outputGradient(step), to: input.layout)
      try descend(activation, [.source: input], gradient, step)
      try deliver(gradient, to: step.inputs[0])
    }
  }

  /// `activation` of `input`, in new memory.
  func activated(_ activation: Activation, _ input: Memory, _ step: Step) throws -> Memory {
    let output = try recorder.memory(input.layout)
    var source = input
    for function in activation.functions {
      try recorder.record(
        "\(step.name) activation forward", engine.elementwise(function, input.layout),
        [.source: source, .destination: output])
      source = output
    }
    return output
  }

  /// Applies the step's activation to `output`, where it is not the one that its kernel has applied.
  func activate(_ step: Step, _ output: Memory, unless applied: Activation? = nil) throws {
    guard let activation = step.activation, activation != applied else { return }
    for function in activation.functions {
      try recorder.record(
        "\(step.name) activation forward", engine.elementwise(function, output.layout),
        [.source: output, .destination: output])
    }
  }

  /// Multiplies `gradient`, in place, by the slope of `activation` at what it made or read.
  func descend(_ activation: Activation, _ data: [Argument: Memory], _ gradient: Memory, _ step: Step) throws {
    let functions = activation.functions
    for (position, function) in functions.enumerated().reversed() {
      let isLast = position == functions.count - 1
      // What comes before the last is linear: its slope is its factor.
      let descriptor =
        try isLast
        ? engine.elementwiseBackward(function, gradient.layout)
        : engine.elementwise(.linear(function.alpha, 0), gradient.layout)
      let operands: [Argument: Memory] =
        isLast
        ? [.destinationGradient: gradient, .sourceGradient: gradient] : [.source: gradient, .destination: gradient]
      try recorder.record(
        "\(step.name) activation backward", descriptor, isLast ? operands.merging(data) { first, _ in first } : operands
      )
    }
  }
}
