import Programs
import Tensors

/// Convolutions of every channel by itself.
extension Lowering {
  /// What the step reads, with every channel as often as `geometry` says.
  func read(by step: Step, as geometry: ConvolutionGeometry) throws -> Memory {
    let input = try value(step.inputs[0])
    let copies = copies(of: step, in: geometry)
    if copies.isEmpty { return input }
    let output = try recorder.memory(.blocked(geometry.source))
    try recorder.record(
      "\(step.name) selection forward",
      SelectionPass(copies, from: pixelwise(input), to: output, isBackward: false))
    return output
  }

  /// Hands on the gradient of what `read` made.
  func deliver(_ gradient: Memory, by step: Step, as geometry: ConvolutionGeometry) throws {
    let copies = copies(of: step, in: geometry)
    if copies.isEmpty { return try deliver(gradient, to: step.inputs[0]) }
    let sums = try recorder.memory(.blocked(sizes(of: step.inputs[0])))
    try recorder.record(
      "\(step.name) selection backward",
      SelectionPass(copies, from: pixelwise(gradient), to: sums, isBackward: true))
    try deliver(sums, to: step.inputs[0])
  }

  /// The channel that each one in `geometry` is a copy of; empty if they are those that the step reads.
  private func copies(of step: Step, in geometry: ConvolutionGeometry) -> [Int] {
    let count = geometry.source[1] / plan.values[step.inputs[0]][0]
    return count == 1 ? [] : (0..<geometry.source[1]).map { $0 / count }
  }

  /// The gradient of filters and bias where the library's kernel is slow.
  func depthwiseGradient(
    _ geometry: ConvolutionGeometry, _ step: Step, _ weights: Weights, _ source: Memory, _ gradient: Memory
  ) throws {
    let name = "\(step.name) convolution"
    let trained = try require(weights.trained, "\(name) in training")
    let filters = try recorder.memory(.plain(geometry.weights))
    let pass = try DepthwiseGradientPass(
      geometry, source: recorder.converted(source, to: .blocked(geometry.source)),
      gradient: recorder.converted(gradient, to: .blocked(geometry.destination)), filters: filters,
      bias: trained.bias?.gradient, in: recorder)
    recorder.record("\(name) backward weights", pass)
    try recorder.convert(filters, into: trained.weight.gradient)
  }
}
