import Networks
import Programs
import Tensors
import TestSupport

/// A network with formula weights and images, and what PyTorch says about it.
struct Subject {
  let name: String
  let reference: ReferenceNumbers
  let graph: NetworkGraph
  let parameters: Parameters
  /// `[n, c, h, w]`.
  let pixels: Tensor
  let labels: [Int]

  /// The network of `fixtures/references/<name>.json`.
  init(_ name: String) throws {
    self.name = name
    let reference = try ReferenceNumbers(named: name)
    let definition =
      try Architecture(rawValue: name)?.definition(
        imageShape: Array(reference.input.dropFirst()), classCount: reference.classes)
      ?? ReferenceNumbers.definition(NetworkDefinition.self, named: name)
    graph = try NetworkGraph(definition)
    let expected = reference.parameters
    parameters = Parameters(of: graph) { spec in
      guard let kind = expected[spec.path.text]?.kind else { return Tensor(spec.shape) }
      return Tensor(spec.shape, FormulaWeights.values(path: spec.path.text, shape: spec.shape.sizes, kind: kind))
    }
    pixels = Tensor(Shape(reference.input), FormulaWeights.pixels(shape: reference.input, path: reference.pixels))
    labels = FormulaWeights.labels(count: reference.input[0], classes: reference.classes)
    self.reference = reference
  }

  var batchSize: Int { reference.input[0] }
  var loss: CrossEntropy { CrossEntropy(labels: labels) }

  /// Zeros of the logits' shape.
  var emptyLogits: Tensor { Tensor([batchSize, graph.classCount]) }

  func inputGradientProgram(on backend: any Backend) throws -> InputGradientProgram {
    try InputGradientProgram(graph, parameters: parameters, batchSize: batchSize, on: backend)
  }

  func trainingProgram(on backend: any Backend) throws -> TrainingProgram {
    try TrainingProgram(graph, parameters: parameters, batchSize: batchSize, on: backend)
  }

  /// The masks behind `reference.training`: ones for an architecture, the formula's for a layer.
  func masks(of program: TrainingProgram) -> [Tensor] {
    if Architecture(rawValue: name) != nil { return program.dropouts.map { Tensor($0.shape, filledWith: 1) } }
    let nodes = graph.vertices.map(\.node).filter { if case .dropout = $0.layer { true } else { false } }
    return zip(nodes, program.dropouts).map { node, dropout in
      let channels = dropout.shape[0] * dropout.shape[1]
      let count =
        switch dropout.settings.scope {
        case .element: dropout.shape.count
        case .channel: channels
        case .image: dropout.shape[0]
        }
      let mask = FormulaWeights.mask(node: node.name, count: count, rate: Double(dropout.settings.rate))
      return Tensor(dropout.shape, (0..<dropout.shape.count).map { mask[$0 * count / dropout.shape.count] })
    }
  }

  /// The sum of the images' losses.
  func totalLoss(_ logits: Tensor) -> Double {
    (0..<batchSize).reduce(0) { $0 + Double(loss.value(row: $1, logits: logits)) }
  }
}

/// The largest difference between two tensors over the largest magnitude of the second.
func difference(_ found: Tensor, _ expected: Tensor) -> Float {
  guard found.shape == expected.shape else { return .infinity }
  let largest = expected.values.reduce(0) { max($0, abs($1)) }
  return zip(found.values, expected.values).reduce(0) { max($0, abs($1.0 - $1.1)) } / max(largest, 1e-30)
}

extension InputGradientProgram {
  /// The logits of `pixels`, and the gradient of the summed `loss` with respect to them.
  func evaluate(_ pixels: Tensor, loss: CrossEntropy, into gradient: inout Tensor, logits: inout Tensor) throws {
    try forward(pixels, into: &logits)
    var slope = logits
    loss.writeGradient(logits: logits, into: &slope)
    try backward(slope, into: &gradient)
  }
}
