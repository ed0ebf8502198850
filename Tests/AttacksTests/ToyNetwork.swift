import Networks
import Tensors
import TestSupport

/// A network small enough to be checked by hand: dense layers with ReLU between them, weights from the formula.
///
/// Every image is computed alone and in one fixed order, so its answer cannot depend on the batch.
final class ToyNetwork: DifferentiableClassifier {
  struct Layer {
    let inputs, outputs: Int
    var weight, bias: [Float]

    init(_ name: String, _ inputs: Int, _ outputs: Int) {
      (self.inputs, self.outputs) = (inputs, outputs)
      weight = FormulaWeights.values(path: "\(name).weight", shape: [outputs, inputs], kind: .weight)
      bias = FormulaWeights.values(path: "\(name).bias", shape: [outputs], kind: .bias)
    }
  }

  enum Kind: String, CaseIterable { case linear, mlp }

  let imageShape: Shape = [2, 5, 5]
  let classCount = 5
  let batchSize: Int
  var layers: [Layer]
  /// How often it was asked.
  private(set) var forwards = 0, backwards = 0
  /// Where the caller's buffers lay, one address a call.
  private(set) var buffers: Set<UInt> = []
  /// Images whose first pixel exceeds this get a gradient that is not a number.
  var breaksAbove: Float = .infinity

  /// The inputs of every layer and the logits of the last forward pass, one list an image.
  private var activations: [[[Float]]] = []

  init(_ kind: Kind = .mlp, batchSize: Int = 8) {
    self.batchSize = batchSize
    layers = kind == .linear ? [Layer("linear", 50, 5)] : [Layer("fc1", 50, 16), Layer("fc2", 16, 5)]
  }

  func forward(_ pixels: Tensor, rows: Int, into logits: inout Tensor) { forward(pixels, into: &logits) }

  func forward(_ pixels: Tensor, into logits: inout Tensor) {
    forwards += 1
    note(pixels)
    activations = (0..<batchSize).map { forward(Array(pixels[rows: $0..<$0 + 1].values)) }
    for row in 0..<batchSize { setRow(row, of: &logits, activations[row].last ?? []) }
  }

  func backward(_ logitGradient: Tensor, into gradient: inout Tensor) {
    backwards += 1
    note(logitGradient)
    note(gradient)
    for row in 0..<batchSize {
      var slope = logitGradient[rows: row..<row + 1].values
      for (layer, input) in zip(layers, activations[row]).reversed() {
        if layer.outputs != classCount { slope = backThroughReLU(slope, layer, input) }
        slope = (0..<layer.inputs).map { i in
          (0..<layer.outputs).reduce(0) { $0 + layer.weight[$1 * layer.inputs + i] * slope[$1] }
        }
      }
      if activations[row][0][0] > breaksAbove { slope[7] = .nan }
      setRow(row, of: &gradient, slope)
    }
  }

  private func note(_ buffer: Tensor) {
    _ = buffer.values.withUnsafeBufferPointer { buffers.insert(UInt(bitPattern: $0.baseAddress)) }
  }

  /// The input of every layer, then the logits.
  private func forward(_ image: [Float]) -> [[Float]] {
    var values = [image]
    for (index, layer) in layers.enumerated() {
      let output = outputs(of: layer, values[index])
      values.append(index + 1 < layers.count ? output.map { max($0, 0) } : output)
    }
    return values
  }

  private func outputs(of layer: Layer, _ input: [Float]) -> [Float] {
    (0..<layer.outputs).map { o in
      (0..<layer.inputs).reduce(0) { $0 + layer.weight[o * layer.inputs + $1] * input[$1] } + layer.bias[o]
    }
  }

  private func backThroughReLU(_ slope: [Float], _ layer: Layer, _ input: [Float]) -> [Float] {
    zip(slope, outputs(of: layer, input)).map { $1 > 0 ? $0 : 0 }
  }

  private func setRow(_ row: Int, of tensor: inout Tensor, _ values: [Float]) {
    for (i, value) in values.enumerated() { tensor.values[row * values.count + i] = value }
  }
}

/// The images and labels of these tests.
enum Toy {
  static func images(_ count: Int) -> Tensor {
    Tensor([count, 2, 5, 5], FormulaWeights.pixels(shape: [count, 2, 5, 5]))
  }

  static func labels(_ count: Int) -> [Int] { FormulaWeights.labels(count: count, classes: 5) }
}
