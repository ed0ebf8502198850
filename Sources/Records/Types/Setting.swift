import Failures

/// What an image went through: the model, the data it is of, the attack, the budgets and all else that was set.
/// Predictions that share it are counted together.
public struct Setting: Hashable, Sendable {
  /// The model's digest.
  public var model: String
  /// The attack's name; `none` when pixels are untouched.
  public var attack: String
  /// The norm of the perturbation: `linf`, `l2` or `none`.
  public var norm: String
  /// The bound of the perturbation in that norm, in pixel units (pixels are 0...1).
  ///
  /// Nil where the attack has none and looks for the nearest image.
  public var epsilon: Double?
  /// The rotation's budget, degrees.
  public var rotation: Double
  /// The translation's budget, pixels.
  public var translation: Double
  /// Whether every image is turned by just `rotation`, not by an angle drawn within it.
  public var isRotationExact: Bool
  /// How the pixels of turned images are made, such as `bilinear`; nil for the nearest neighbours.
  public var interpolation: String?
  /// The data set as `--data` takes it; nil where nobody said.
  public var data: String?
  /// The part of the data set, `train` or `test`; nil where nobody said.
  public var split: String?
  /// How many images were asked for, all shards together: their positions are 0 ..< total; nil where nobody said.
  public var total: Int?
  /// What else was set, such as `steps` and `step_size`; an object.
  public var parameters: JSON?
  /// The model's file as it was named; nil where nobody said. This and the next two are for people and tables: predictions
  /// that differ in them alone are counted together.
  public var path: String?
  /// How the model was trained, such as `pgd`; nil where its file does not say.
  public var method: String?
  /// The seed that it was trained with; nil where its file does not say.
  public var modelSeed: String?

  /// A setting of all its parts.
  public init(
    model: String, attack: String, norm: String, epsilon: Double?, rotation: Double = 0, translation: Double = 0,
    isRotationExact: Bool = false, interpolation: String? = nil, data: String? = nil, split: String? = nil,
    total: Int? = nil, parameters: JSON? = nil
  ) {
    self.isRotationExact = isRotationExact
    self.interpolation = interpolation
    self.model = model
    self.attack = attack
    self.norm = norm
    self.epsilon = epsilon
    self.rotation = rotation
    self.translation = translation
    self.data = data
    self.split = split
    self.total = total
    self.parameters = parameters
  }

  /// The same setting, however its parameters were written and wherever its model lay.
  package var normalised: Setting {
    var setting = self
    setting.parameters = parameters?.normalised
    if setting.parameters == .object([]) { setting.parameters = nil }
    (setting.path, setting.method, setting.modelSeed) = (nil, nil, nil)
    return setting
  }
}

// MARK: - JSON

extension Setting {
  /// What `fields` tell, of `model` where they name none.
  init(_ fields: inout RecordFields, model given: String? = nil) throws(Failure) {
    if let given {
      model = given
    } else {
      model = try fields.string("model")
      path = try fields.optionalString("path")
      method = try fields.optionalString("method")
      modelSeed = try fields.optionalString("model_seed")
    }
    attack = try fields.string("attack")
    norm = try fields.string("norm")
    epsilon = try fields.nullableNumber("epsilon")
    rotation = try fields.number("rotation")
    translation = try fields.number("translation")
    isRotationExact = try fields.optionalBool("rotation_exact") ?? false
    interpolation = try fields.optionalString("interpolation")
    data = try fields.optionalString("data")
    split = try fields.optionalString("split")
    total = try fields.optionalInteger("total")
    parameters = try fields.optional("parameters", "an object") { $0.members == nil ? nil : $0 }
  }

  /// Writes all but the parameters.
  func write(into writer: inout RecordWriter) {
    writer.write("model", model)
    if let path { writer.write("path", path) }
    if let method { writer.write("method", method) }
    if let modelSeed { writer.write("model_seed", modelSeed) }
    writeWithoutModel(into: &writer)
  }

  /// Writes all but the model and the parameters.
  func writeWithoutModel(into writer: inout RecordWriter) {
    writer.write("attack", attack)
    writer.write("norm", norm)
    if let epsilon { writer.write("epsilon", epsilon) } else { writer.write("epsilon", .null) }
    writer.write("rotation", rotation)
    writer.write("translation", translation)
    if isRotationExact { writer.write("rotation_exact", isRotationExact) }
    if let interpolation { writer.write("interpolation", interpolation) }
    if let data { writer.write("data", data) }
    if let split { writer.write("split", split) }
    if let total { writer.write("total", total) }
  }

  func writeParameters(into writer: inout RecordWriter) {
    if let parameters { writer.write("parameters", parameters) }
  }
}

extension Setting {
  /// The rotation as tables show it, such as `30`, `30 exact` or `30 bilinear`.
  public var rotationText: String {
    let whole = rotation.magnitude < 1e15 && rotation == rotation.rounded()
    let degrees = whole ? "\(Int(rotation))" : rotation.description
    return ([degrees] + (isRotationExact ? ["exact"] : []) + (interpolation.map { [$0] } ?? [])).joined(separator: " ")
  }
}
