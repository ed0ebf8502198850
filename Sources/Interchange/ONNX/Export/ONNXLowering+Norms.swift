import Networks
import Tensors

extension ONNXLowering {
  mutating func lowerNorm(_ settings: BatchNormalization, _ input: String, _ names: [String]) {
    let attributes: [String: ONNXAttribute] = [
      "epsilon": .float(settings.epsilon), "momentum": .float(1 - settings.momentum),
    ]
    add("BatchNormalization", [input] + names, attributes, isLast: true)
  }

  /// ONNX norms single channels, so each group is made one first.
  mutating func lowerNorm(_ settings: GroupNormalization, _ input: String) {
    let (shape, groups) = (vertex.inputShapes[0].sizes, settings.groups)
    let attributes: [String: ONNXAttribute] = ["epsilon": .float(settings.epsilon)]
    let channels = [shape[0]] + [Int](repeating: 1, count: shape.count - 1)
    if groups == shape[0], shape.count == 3, settings.affine {
      add("InstanceNormalization", [input] + parameters(), attributes, isLast: true)
      return
    }
    let (ones, zeros) = (
      floats(called: "ones", [groups], .init(repeating: 1, count: groups)),
      floats(called: "zeros", [groups], .init(repeating: 0, count: groups))
    )
    let joined = add("Reshape", [input, integers(called: "groups", [0, groups, -1])])
    let normed = add("InstanceNormalization", [joined, ones, zeros], attributes)
    let back = integers(called: "shape", [0] + shape)
    guard settings.affine else {
      add("Reshape", [normed, back], isLast: true)
      return
    }
    let names = parameters()
    let extended = integers(called: "channels", channels)
    let scaled = add("Mul", [add("Reshape", [normed, back]), add("Reshape", [names[0], extended])])
    add("Add", [scaled, add("Reshape", [names[1], extended])], isLast: true)
  }

  mutating func lowerNorm(_ settings: LayerNormalization, _ input: String) {
    let shape = vertex.inputShapes[0]
    let names =
      settings.affine ? parameters() : [floats(called: "ones", shape.sizes, .init(repeating: 1, count: shape.count))]
    let attributes: [String: ONNXAttribute] = ["axis": .integer(1), "epsilon": .float(settings.epsilon)]
    add("LayerNormalization", [input] + names, attributes, isLast: true)
  }

  /// ONNX counts one neighbour less before a channel than PyTorch where `size` is even; then a matrix adds the squares.
  mutating func lowerNorm(_ settings: LocalResponseNormalization, _ input: String) {
    guard settings.size.isMultiple(of: 2) else {
      let attributes: [String: ONNXAttribute] = [
        "size": .integer(settings.size), "alpha": .float(settings.alpha), "beta": .float(settings.beta),
        "bias": .float(settings.k),
      ]
      add("LRN", [input], attributes, isLast: true)
      return
    }
    let (channels, size) = (vertex.inputShapes[0][0], settings.size)
    let band = (0..<channels).flatMap { row in
      (0..<channels).map { (row - size / 2..<row + size / 2).contains($0) ? settings.alpha / Float(size) : 0 }
    }
    let matrix = floats(called: "neighbours", [channels, channels, 1, 1], band)
    let mean = add("Conv", [add("Mul", [input, input]), matrix])
    let base = add("Add", [mean, floats(called: "k", [], [settings.k])])
    add("Div", [input, add("Pow", [base, floats(called: "beta", [], [settings.beta])])], isLast: true)
  }

  mutating func lowerStandardization(_ input: String) {
    let shape = vertex.inputShapes[0]
    let axes = ONNXAttribute.integers(Array(1...shape.rank))
    let less = add("Sub", [input, add("ReduceMean", [input], ["axes": axes])])
    let variance = add("ReduceMean", [add("Mul", [less, less])], ["axes": axes])
    let least = floats(called: "least", [], [1 / Float(shape.count).squareRoot()])
    add("Div", [less, add("Max", [add("Sqrt", [variance]), least])], isLast: true)
  }
}
