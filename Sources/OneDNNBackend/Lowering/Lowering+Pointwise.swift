import Networks
import Programs

/// The way back through a 1x1 convolution, which is a 1x1 convolution, too.
extension Lowering {
  /// Records it as one forward: without AVX-512 those kernels of the library are faster than backward ones, and they add to a
  /// gradient that is there.
  func pointwiseGradient(
    _ exchanged: ConvolutionGeometry, _ forward: PrimitiveDescriptor, _ step: Step, _ weights: Weights,
    _ gradient: Memory
  ) throws {
    guard needsGradient(step.inputs[0]) else { return }
    let (outer, inner) = (try forward.chosen(.destination), try forward.chosen(.source))
    let total = self.gradient(of: step.inputs[0]).flatMap { $0.layout == inner ? $0 : nil }
    let descriptor = try engine.convolution(
      exchanged, .direct, bias: false, training: false, source: outer, destination: inner,
      postOperations: total == nil ? [] : [.accumulate])
    let wanted = try descriptor.chosen(.weights)
    let destination = try total ?? recorder.memory(inner)
    try recorder.record(
      "\(step.name) convolution backward data", descriptor,
      [
        .source: recorder.converted(gradient, to: outer),
        .weights: recorder.view(weights.weight(in: wanted.exchanged, recorder), as: wanted), .destination: destination,
      ])
    if total == nil { try deliver(destination, to: step.inputs[0]) }
  }
}
