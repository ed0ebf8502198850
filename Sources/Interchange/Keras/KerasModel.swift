import Failures
import HDF5
import Records

/// A model as Keras describes it: layers with their settings, and which reads which.
struct KerasModel: Sendable {
  /// One layer, or a model that is used as one.
  struct Layer: Sendable {
    let name: String
    /// Its class, as in `Conv2D`.
    let kind: String
    /// Whether it is an operator of `keras.ops`, such as the sum of `x + y`.
    let isOperation: Bool
    let settings: JSON
    /// What it reads, each time that it is called.
    var calls: [Call] = []
    /// The model that it is; nil for a layer.
    var inner: KerasModel?
    /// Where its tensors lie in an archive, as in `/layers/conv2d_1`.
    var place: String
    /// The names of the models around it from the outermost one on, and its own.
    let path: [String]
  }

  /// One use of a layer.
  struct Call: Sendable {
    var inputs: [Source] = []
    /// What of it is not taken; nil for nothing.
    var refusal: String?
  }

  /// A tensor in a model: which output of which call of which layer.
  struct Source: Hashable, Sendable {
    let layer: String
    var call = 0
    var output = 0
  }

  let name: String
  let isSequential: Bool
  /// The whole description.
  let json: JSON
  /// Which Keras wrote it, as in `3.15.1`.
  let version: String
  private(set) var layers: [Layer] = []
  private(set) var inputs: [Source] = []
  private(set) var outputs: [Source] = []
  /// One image's sizes as the model is told them, without the batch; nil for those that differ from call to call.
  private(set) var inputShape: [Int?]?
  private(set) var indices: [String: Int] = [:]

  /// Models within models are read this deep.
  private static let maximalDepth = 16
  /// More layers than any network has.
  private static let layerLimit = 10_000

  /// The model that `text`, JSON of the file at `path`, describes.
  ///
  /// - Throws: `.data` for what is no sequential or functional model.
  init(text: [UInt8], of path: String, version: String) throws {
    let json: JSON
    do {
      json = try JSON(parsing: text)
    } catch {
      throw Failure(.data, "\(path): its description of the model is not JSON: \(error.message)")
    }
    try self.init(json, of: path, version: version, within: [], at: "", depth: 0)
  }

  private init(
    _ json: JSON, of path: String, version: String, within outer: [String], at place: String, depth: Int
  ) throws {
    let kind = json["class_name"]?.string ?? ""
    guard let configuration = json["config"], ["Sequential", "Functional", "Model"].contains(kind),
      let list = configuration["layers"]?.array ?? configuration.array
    else {
      throw Failure(
        .data,
        "\(path): a model of class \(printable(kind)); only sequential and functional ones are taken, "
          + "whose layers are data")
    }
    guard depth < Self.maximalDepth, list.count <= Self.layerLimit else {
      throw Failure(.data, "\(path): models within models, or more layers than any network has; it is forged")
    }
    name = configuration["name"]?.string ?? ""
    isSequential = kind == "Sequential"
    self.json = depth == 0 ? json : .null
    self.version = version
    var counts: [String: Int] = [:]
    for entry in list {
      var layer = try Self.layer(entry, of: path, within: outer)
      if !layer.isOperation {
        let base = snakeCase(layer.kind)
        let number = counts[base, default: 0]
        counts[base] = number + 1
        layer.place = "\(place)/layers/\(base)" + (number == 0 ? "" : "_\(number)")
      }
      if Self.isModel(layer) {
        layer.inner = try KerasModel(
          entry, of: path, version: version, within: layer.path, at: layer.place, depth: depth + 1)
      }
      guard indices.updateValue(layers.count, forKey: layer.name) == nil else {
        throw Failure(.data, "\(path): two layers are called \(printable(layer.name)); it is damaged or forged")
      }
      layers.append(layer)
    }
    if isSequential {
      chain(configuration)
    } else {
      inputs = Self.sources(configuration["input_layers"])
      outputs = Self.sources(configuration["output_layers"])
      inputShape = inputs.first.flatMap { indices[$0.layer] }.flatMap { Self.shape(layers[$0].settings) }
    }
  }

  private static func isModel(_ layer: Layer) -> Bool {
    ["Sequential", "Functional", "Model"].contains(layer.kind) && layer.settings["layers"] != nil
  }

  private static func layer(_ json: JSON, of path: String, within outer: [String]) throws -> Layer {
    guard let kind = json["class_name"]?.string, let settings = json["config"] else {
      throw Failure(.data, "\(path): a layer without class or settings; it is damaged")
    }
    let name = json["name"]?.string ?? settings["name"]?.string ?? kind
    let module = json["module"]?.string ?? ""
    let calls = (json["inbound_nodes"]?.array ?? []).map(Self.call)
    return Layer(
      name: name, kind: kind, isOperation: module.contains(".ops."), settings: settings, calls: calls, place: "",
      path: outer + [name])
  }

  // MARK: - What reads what

  /// One after the other.
  private mutating func chain(_ configuration: JSON) {
    var previous = Source(layer: "")
    let first = layers.first
    if let first, first.kind == "InputLayer" { previous = Source(layer: first.name) }
    inputs = [previous]
    inputShape =
      first.flatMap { $0.inner?.inputShape ?? Self.shape($0.settings) }
      ?? Self.shape(configuration["build_input_shape"])
    for index in layers.indices where layers[index].kind != "InputLayer" {
      layers[index].calls = [Call(inputs: [previous])]
      previous = Source(layer: layers[index].name)
    }
    outputs = [previous]
  }

  /// The sizes in the settings of a layer that says what it reads, or in a list, without the batch.
  private static func shape(_ json: JSON?) -> [Int?]? {
    guard let json else { return nil }
    let list = json.array ?? json["batch_shape"]?.array ?? json["batch_input_shape"]?.array
    return list.map { $0.dropFirst().map(\.integer) }
  }

  /// The tensors in `input_layers` or `output_layers`: one, or a list of them.
  private static func sources(_ json: JSON?) -> [Source] {
    guard let list = json?.array else { return (json?.members ?? []).flatMap { sources($0.value) } }
    return source(list).map { [$0] } ?? list.flatMap { sources($0) }
  }

  /// `[name, call, output]`, what may follow left out.
  private static func source(_ list: [JSON]) -> Source? {
    guard list.count >= 3, let name = list[0].string, let call = list[1].integer, let output = list[2].integer else {
      return nil
    }
    return Source(layer: name, call: call, output: output)
  }

  private static func call(_ json: JSON) -> Call {
    var call = Call()
    if let list = json.array {
      // As Keras 2 has it: a list for each tensor, or one alone.
      call.inputs = source(list).map { [$0] } ?? list.compactMap { $0.array.flatMap(source) }
      let extra = (list.first?.string == nil ? list : [json]).compactMap { $0.array?.dropFirst(3).first?.members }
      if extra.contains(where: { !$0.allSatisfy(isHarmless) }) { call.refusal = "is called with further arguments" }
      return call
    }
    for argument in json["args"]?.array ?? [] { collect(argument, into: &call) }
    if !(json["kwargs"]?.members ?? []).allSatisfy(isHarmless) { call.refusal = "is called with further arguments" }
    return call
  }

  /// Whether an argument by name says nothing that an image would notice.
  private static func isHarmless(_ member: JSON.Member) -> Bool {
    switch member.value {
    case .null: true
    case .bool(let value): member.key == "training" && !value
    default: ["name", "dtype"].contains(member.key)
    }
  }

  private static func collect(_ argument: JSON, into call: inout Call) {
    if let list = argument.array {
      for inner in list { collect(inner, into: &call) }
    } else if argument["class_name"]?.string == "__keras_tensor__",
      let found = source(argument["config"]?["keras_history"]?.array ?? [])
    {
      call.inputs.append(found)
    } else {
      call.refusal = "is called with numbers or other arguments that are no tensors"
    }
  }
}

/// A class as a part of a path, as in `max_pooling2d` of `MaxPooling2D`.
func snakeCase(_ name: String) -> String {
  let letters = Array(name.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
  var text = ""
  for (place, letter) in letters.enumerated() {
    if place > 0, letter.isUppercase {
      let before = letters[place - 1]
      let beginsWord = place + 1 < letters.count && letters[place + 1].isLowercase
      if before.isLowercase || beginsWord && before != "_" { text += "_" }
    }
    text += letter.lowercased()
  }
  return text
}
