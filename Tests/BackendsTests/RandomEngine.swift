import Networks
import Programs
import Tensors

/// The evaluation engines of one random network.
struct RandomEngine {
  let network: RandomNetwork
  private let gradients: any InputGradientEngine
  private let inference: any InferenceEngine

  init(_ network: RandomNetwork, on backend: any Backend) throws {
    self.network = network
    let plan = Plan(network.graph, for: .inputGradient, batchSize: network.batchSize)
    gradients = try backend.makeInputGradientEngine(plan)
    try gradients.load(plan.weights.map { PreparedWeights($0, network.parameters) })
    let forward = Plan(network.graph, for: .inference, batchSize: network.batchSize)
    inference = try backend.makeInferenceEngine(forward)
    try inference.load(forward.weights.map { PreparedWeights($0, network.parameters) })
  }

  /// Logits and the gradient at the pixels, row by row.
  func evaluate(_ step: RandomNetwork.Step) throws -> (logits: [Float], gradient: [Float]) {
    var logits = [Float](repeating: .nan, count: step.logitGradient.values.count)
    var gradient = [Float](repeating: .nan, count: step.pixels.values.count)
    try step.pixels.values.withUnsafeBufferPointer { pixels in
      try logits.withUnsafeMutableBufferPointer { try gradients.forward(pixels, rows: network.batchSize, logits: $0) }
    }
    try step.logitGradient.values.withUnsafeBufferPointer { slopes in
      try gradient.withUnsafeMutableBufferPointer { try gradients.backward(slopes, pixelGradient: $0) }
    }
    return (logits, gradient)
  }

  /// Logits of the engine that has nothing else to do.
  func infer(_ step: RandomNetwork.Step) throws -> [Float] {
    var logits = [Float](repeating: .nan, count: step.logitGradient.values.count)
    try step.pixels.values.withUnsafeBufferPointer { pixels in
      try logits.withUnsafeMutableBufferPointer { try inference.forward(pixels, rows: network.batchSize, logits: $0) }
    }
    return logits
  }
}

extension TrainingEngine {
  /// One pass forward and back; the logits.
  func train(_ step: RandomNetwork.Step) throws -> [Float] {
    var logits = [Float](repeating: .nan, count: step.logitGradient.values.count)
    try step.pixels.values.withUnsafeBufferPointer { pixels in
      try logits.withUnsafeMutableBufferPointer { try forward(pixels, masks: step.masks, logits: $0) }
    }
    try step.logitGradient.values.withUnsafeBufferPointer { try backward($0, accumulates: false) { _ in } }
    return logits
  }
}
