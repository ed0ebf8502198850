import Failures
import Networks
import Programs
import Tensors

/// The engine of evaluation plans: logits, and the gradient with respect to the pixels where the plan has one.
final class EvaluationEngine: InputGradientEngine {
  let network: Network
  private let block: FloatBlock
  private let weights: [WeightBuffers]
  /// How many numbers weight and bias of each of `Plan.weights` have.
  private let counts: [(weight: Int, bias: Int)]

  init(_ plan: Plan, threads: Int) throws {
    counts = plan.weightCounts
    block = try FloatBlock(count: counts.reduce(0) { $0 + FloatBlock.padded($1.weight) + FloatBlock.padded($1.bias) })
    var start = block.start
    weights = counts.map { count in
      defer { start += FloatBlock.padded(count.weight) + FloatBlock.padded(count.bias) }
      return WeightBuffers(weight: start, bias: start + FloatBlock.padded(count.weight))
    }
    network = try Network(plan, weights: weights, workers: Workers(count: threads))
  }

  func load(_ prepared: some Sequence<PreparedWeights>) throws {
    var rest = zip(weights, counts).makeIterator()
    for source in prepared {
      guard let (target, count) = rest.next(), (source.weight.values.count, source.bias.values.count) == count else {
        throw Failure(.internal, "portable engine: weights that do not fit the plan")
      }
      target.weight.update(from: source.weight.values, count: count.weight)
      target.bias?.update(from: source.bias.values, count: count.bias)
    }
    guard rest.next() == nil else { throw Failure(.internal, "portable engine: weights that do not fit the plan") }
    network.weightsChanged()
  }

  /// Takes over what the parameters in `store` come to now.
  func load(from store: ParameterStore) throws {
    for (place, source) in network.plan.weights.enumerated() {
      let (target, count) = (weights[place], counts[place])
      let preparation = try WeightPreparation(source, channels: count.bias) { Array(try store.numbers($0)) }
      try preparation.write(
        preparation.parameter.map(store.numbers),
        into: UnsafeMutableBufferPointer(start: target.weight, count: count.weight), spread: spread)
      target.bias?.update(from: preparation.bias, count: count.bias)
    }
    network.weightsChanged()
  }

  func forward(_ pixels: UnsafeBufferPointer<Float>, rows: Int, logits: UnsafeMutableBufferPointer<Float>) throws {
    try network.forward(pixels, logits: logits)
  }

  func spread(_ count: Int, _ body: (Int) -> Void) { network.workers.run(count) { number, _ in body(number) } }

  func backward(
    _ logitGradient: UnsafeBufferPointer<Float>, pixelGradient: UnsafeMutableBufferPointer<Float>
  ) throws {
    try network.backward(logitGradient)
    try network.writePixelGradient(pixelGradient)
  }
}
