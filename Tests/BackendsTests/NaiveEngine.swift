import Networks
import Optimizers
import Programs
import Tensors

/// A third engine: the layers' definitions as plain loops in `Double`, node by node, nothing fused or shared.
///
/// It also says how close its numbers came to where a function has no slope, or where rounding is blown up.
final class NaiveEngine {
  /// What a training step adds to evaluation.
  struct Training {
    /// A factor for every element of every dropout's output, in the order of the nodes.
    let masks: [[Double]]
  }

  let graph: NetworkGraph
  let batchSize: Int
  var parameters: [ParameterPath: [Double]] = [:]
  var momentum: [ParameterPath: [Double]] = [:]
  var gradients: [ParameterPath: [Double]] = [:]
  /// The largest sum of magnitudes behind an element of each gradient: where terms cancel, what rounding is relative to.
  var magnitudes: [ParameterPath: Double] = [:]
  /// The smallest distance from a tie, relative to the tensor it is in: an input of a ReLU from 0, a maximum from the
  /// next one. Exact ties do not count: all engines see them.
  var closestTie = Double.infinity
  var masks: [[Double]]?
  var image: Batch
  var outputs: [Batch] = []
  /// For every norm in training, by its vertex.
  var statistics: [Int: NormStatistics] = [:]

  init(_ graph: NetworkGraph, _ parameters: Parameters, batchSize: Int) {
    (self.graph, self.batchSize) = (graph, batchSize)
    image = Batch(batchSize, graph.imageShape)
    for (spec, tensor) in zip(parameters.specs, parameters.tensors) {
      self.parameters[spec.path] = tensor.values.map(Double.init)
      if spec.role == .trainable { momentum[spec.path] = Array(repeating: 0, count: spec.shape.count) }
    }
  }

  /// The logits; in training mode, with running statistics moved, if `training` is given.
  func forward(_ pixels: Tensor, training: Training? = nil) -> [Double] {
    masks = training?.masks
    outputs = []
    let preprocessing = graph.definition.preprocessing
    for i in image.values.indices {
      image.values[i] = Double(pixels.values[i])
      guard !preprocessing.mean.isEmpty else { continue }
      let channel = image.channel(i)
      image.values[i] -= Double(preprocessing.mean[channel])
      image.values[i] /= Double(preprocessing.standardDeviation[channel])
    }
    var rest = (masks ?? [])[...]
    for index in graph.vertices.indices { outputs.append(forward(index, &rest)) }
    return outputs.last?.values ?? []
  }

  /// The gradient at the pixels, given that at the logits; leaves the parameters' gradients behind.
  func backward(_ logitGradient: [Double]) -> [Double] {
    var slopes = outputs
    for i in slopes.indices { slopes[i].values = slopes[i].values.map { _ in 0 } }
    slopes[slopes.count - 1].values = logitGradient
    var pixels = Batch(batchSize, graph.imageShape)
    var rest = (masks ?? [])[...]
    for index in graph.vertices.indices.reversed() {
      let parts = backward(index, slopes[index], &rest)
      for (input, part) in zip(graph.vertices[index].inputs, parts) {
        for i in part.values.indices {
          if let input { slopes[input].values[i] += part.values[i] } else { pixels.values[i] += part.values[i] }
        }
      }
    }
    let deviations = graph.definition.preprocessing.standardDeviation
    if !deviations.isEmpty {
      for i in pixels.values.indices { pixels.values[i] /= Double(deviations[pixels.channel(i)]) }
    }
    return pixels.values
  }

  /// `v = momentum * v + gradient + weightDecay * w`, then `w -= learningRate * v`, of the gradient at most as long as
  /// the rule says.
  func update(_ rule: OptimizerStep) {
    let length = gradients.values.joined().reduce(0) { $0 + $1 * $1 }.squareRoot()
    let scale = rule.longestGradient.map { min(1, Double($0) / (length + 1e-6)) } ?? 1
    for (path, gradient) in gradients {
      guard var w = parameters[path], var v = momentum[path] else { continue }
      for i in w.indices {
        v[i] = Double(rule.momentum) * v[i] + scale * gradient[i] + Double(rule.weightDecay) * w[i]
        w[i] -= Double(rule.learningRate) * v[i]
      }
      (parameters[path], momentum[path]) = (w, v)
    }
  }
}
