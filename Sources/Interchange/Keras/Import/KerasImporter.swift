import Failures
import HDF5
import Networks
import Records
import Tensors

/// What stands for a tensor of the model: what a node of the network puts out, and how Keras sees it.
struct KerasValue {
  var node: String
  /// Where a list of features is an image that was flattened pixel by pixel: that image, whose numbers the node puts out
  /// channel by channel.
  var flattened: Shape?
  /// What is still to be computed of it.
  var affine: Affine?
  /// Zeros that are still to be put around it.
  var padding: Margins?
  /// Whether Keras sees an image of one channel as rows and columns alone.
  var hidesChannel = false
  /// Whether Keras sees channels before rows and columns for once.
  var isTurned = false
}

/// Makes a network of a Keras model, layer by layer; what is not taken is refused by the layer's name and class.
struct KerasImporter {
  let file: TensorFile
  let model: KerasModel
  let weights: KerasWeights
  var network: NetworkDraft
  var notes: [String] = []
  /// The layers that act in training alone, and that this package has not.
  var leftOut: [String] = []
  /// Whether channels stand before rows and columns.
  let isChannelsFirst: Bool
  /// How often layers are followed: a model within models may be called again and again.
  private var calls = 0

  init(_ model: KerasModel, _ weights: KerasWeights, in file: TensorFile, imageShape: [Int]?) throws {
    (self.model, self.weights, self.file) = (model, weights, file)
    guard model.inputs.count == 1, !model.outputs.isEmpty else {
      throw Failure(
        .data,
        "\(file.path): a model of \(model.inputs.count) inputs and \(model.outputs.count) outputs; "
          + "only networks from one image to its logits are taken")
    }
    isChannelsFirst = try Self.dataFormat(model, file.path) == "channels_first"
    let shape = try Self.imageShape(model, imageShape, isChannelsFirst, file.path)
    network = NetworkDraft(imageShape: shape)
    if model.outputs.count > 1 { notes.append("took the first of its \(model.outputs.count) outputs") }
  }

  /// The order of axes that all layers have.
  private static func dataFormat(_ model: KerasModel, _ path: String) throws -> String {
    var found: String?
    for layer in model.layers {
      let own = try layer.inner.map { try dataFormat($0, path) } ?? layer.settings["data_format"]?.string
      guard let own, !own.isEmpty else { continue }
      guard found ?? own == own, ["channels_last", "channels_first"].contains(own) else {
        throw KerasArguments(layer: layer, file: path).refusal("data_format \(printable(own)) is not that of others")
      }
      found = own
    }
    return found ?? ""
  }

  /// The sizes `[c, h, w]` of images: those of the file, or of the request where the file leaves them open.
  private static func imageShape(
    _ model: KerasModel, _ asked: [Int]?, _ isChannelsFirst: Bool, _ path: String
  ) throws -> [Int] {
    guard var given = model.inputShape else {
      guard let asked else {
        throw Failure(.data, "\(path): leaves the sizes of its images open; cusp-convert --image CxHxW gives them")
      }
      return asked
    }
    func text(_ sizes: [Int?]) -> String { sizes.map { $0.map(String.init) ?? "?" }.joined(separator: "x") }
    if given.count == 2 { given = isChannelsFirst ? [1] + given : given + [1] }
    guard given.count == 3 else {
      throw Failure(.data, "\(path): its input is \(text(given)) a batch, not images; only these are taken")
    }
    if !isChannelsFirst { given = [given[2], given[0], given[1]] }
    let image = zip(given, asked.map { $0.map { Int?.some($0) } } ?? [nil, nil, nil]).map { $0 ?? $1 }
    guard !image.contains(nil) else {
      throw Failure(.data, "\(path): leaves the sizes of its images open; cusp-convert --image CxHxW gives them")
    }
    let sizes = image.compactMap { $0 }
    guard sizes == asked ?? sizes else {
      throw Failure(.data, "\(path): is made for images \(text(given)), not \(Shape(asked ?? [])); leave out --image")
    }
    guard sizes.allSatisfy({ (1...NetworkLimits.setting).contains($0) }) else {
      throw Failure(.data, "\(path): has images \(sizes), beyond all bounds; it is damaged or forged")
    }
    return sizes
  }

  /// Follows the model to its end: the network and the tensors of its parameters.
  mutating func run() throws -> (definition: NetworkDefinition, tensors: [String: StoredTensor]) {
    let image = KerasValue(node: Node.image, hidesChannel: model.inputShape?.count == 2)
    let last = try follow(model, image, isLast: true)
    if !leftOut.isEmpty {
      let names = leftOut.prefix(5).joined(separator: ", ") + (leftOut.count > 5 ? ", ..." : "")
      notes.append("left out what acts in training alone: \(names)")
    }
    return try finish(last)
  }

  // MARK: - From layer to layer

  /// What `model`, which reads `image`, puts out first; `isLast` where that becomes the logits.
  private mutating func follow(_ model: KerasModel, _ image: KerasValue, isLast: Bool) throws -> KerasValue {
    var values: [KerasModel.Source: KerasValue] = [model.inputs[0]: image]
    var open: Set<KerasModel.Source> = []
    var pending = [model.outputs[0]]
    while let source = pending.last {
      guard values[source] == nil else {
        pending.removeLast()
        continue
      }
      let (arguments, call) = try call(source, in: model)
      let missing = call.inputs.filter { values[$0] == nil }
      if !missing.isEmpty {
        guard open.insert(source).inserted else { throw arguments.refusal("reads what it makes itself") }
        pending += missing.reversed()
        continue
      }
      let isEnd = isLast && source == model.outputs[0]
      values[source] = try made(arguments, call, call.inputs.compactMap { values[$0] }, isLast: isEnd)
      pending.removeLast()
    }
    guard let result = values[model.outputs[0]] else {
      throw Failure(.internal, "\(file.path): a model that was not followed to its end")
    }
    return result
  }

  /// The layer and the call that make `source`.
  private func call(
    _ source: KerasModel.Source, in model: KerasModel
  ) throws -> (KerasArguments, KerasModel.Call) {
    guard let index = model.indices[source.layer] else {
      throw Failure(.data, "\(file.path): no layer is called \(printable(source.layer)), which others read")
    }
    let layer = model.layers[index]
    let arguments = KerasArguments(layer: layer, file: file.path)
    guard layer.kind != "InputLayer" else { throw arguments.refusal("is a second input; only one image is taken") }
    guard layer.calls.indices.contains(source.call), source.output == 0 else {
      throw arguments.refusal("is read by call \(source.call), output \(source.output), which it has not")
    }
    return (arguments, layer.calls[source.call])
  }

  /// What the layer makes of `inputs` when it is called so.
  private mutating func made(
    _ arguments: KerasArguments, _ call: KerasModel.Call, _ inputs: [KerasValue], isLast: Bool
  ) throws -> KerasValue {
    calls += 1
    guard calls <= NetworkLimits.nodes else { throw arguments.refusal("is one layer too many; no network has more") }
    if let reason = call.refusal { throw arguments.refusal(reason) }
    guard let first = inputs.first else { throw arguments.refusal("reads nothing") }
    do {
      guard let inner = arguments.layer.inner else { return try apply(arguments, inputs, isLast: isLast) }
      guard inputs.count == 1, inner.inputs.count == 1, inner.outputs.count == 1 else {
        throw arguments.refusal("is a model of several inputs or outputs, which is not taken")
      }
      return try follow(inner, first, isLast: isLast)
    } catch let failure as Failure where !failure.message.hasPrefix("\(file.path): ") {
      throw arguments.refusal(failure.message)
    }
  }

  // MARK: - The end

  private mutating func finish(
    _ last: KerasValue
  ) throws -> (definition: NetworkDefinition, tensors: [String: StoredTensor]) {
    let output = KerasModel.Layer(
      name: model.outputs[0].layer, kind: "output", isOperation: false, settings: .null, place: "",
      path: [model.outputs[0].layer])
    let arguments = KerasArguments(layer: output, file: file.path)
    var name = try plain(last, arguments)
    let shape = network.shape(name)
    guard shape.sizes.dropFirst().allSatisfy({ $0 == 1 }), name != Node.image else {
      throw arguments.refusal("is \(shape), not one number for each class; only classifiers are taken")
    }
    if shape.rank == 3 { name = try network.addOnce(.flatten, of: name, like: "\(name).flatten") }
    let imageShape = network.shape(Node.image).sizes
    let preprocessing = network.finish(name)
    var tensors: [String: StoredTensor] = [:]
    for item in network.items {
      for (short, tensor) in item.parameters {
        let path = "\(item.node.name).\(short)"
        tensors[path] = tensor.renamed(group: "", name: path)
      }
    }
    let bytes = tensors.values.reduce(0) { $0 + min($1.byteCount, 1 << 48) }
    guard bytes / 16 <= file.tensors.reduce(1 << 16 + file.byteCount, { $0 + $1.byteCount }) else {
      throw Failure(.data, "\(file.path): a network of \(bytes) bytes in \(file.byteCount); it is forged")
    }
    let definition = NetworkDefinition(
      architecture: "keras", imageShape: imageShape, classCount: shape[0], preprocessing: preprocessing,
      nodes: network.items.map(\.node))
    return (definition, tensors)
  }
}
