import Failures
import Programs
import Tensors

/// A network in evaluation mode, with or without its input gradient.
final class EvaluationEngine: InputGradientEngine {
  let lowered: Lowered
  private let plan: Plan
  private let threads: Threads

  init(_ plan: Plan, _ backend: OneDNNBackend) throws {
    (self.plan, threads) = (plan, backend.threads)
    threads.use()
    lowered = try Lowering(plan, backend.algorithms, backend.caches).lower()
  }

  func load(_ weights: some Sequence<PreparedWeights>) throws {
    threads.use()
    for (target, source) in zip(lowered.weights, weights) {
      try source.weight.values.withUnsafeBufferPointer {
        try target.load($0, bias: source.bias.values, on: lowered.engine)
      }
    }
  }

  /// Takes over what the parameters in `session` come to now; on the way there are those of one layer at a time.
  func load(from session: TrainingSession) throws {
    threads.use()
    let counts = plan.weightCounts
    let most = counts.reduce(1) { max($0, $1.weight) }
    let (staged, prepared) = (StagedFloats(count: most), StagedFloats(count: most))
    for (target, (source, count)) in zip(lowered.weights, zip(plan.weights, counts)) {
      let preparation = try WeightPreparation(source, channels: count.bias, vector: session.vector)
      let weight = prepared.first(count.weight)
      try preparation.write(
        preparation.parameter.map { try session.weight($0, staged) }, into: weight, spread: threads.spread)
      try target.load(UnsafeBufferPointer(weight), bias: preparation.bias, on: lowered.engine)
    }
  }

  func forward(_ pixels: UnsafeBufferPointer<Float>, rows: Int, logits: UnsafeMutableBufferPointer<Float>) throws {
    threads.use()
    lowered.rows.count = rows
    copy(pixels, to: lowered.pixels.floats)
    try lowered.engine.run(lowered.forward)
    copy(UnsafeBufferPointer(lowered.logits.floats), to: logits)
  }

  func spread(_ count: Int, _ body: (Int) -> Void) { threads.spread(count, body) }

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
