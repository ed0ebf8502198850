public import Failures

extension ModelRecord {
  /// Takes the record out of `json`; other keys are ignored.
  /// - Throws: `Failure(.data)` that names the missing or mistyped key.
  public init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, type: Self.type)
    path = try fields.string("path")
    digest = try fields.string("digest")
    bytes = try fields.integer("bytes")
    architecture = try fields.string("architecture")
    input = try fields.integers("input")
    classes = try fields.integer("classes")
    classNames = try fields.strings("class_names")
    guard var preprocessing = try fields.optionalObject("preprocessing") else {
      throw Failure(.data, "model record without `preprocessing`")
    }
    self.preprocessing = Preprocessing(
      mean: try preprocessing.floats("mean"), standardDeviation: try preprocessing.floats("standard_deviation"))
    parameters = try fields.integer("parameters")
    buffers = try fields.integer("buffers")
    multiplyAdds = try fields.integer("multiply_adds")
    activationBytes = try fields.integer("activation_bytes")
    epoch = try fields.integer("epoch")
    step = try fields.integer("step")
    layers = []
    for layer in try fields.array("layers") { layers.append(try Layer(json: layer)) }
    tensors = []
    for tensor in try fields.array("tensors") { tensors.append(try Tensor(json: tensor)) }
    unread = try fields.unread("unread")
    configuration = fields.find("configuration")
    history = fields.find("history")
    provenance = fields.find("provenance")
  }

  /// Appends the record as one line.
  public func write(into writer: inout RecordWriter) {
    writer.begin("model")
    writer.write("path", path)
    writer.write("digest", digest)
    writer.write("bytes", bytes)
    writer.write("architecture", architecture)
    writer.write("input", .integers(input))
    writer.write("classes", classes)
    writer.write("class_names", .strings(classNames))
    writer.beginObject("preprocessing")
    writer.write("mean", preprocessing.mean)
    writer.write("standard_deviation", preprocessing.standardDeviation)
    writer.endObject()
    writer.write("parameters", parameters)
    writer.write("buffers", buffers)
    writer.write("multiply_adds", multiplyAdds)
    writer.write("activation_bytes", activationBytes)
    writer.write("epoch", epoch)
    writer.write("step", step)
    writer.write("layers", .array(layers.map(\.json)))
    writer.write("tensors", .array(tensors.map(\.json)))
    if !unread.isEmpty { writer.write("unread", .array(unread.map(\.json))) }
    if let configuration { writer.write("configuration", configuration) }
    if let history { writer.write("history", history) }
    if let provenance { writer.write("provenance", provenance) }
    writer.end()
  }
}

extension ModelRecord.Layer {
  init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, name: "model record: layer")
    self.init(
      name: try fields.string("name"), kind: try fields.string("kind"), inputs: try fields.strings("inputs"),
      output: try fields.integers("output"), parameters: try fields.integer("parameters"),
      multiplyAdds: try fields.integer("multiply_adds"), activationBytes: try fields.integer("activation_bytes"))
  }

  var json: JSON {
    .object([
      .init("name", .string(name)), .init("kind", .string(kind)), .init("inputs", .strings(inputs)),
      .init("output", .integers(output)), .init("parameters", .integer(Int64(parameters))),
      .init("multiply_adds", .integer(Int64(multiplyAdds))),
      .init("activation_bytes", .integer(Int64(activationBytes))),
    ])
  }
}

extension ModelRecord.Tensor {
  init(json: JSON) throws(Failure) {
    var fields = try RecordFields(json, name: "model record: tensor")
    self.init(
      name: try fields.string("name"), shape: try fields.integers("shape"), digest: try fields.string("digest"),
      statistics: fields.find("statistics"))
  }

  var json: JSON {
    let members: [JSON.Member] = [
      .init("name", .string(name)), .init("shape", .integers(shape)), .init("digest", .string(digest)),
    ]
    return .object(members + (statistics.map { [.init("statistics", $0)] } ?? []))
  }
}
