import Failures
import Networks
import Tensors

extension ONNXImporter {
  /// What the node puts out, which depends on the image.
  mutating func apply(_ arguments: ONNXArguments) throws -> [Feature] {
    if let standardized = try standardized(arguments) { return [standardized] }
    if !arguments.node.domain.isEmpty { return [try applyPyTorch(arguments)] }
    if let activation = try activation(arguments) { return [try activated(activation, arguments)] }
    switch arguments.node.operation {
    case "Identity": return [try feature(arguments)]
    case "Cast":
      let kind = try arguments.integer("to", 1)
      guard try arguments.isToFloat() else {
        throw arguments.refusal("to \(kind) is not taken, only to floating-point numbers")
      }
      return [try feature(arguments)]
    case "Dropout": return [try dropout(arguments)]
    case "Conv": return [try convolution(arguments)]
    case "ConvTranspose": return [try transposedConvolution(arguments)]
    case "Gemm", "MatMul": return [try dense(arguments)]
    case "BatchNormalization": return [try batchNormalization(arguments)]
    case "InstanceNormalization", "GroupNormalization", "LayerNormalization", "LRN": return [try norm(arguments)]
    case "MaxPool", "AveragePool": return [try pooling(arguments)]
    case "GlobalMaxPool", "GlobalAveragePool": return [try globalPooling(arguments)]
    case "ReduceMean", "ReduceMax": return [try reduced(arguments)]
    case "Resize", "Upsample": return [try resized(arguments)]
    case "Add", "Sub", "Mul", "Div", "Neg", "Sum": return [try combined(arguments)]
    case "Pow": return [try power(arguments)]
    case "Erf": return [try errorFunction(arguments)]
    case "Greater", "Where": return [try softplus(arguments)]
    case "Softmax", "LogSoftmax": return [try softmax(arguments)]
    case "Concat": return [try concatenation(arguments)]
    case "Reshape", "Flatten", "Squeeze", "Unsqueeze": return [try reshaped(arguments)]
    case "Transpose": return [try transposed(arguments)]
    case "Expand": return [try expanded(arguments)]
    case "Slice": return [try sliced(arguments)]
    case "Split": return try split(arguments)
    case "Gather", "GatherND": return [try gathered(arguments)]
    case "Pad": return [try padded(arguments)]
    default: throw arguments.refusal("is an operator that is not taken; formats/onnx.md lists those that are")
    }
  }

  /// The function of single elements that the node computes; nil if it computes none.
  private mutating func activation(_ arguments: ONNXArguments) throws -> Activation? {
    switch arguments.node.operation {
    case "Relu": return .relu
    case "Sigmoid": return .sigmoid
    case "Tanh": return .tanh
    case "Softplus": return .softplus
    case "HardSwish": return .hardSwish
    case "LeakyRelu": return .leakyReLU(slope: try arguments.float("alpha", 0.01))
    case "Elu": return .elu(alpha: try arguments.float("alpha", 1))
    case "Gelu": return try arguments.text("approximate", "none") == "tanh" ? .geluTanh : .gelu
    case "Swish":
      guard try arguments.float("alpha", 1) == 1 else { throw arguments.refusal("alpha is not taken but as 1") }
      return .silu
    case "HardSigmoid":
      let (alpha, beta) = (try arguments.float("alpha", 0.2), try arguments.float("beta", 0.5))
      guard abs(alpha - 1 / 6) < 1e-6, beta == 0.5 else {
        throw arguments.refusal("alpha \(alpha) and beta \(beta) are not taken, only 1/6 and 1/2")
      }
      return .hardSigmoid
    case "PRelu":
      let slopes = try numbers(arguments.node.inputs.count > 1 ? arguments.node.inputs[1] : "", arguments).values
      guard let slope = slopes.first, slopes.allSatisfy({ $0 == slope }) else {
        throw arguments.refusal("has a slope for each channel; only one for all is taken")
      }
      return .leakyReLU(slope: Float(slope))
    case "Clip": return try clip(arguments)
    default: return nil
    }
  }

  private mutating func clip(_ arguments: ONNXArguments) throws -> Activation {
    func bound(_ place: Int, _ name: String, _ usual: Float) throws -> Float {
      guard arguments.input(place) != nil else { return try arguments.float(name, usual) }
      return Float(try numbers(arguments.node.inputs[place], arguments).values.first ?? Double(usual))
    }
    let (low, high) = (try bound(1, "min", -.greatestFiniteMagnitude), try bound(2, "max", .greatestFiniteMagnitude))
    if low == 0, high == 6 { return .relu6 }
    guard low == 0, high >= .greatestFiniteMagnitude else {
      throw arguments.refusal("from \(low) to \(high) is not taken, only from 0, and to 6 or without end")
    }
    return .relu
  }

  /// The feature with every element changed, seen as before.
  private mutating func activated(_ activation: Activation, _ arguments: ONNXArguments) throws -> Feature {
    var feature = try feature(arguments)
    if feature.affine != nil || feature.padding != nil {
      feature = try settled(feature, arguments)
    }
    feature.node = try add(.activation(activation), of: [feature.node], for: arguments).node
    return feature
  }

  private mutating func dropout(_ arguments: ONNXArguments) throws -> Feature {
    if arguments.input(2) != nil {
      let isTraining = try numbers(arguments.node.inputs[2], arguments).values.first ?? 0
      guard isTraining == 0 else {
        throw arguments.refusal("training_mode is not taken; export the network in evaluation")
      }
    }
    return try feature(arguments)
  }

  private mutating func softmax(_ arguments: ONNXArguments) throws -> Feature {
    let feature = try feature(arguments)
    let rank = feature.shape.count
    let axis = normalised(try arguments.integer("axis", model.opset < 13 ? 1 : -1), rank: rank)
    // Before operator set 13 all axes from `axis` on are one.
    let isOne = feature.shape.dropFirst(2).allSatisfy { $0 == 1 }
    guard axis == 1, model.opset >= 13 || isOne else {
      throw arguments.refusal("axis is not taken, only that of channels")
    }
    let name = arguments.node.outputs.first ?? ""
    if isOne, leads(name) {
      notes.append("its last \(arguments.node.operation) is taken off, so that it gives logits")
      return feature
    }
    guard arguments.node.operation == "Softmax" else { throw arguments.refusal("is taken at the end alone") }
    return try add(.softmax, of: [whole(feature, arguments)], for: arguments)
  }

  /// Whether the value `name` is what the network puts out, under another shape at most.
  private func leads(_ name: String) -> Bool {
    var name = name
    for _ in 0..<8 where name != output {
      let readers = model.graph.nodes.filter { $0.inputs.contains(name) }
      guard readers.count == 1, ["Identity", "Reshape", "Flatten", "Squeeze", "Cast"].contains(readers[0].operation),
        let next = readers[0].outputs.first, next != name
      else { return false }
      name = next
    }
    return name == output
  }

  private mutating func concatenation(_ arguments: ONNXArguments) throws -> Feature {
    let parts = try arguments.node.inputs.indices.map { try feature(arguments, $0) }
    guard let rank = parts.first?.shape.count, normalised(try arguments.integer("axis", 0), rank: rank) == 1 else {
      throw arguments.refusal("axis is not taken, only that of channels")
    }
    if parts.count == 1 { return parts[0] }
    return try add(.concatenation, of: parts.map { try whole($0, arguments) }, for: arguments)
  }
}
