import Failures
import Networks
import Records
import Tensors

extension KerasImporter {
  /// The value after the activation that `setting` names, or that is a layer itself.
  mutating func activated(
    _ value: KerasValue, _ setting: JSON, isLast: Bool, part: String? = nil, _ arguments: KerasArguments
  ) throws -> KerasValue {
    if let name = setting.string ?? (setting["class_name"]?.string == "function" ? setting["config"]?.string : nil) {
      return try activated(value, name, .null, isLast: isLast, part: part, arguments)
    }
    guard let kind = setting["class_name"]?.string, let inner = setting["config"] else {
      throw arguments.refusal("its activation is told in no way that is known")
    }
    return try activated(value, kind, inner, isLast: isLast, part: part, arguments)
  }

  /// The value after the activation of the class or function `kind` with `settings`.
  mutating func activated(
    _ value: KerasValue, _ kind: String, _ settings: JSON, isLast: Bool, part: String? = nil,
    _ arguments: KerasArguments
  ) throws -> KerasValue {
    if kind == "linear" { return value }
    if ["softmax", "Softmax", "log_softmax"].contains(kind) {
      return try softmax(value, kind, settings, isLast: isLast, part: part, arguments)
    }
    let own = KerasModel.Layer(
      name: arguments.layer.name, kind: arguments.layer.kind, isOperation: false, settings: settings, place: "",
      path: arguments.layer.path)
    let activation = try activation(kind, KerasArguments(layer: own, file: file.path))
    let settled = try settled(value, arguments)
    var result = try add(.activation(activation), of: [settled.node], part: part, for: arguments)
    (result.flattened, result.hidesChannel) = (settled.flattened, settled.hidesChannel)
    return result
  }

  private func activation(_ kind: String, _ arguments: KerasArguments) throws -> Activation {
    switch kind {
    case "relu": return .relu
    case "relu6": return .relu6
    case "ReLU": return try rectifier(arguments)
    case "leaky_relu": return .leakyReLU(slope: 0.2)
    case "LeakyReLU":
      return .leakyReLU(slope: Float(try arguments.number("negative_slope", arguments.number("alpha", 0.3))))
    case "elu", "ELU": return .elu(alpha: Float(try arguments.number("alpha", 1)))
    case "gelu": return .gelu
    case "silu", "swish": return .silu
    case "sigmoid": return .sigmoid
    case "tanh": return .tanh
    case "softplus": return .softplus
    case "hard_silu", "hard_swish": return .hardSwish
    case "hard_sigmoid":
      guard !model.isOld else { throw arguments.refusal("hard_sigmoid of Keras 2, another function, is not taken") }
      return .hardSigmoid
    default: throw arguments.refusal("activation \(kind) is not taken; formats/keras.md lists those that are")
    }
  }

  private func rectifier(_ arguments: KerasArguments) throws -> Activation {
    guard try arguments.number("threshold", 0) == 0 else { throw arguments.refusal("threshold is not taken but as 0") }
    let slope = try arguments.number("negative_slope", 0)
    guard arguments["max_value"] != nil else { return slope == 0 ? .relu : .leakyReLU(slope: Float(slope)) }
    guard try arguments.number("max_value", 0) == 6, slope == 0 else {
      throw arguments.refusal("max_value is not taken but as 6")
    }
    return .relu6
  }

  private mutating func softmax(
    _ value: KerasValue, _ kind: String, _ settings: JSON, isLast: Bool, part: String?, _ arguments: KerasArguments
  ) throws -> KerasValue {
    let axis = settings["axis"].map { $0.integer ?? $0.array.flatMap { $0.count == 1 ? $0[0].integer : nil } ?? 0 }
    guard isChannel(axis ?? -1, of: value) || axis ?? -1 == -1 && value.flattened != nil else {
      throw arguments.refusal("axis is not taken, only that of channels")
    }
    if isLast, network.shape(value.node).sizes.dropFirst().allSatisfy({ $0 == 1 }) {
      notes.append("its last \(kind) is taken off, so that it gives logits")
      return value
    }
    guard kind != "log_softmax" else { throw arguments.refusal("log_softmax is taken at the end alone") }
    let settled = try settled(value, arguments)
    var result = try add(.softmax, of: [settled.node], part: part, for: arguments)
    result.flattened = settled.flattened
    return result
  }
}

extension KerasModel {
  /// Whether Keras 2 or 1 wrote it.
  var isOld: Bool { (Int(version.prefix { $0 != "." }) ?? 3) < 3 }
}
