import Foundation

/// Runs ONNX files by the words of the operators' definition, number by number, in double precision: what `ONNXDocument` reads
/// is computed here without anything of the package.
struct ONNXReference {
  struct Array {
    var shape: [Int]
    var values: [Double]

    var count: Int { shape.reduce(1, *) }

    init(_ shape: [Int], _ values: [Double]) { (self.shape, self.values) = (shape, values) }

    init(_ shape: [Int], at value: ([Int]) -> Double) {
      self.shape = shape
      var index = [Int](repeating: 0, count: shape.count)
      values = (0..<shape.reduce(1, *)).map { _ in
        defer {
          for axis in shape.indices.reversed() {
            index[axis] += 1
            if index[axis] < shape[axis] { break }
            index[axis] = 0
          }
        }
        return value(index)
      }
    }

    /// The number at `index`; axes of one element, and those that are missing in front, are repeated.
    subscript(_ index: [Int]) -> Double {
      let own = index.suffix(shape.count)
      return values[zip(own, shape).reduce(0) { $0 * $1.1 + ($1.1 == 1 ? 0 : $1.0) }]
    }

    /// The number at `index` of an image with zeros around it.
    func padded(_ index: [Int]) -> Double? {
      zip(index, shape).allSatisfy { (0..<$1).contains($0) } ? self[index] : nil
    }
  }

  struct Unknown: Error { let operation: String }

  let document: ONNXDocument

  /// What the file's output is for `images`.
  func run(_ images: Array) throws -> Array {
    var values: [String: Array] = document.tensors.mapValues { Array($0.shape, $0.values) }
    values[document.inputs[0].name] = images
    for node in document.operators {
      let inputs = try node.inputs.filter { !$0.isEmpty }.map { name in
        guard let value = values[name] else { throw Unknown(operation: "\(node.operation) reads \(name)") }
        return value
      }
      values[node.outputs[0]] = try result(node, inputs)
    }
    return values[document.outputs[0].name] ?? Array([], [])
  }

  private static let functions: [String: @Sendable (Double) -> Double] = [
    "Identity": { $0 }, "Relu": { max($0, 0) }, "Sigmoid": { 1 / (1 + exp(-$0)) }, "Tanh": { tanh($0) },
    "Softplus": { log1p(exp($0)) }, "Erf": { erf($0) }, "Sqrt": { $0.squareRoot() },
    "HardSwish": { $0 * max(0, min(1, $0 / 6 + 0.5)) },
  ]

  private static let pairs: [String: @Sendable (Double, Double) -> Double] = [
    "Add": { $0 + $1 }, "Sub": { $0 - $1 }, "Mul": { $0 * $1 }, "Div": { $0 / $1 }, "Pow": { pow($0, $1) },
    "Max": { max($0, $1) }, "Sum": { $0 + $1 },
  ]

  private func result(_ node: ONNXDocument.Operator, _ inputs: [Array]) throws -> Array {
    let x = inputs[0]
    if let function = Self.functions[node.operation] { return Array(x.shape, x.values.map(function)) }
    if let pair = Self.pairs[node.operation] {
      return inputs.dropFirst().reduce(x) { one, other in
        let shape = Self.common(one.shape, other.shape)
        return Array(shape) { pair(one[$0], other[$0]) }
      }
    }
    let alpha = Double(node.floats["alpha"] ?? 0)
    switch node.operation {
    case "LeakyRelu": return Array(x.shape, x.values.map { $0 >= 0 ? $0 : alpha * $0 })
    case "Elu": return Array(x.shape, x.values.map { $0 >= 0 ? $0 : alpha * (exp($0) - 1) })
    case "HardSigmoid":
      let beta = Double(node.floats["beta"] ?? 0)
      return Array(x.shape, x.values.map { max(0, min(1, alpha * $0 + beta)) })
    case "Clip":
      return Array(
        x.shape, x.values.map { min(max($0, inputs[1].values[0]), inputs.count > 2 ? inputs[2].values[0] : .infinity) })
    case "Conv": return convolution(node, inputs)
    case "ConvTranspose": return transposedConvolution(node, inputs)
    case "Gemm": return dense(inputs)
    case "MatMul": return product(inputs[0], inputs[1])
    case "BatchNormalization", "InstanceNormalization", "LayerNormalization", "LRN": return norm(node, inputs)
    case "MaxPool", "AveragePool", "GlobalMaxPool", "GlobalAveragePool": return pooling(node, x)
    case "ReduceMean", "ReduceMax": return reduction(node, x)
    case "Softmax": return softmax(x)
    case "Resize": return resized(node, x, inputs.last ?? x)
    case "Concat": return concatenation(inputs)
    default: return try reshaped(node, inputs)
    }
  }

  private static func common(_ one: [Int], _ other: [Int]) -> [Int] {
    let rank = max(one.count, other.count)
    let padded = [one, other].map { [Int](repeating: 1, count: rank - $0.count) + $0 }
    return zip(padded[0], padded[1]).map { max($0, $1) }
  }

  // MARK: - Windows

  private func convolution(_ node: ONNXDocument.Operator, _ inputs: [Array]) -> Array {
    let (x, weight) = (inputs[0], inputs[1])
    let (pads, steps) = (node.integers["pads"] ?? [0, 0, 0, 0], node.integers["strides"] ?? [1, 1])
    let (holes, groups) = (node.integers["dilations"] ?? [1, 1], node.integers["group"]?[0] ?? 1)
    let sides = (0..<2).map { axis -> Int in
      let reach = holes[axis] * (weight.shape[2 + axis] - 1) + 1
      let room = x.shape[2 + axis] + pads[axis] + pads[2 + axis] - reach
      return room / steps[axis] + 1
    }
    let perGroup = weight.shape[0] / groups
    return Array([x.shape[0], weight.shape[0]] + sides) { place in
      let first = place[1] / perGroup * weight.shape[1]
      var sum = inputs.count > 2 ? inputs[2].values[place[1]] : 0
      for channel in 0..<weight.shape[1] {
        for row in 0..<weight.shape[2] {
          for column in 0..<weight.shape[3] {
            let down = place[2] * steps[0] - pads[0] + row * holes[0]
            let across = place[3] * steps[1] - pads[1] + column * holes[1]
            let at = [place[0], first + channel, down, across]
            sum += (x.padded(at) ?? 0) * weight[[place[1], channel, row, column]]
          }
        }
      }
      return sum
    }
  }

  private func transposedConvolution(_ node: ONNXDocument.Operator, _ inputs: [Array]) -> Array {
    let (x, weight) = (inputs[0], inputs[1])
    let (pads, steps) = (node.integers["pads"] ?? [0, 0, 0, 0], node.integers["strides"] ?? [1, 1])
    let (holes, groups) = (node.integers["dilations"] ?? [1, 1], node.integers["group"]?[0] ?? 1)
    let more = node.integers["output_padding"] ?? [0, 0]
    let sides = (0..<2).map { axis -> Int in
      let reach = holes[axis] * (weight.shape[2 + axis] - 1) + 1
      return steps[axis] * (x.shape[2 + axis] - 1) + more[axis] + reach - pads[axis] - pads[2 + axis]
    }
    let (perGroup, inner) = (weight.shape[1], x.shape[1] / groups)
    return Array([x.shape[0], perGroup * groups] + sides) { place in
      let (group, output) = place[1].quotientAndRemainder(dividingBy: perGroup)
      var sum = inputs.count > 2 ? inputs[2].values[place[1]] : 0
      for channel in group * inner..<(group + 1) * inner {
        for row in 0..<weight.shape[2] {
          for column in 0..<weight.shape[3] {
            let down = place[2] + pads[0] - row * holes[0]
            let across = place[3] + pads[1] - column * holes[1]
            guard down % steps[0] == 0, across % steps[1] == 0,
              let value = x.padded([place[0], channel, down / steps[0], across / steps[1]])
            else { continue }
            sum += value * weight[[channel, output, row, column]]
          }
        }
      }
      return sum
    }
  }

  private func pooling(_ node: ONNXDocument.Operator, _ x: Array) -> Array {
    let isGlobal = node.operation.hasPrefix("Global")
    let kernel = isGlobal ? Swift.Array(x.shape[2...]) : node.integers["kernel_shape"] ?? []
    let (pads, steps) = (node.integers["pads"] ?? [0, 0, 0, 0], node.integers["strides"] ?? [1, 1])
    let isCeiled = node.integers["ceil_mode"] == [1]
    let sides = (0..<2).map { axis -> Int in
      let room = x.shape[2 + axis] + pads[axis] + pads[2 + axis] - kernel[axis]
      let count = (room + (isCeiled ? steps[axis] - 1 : 0)) / steps[axis] + 1
      // A window that begins in the padding behind the image is left out.
      return (count - 1) * steps[axis] >= x.shape[2 + axis] + pads[axis] ? count - 1 : count
    }
    return Array(Swift.Array(x.shape[..<2]) + sides) { place in
      var (values, padded): ([Double], Int) = ([], 0)
      for row in 0..<kernel[0] {
        for column in 0..<kernel[1] {
          let down = place[2] * steps[0] - pads[0] + row
          let across = place[3] * steps[1] - pads[1] + column
          let at = [place[0], place[1], down, across]
          if let value = x.padded(at) {
            values.append(value)
          } else if at[2] < x.shape[2] + pads[2], at[3] < x.shape[3] + pads[3] {
            padded += 1
          }
        }
      }
      if node.operation.hasSuffix("MaxPool") { return values.max() ?? 0 }
      let counted = node.integers["count_include_pad"] == [1] ? padded : 0
      return values.reduce(0, +) / Double(values.count + counted)
    }
  }

  private func resized(_ node: ONNXDocument.Operator, _ x: Array, _ scales: Array) -> Array {
    let shape = zip(x.shape, scales.values).map { Int(Double($0) * $1) }
    let isLinear = node.texts["mode"] == "linear"
    return Array(shape) { place in
      let ends = (2...3).map { axis -> (Int, Int, Double) in
        let scale = scales.values[axis]
        guard isLinear else {
          let low = Int(Double(place[axis]) / scale)
          return (low, low, 0)
        }
        let at = min(max((Double(place[axis]) + 0.5) / scale - 0.5, 0), Double(x.shape[axis] - 1))
        return (Int(at), min(Int(at) + 1, x.shape[axis] - 1), at - at.rounded(.down))
      }
      func value(_ row: Int, _ column: Int) -> Double { x[[place[0], place[1], row, column]] }
      func row(_ row: Int) -> Double {
        let (low, high, share) = ends[1]
        return value(row, low) * (1 - share) + value(row, high) * share
      }
      let (low, high, share) = ends[0]
      return row(low) * (1 - share) + row(high) * share
    }
  }

  // MARK: - Products, sums and norms

  private func dense(_ inputs: [Array]) -> Array {
    let (x, weight) = (inputs[0], inputs[1])
    return Array([x.shape[0], weight.shape[0]]) { place in
      let bias = inputs.count > 2 ? inputs[2].values[place[1]] : 0
      return (0..<x.shape[1]).reduce(bias) { $0 + x[[place[0], $1]] * weight[[place[1], $1]] }
    }
  }

  private func product(_ one: Array, _ other: Array) -> Array {
    let (first, second) = (one.shape.suffix(2), other.shape.suffix(2))
    let outer = Self.common(Swift.Array(one.shape.dropLast(2)), Swift.Array(other.shape.dropLast(2)))
    return Array(outer + [first.first ?? 0, second.last ?? 0]) { place in
      let (block, row, column) = (Swift.Array(place.dropLast(2)), place[place.count - 2], place[place.count - 1])
      return (0..<(first.last ?? 0)).reduce(0) { $0 + one[block + [row, $1]] * other[block + [$1, column]] }
    }
  }

  private func norm(_ node: ONNXDocument.Operator, _ inputs: [Array]) -> Array {
    let (x, epsilon) = (inputs[0], Double(node.floats["epsilon"] ?? 1e-5))
    switch node.operation {
    case "BatchNormalization":
      return Array(x.shape) { place in
        let number = inputs.dropFirst().map { $0.values[place[1]] }
        return (x[place] - number[2]) / (number[3] + epsilon).squareRoot() * number[0] + number[1]
      }
    case "LRN":
      let (size, alpha) = (node.integers["size"]?[0] ?? 1, Double(node.floats["alpha"] ?? 0))
      let (beta, bias) = (Double(node.floats["beta"] ?? 0), Double(node.floats["bias"] ?? 1))
      return Array(x.shape) { place in
        let near = max(0, place[1] - (size - 1) / 2)...min(x.shape[1] - 1, place[1] + size / 2)
        let squares = near.reduce(0.0) { sum, channel in
          let value = x[[place[0], channel] + place.dropFirst(2)]
          return sum + value * value
        }
        return x[place] / pow(bias + alpha / Double(size) * squares, beta)
      }
    default:
      // The numbers of an image that are normed together lie side by side: those of a channel, or all.
      let isLayer = node.operation == "LayerNormalization"
      let size = x.shape[(isLayer ? 1 : 2)...].reduce(1, *)
      var values = x.values
      for start in stride(from: 0, to: values.count, by: size) {
        let part = x.values[start..<start + size]
        let mean = part.reduce(0, +) / Double(size)
        let variance = part.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(size)
        for place in 0..<size {
          let number = isLayer ? place : start / size % x.shape[1]
          values[start + place] = (x.values[start + place] - mean) / (variance + epsilon).squareRoot()
          values[start + place] =
            values[start + place] * inputs[1].values[number] + (inputs.count > 2 ? inputs[2].values[number] : 0)
        }
      }
      return Array(x.shape, values)
    }
  }

  private func reduction(_ node: ONNXDocument.Operator, _ x: Array) -> Array {
    let axes = node.integers["axes"] ?? []
    let keeps = node.integers["keepdims"] != [0]
    let kept = Array(x.shape.enumerated().map { axes.contains($0) ? 1 : $1 }) { place in
      let sizes = axes.map { x.shape[$0] }
      let all = Array(sizes) { inner in
        var at = place
        for (axis, value) in zip(axes, inner) { at[axis] = value }
        return x[at]
      }
      return node.operation == "ReduceMax" ? all.values.max() ?? 0 : all.values.reduce(0, +) / Double(all.count)
    }
    if keeps { return kept }
    return Array(x.shape.indices.filter { !axes.contains($0) }.map { x.shape[$0] }, kept.values)
  }

  private func softmax(_ x: Array) -> Array {
    Array(x.shape) { place in
      func value(_ channel: Int) -> Double { exp(x[[place[0], channel] + place.dropFirst(2)]) }
      return value(place[1]) / (0..<x.shape[1]).reduce(0) { $0 + value($1) }
    }
  }

  // MARK: - Shapes

  private func concatenation(_ inputs: [Array]) -> Array {
    var shape = inputs[0].shape
    shape[1] = inputs.reduce(0) { $0 + $1.shape[1] }
    return Array(shape) { place in
      var at = place
      for input in inputs {
        if at[1] < input.shape[1] { return input[at] }
        at[1] -= input.shape[1]
      }
      return 0
    }
  }

  private func reshaped(_ node: ONNXDocument.Operator, _ inputs: [Array]) throws -> Array {
    let x = inputs[0]
    let second = inputs.count > 1 ? inputs[1].values.map { Int($0) } : []
    switch node.operation {
    case "Flatten": return Array([x.shape[0], x.count / x.shape[0]], x.values)
    case "Reshape":
      var shape = second.enumerated().map { $1 == 0 ? x.shape[$0] : $1 }
      if let free = shape.firstIndex(of: -1) { shape[free] = -x.count / shape.reduce(1, *) }
      return Array(shape, x.values)
    case "Transpose":
      let order = node.integers["perm"] ?? []
      return Array(order.map { x.shape[$0] }) { place in
        var at = place
        for (axis, from) in order.enumerated() { at[from] = place[axis] }
        return x[at]
      }
    case "Slice":
      let (end, axis) = (Int(inputs[2].values[0]), Int(inputs[3].values[0]))
      var shape = x.shape
      shape[axis] = end - second[0]
      return Array(shape) { place in
        var at = place
        at[axis] += second[0]
        return x[at]
      }
    case "Gather":
      var shape = x.shape
      shape[1] = second.count
      return Array(shape) { place in x[[place[0], second[place[1]]] + place.dropFirst(2)] }
    case "Pad":
      let rank = x.shape.count
      return Array((0..<rank).map { x.shape[$0] + second[$0] + second[rank + $0] }) { place in
        x.padded((0..<rank).map { place[$0] - second[$0] }) ?? 0
      }
    default: throw Unknown(operation: node.operation)
    }
  }
}
