import Failures
import Programs
import Tensors

/// A network in evaluation mode, with or without its input gradient.
final class EvaluationEngine: InputGradientEngine {
  let lowered: Lowered
  private let threads: Threads

  init(_ plan: Plan, _ threads: Threads) throws {
    threads.use()
    self.threads = threads
    lowered = try Lowering(plan).lower()
  }

  func load(_ weights: [PreparedWeights]) throws {
    threads.use()
    for (target, source) in zip(lowered.weights, weights) {
      try lowered.engine.write(source.weight.values, to: target.weight, sizes: target.sizes)
      if let bias = target.bias {
        try lowered.engine.write(source.bias.values, to: bias, sizes: bias.layout.sizes)
      }
      try lowered.engine.run(target.refresh)
    }
  }

  func forward(_ pixels: UnsafeBufferPointer<Float>, logits: UnsafeMutableBufferPointer<Float>) throws {
    threads.use()
    copy(pixels, to: lowered.pixels.floats)
    try lowered.engine.run(lowered.forward)
    copy(UnsafeBufferPointer(lowered.logits.floats), to: logits)
  }

  func backward(
    _ logitGradient: UnsafeBufferPointer<Float>, pixelGradient: UnsafeMutableBufferPointer<Float>
  ) throws {
    let (start, end) = (lowered.logitGradient, lowered.pixelGradient)
    guard let start, let end else { throw Failure(.internal, "onednn: this engine was made for inference only") }
    threads.use()
    copy(logitGradient, to: start.floats)
    try lowered.engine.run(lowered.backward)
    copy(UnsafeBufferPointer(end.floats), to: pixelGradient)
  }
}

/// Copies as many elements as `source` has, which are as many as `destination` has.
func copy(_ source: UnsafeBufferPointer<Float>, to destination: UnsafeMutableBufferPointer<Float>) {
  precondition(source.count == destination.count, "\(source.count) values do not fill \(destination.count)")
  _ = destination.update(from: source)
}
