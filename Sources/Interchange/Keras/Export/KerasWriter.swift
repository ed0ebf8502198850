import Archives
import Checkpoints
import Failures
import Files
import HDF5
import Networks
import Programs
import Records
import Tensors

extension Conversion {
  /// Writes the network as a Keras file at `path`: an archive, or one HDF5 file.
  func writeKeras(to path: String, isLegacy: Bool) throws -> Result {
    let model = try file.model(request)
    let lowering: KerasLowering
    do {
      lowering = try KerasLowering(model.graph)
    } catch let failure as Failure where failure.kind == .data {
      throw Failure(.data, "\(file.path): \(failure.message)")
    }
    var description = model.description
    description.definition = model.graph.definition
    let texts = try metadata(description, counters: counters(of: model))
    let writer = KerasWriter(lowering: lowering, model: model)
    try replaceFile(at: path) { temporary in
      if isLegacy {
        try writer.writeLegacy(to: temporary, named: path, texts)
      } else {
        try writer.write(to: temporary, named: path, texts)
      }
    }
    let unused = model.graph.definition.unusedParameters.count
    let lost = unused > 0 ? ["left out \(unused) parameters that no layer reads, which Keras files cannot hold"] : []
    return Result(checkpoint: nil, data: data, notes: model.notes + lost)
  }
}

/// Writes a lowered network and its tensors.
struct KerasWriter {
  /// The version of Keras whose files these are.
  private static let version = "3.15.1"

  let lowering: KerasLowering
  let model: MatchedModel

  /// Writes an archive to `temporary`, which messages call `path`.
  func write(to temporary: String, named path: String, _ texts: OutgoingTexts) throws {
    // The library writes under a name; the archive takes it over.
    let tensors = try HDF5Writer(path: temporary, named: path)
    for (layer, place) in zip(lowering.layers, lowering.places) {
      try tensors.createGroup("\(place)/vars")
      try tensors.setAttribute("name", of: "\(place)/vars", to: .string(layer.name))
      for (number, weight) in layer.weights.enumerated() {
        try tensors.write(values(weight), shape: weight.shape, to: "\(place)/vars/\(number)")
      }
    }
    try tensors.close()
    let source = try withoutName(temporary)
    var archive = try ZipWriter(path: temporary, named: path)
    try archive.add(KerasLayout.configuration, Array(KerasDocument(lowering: lowering, isLegacy: false).text.utf8))
    try archive.add(KerasLayout.weights, size: source.count, alignment: 64) { write in
      try source.forEachPart(of: 0..<source.count, write)
    }
    // Keras reads nothing of this member, so it holds what else is known.
    let known = try texts.complete().sorted { $0.key < $1.key }.map { JSON.Member($0.key, .string($0.value)) }
    let version = JSON.Member("keras_version", .string(Self.version))
    try archive.add(KerasLayout.metadata, Array(JSON.object([version] + known).text.utf8))
    try archive.finish()
  }

  /// Writes an HDF5 file to `temporary`, which messages call `path`.
  func writeLegacy(to temporary: String, named path: String, _ texts: OutgoingTexts) throws {
    let file = try HDF5Writer(path: temporary, named: path)
    let group = KerasLayout.group
    try file.createGroup(group)
    for (index, part) in parts(of: lowering.layers.map(\.name)).enumerated() {
      try file.setAttribute(part.isWhole ? "layer_names" : "layer_names\(index)", of: group, to: .strings(part.names))
    }
    for layer in lowering.layers {
      try file.createGroup("\(group)/\(layer.name)")
      let names = layer.weights.map { "\(layer.name)/\($0.name)" }
      try file.setAttribute("weight_names", of: "\(group)/\(layer.name)", to: .strings(names))
      for weight in layer.weights {
        try file.write(
          values(weight), shape: weight.shape, to: "\(group)/\(layer.name)/\(layer.name)/\(weight.name)")
      }
    }
    for object in ["/", group] {
      try file.setAttribute("backend", of: object, to: .string("torch"))
      try file.setAttribute("keras_version", of: object, to: .string(Self.version))
    }
    let text = KerasDocument(lowering: lowering, isLegacy: true).text
    try file.setAttribute(KerasLayout.attribute, of: "/", to: .string(text))
    for (key, value) in try texts.complete().sorted(by: { $0.key < $1.key }) {
      try file.setAttribute(key, of: "/", to: .string(value))
    }
    try file.close()
  }

  /// A list of names in parts that fit the header of an object, as Keras cuts them.
  private func parts(of names: [String]) -> [(names: [String], isWhole: Bool)] {
    let size = 2000
    if names.count <= size { return [(names, true)] }
    return stride(from: 0, to: names.count, by: size).map {
      (Array(names[$0..<min($0 + size, names.count)]), false)
    }
  }

  /// The numbers of `weight` in Keras' order.
  private func values(_ weight: KerasLowering.Weight) throws -> [Float] {
    switch weight.source {
    case .constant(let values): return values
    case .parameter(let spec, let expansion, let sizes, let order):
      let place = model.graph.parameters.firstIndex { $0.path == spec.path }
      let tensor = try model.read(place.flatMap { model.tensors[$0] }, as: spec)
      let values = expansion?.expanded(tensor.values) ?? tensor.values
      guard order != Array(sizes.indices) else { return values }
      let strides = NumberArray.strides(sizes)
      let view = StorageView(storage: .bytes(0..<0), offset: 0, strides: order.map { strides[$0] })
      return [Float](unsafeUninitializedCapacity: values.count) { buffer, count in
        values.withUnsafeBytes {
          view.gather(order.map { sizes[$0] }, size: 4, from: $0, to: UnsafeMutableRawBufferPointer(buffer))
        }
        count = values.count
      }
    }
  }
}

extension KerasLowering {
  /// Where the tensors of each layer lie in an archive.
  var places: [String] {
    var counts: [String: Int] = [:]
    return layers.map { layer in
      let base = snakeCase(layer.kind)
      let number = counts[base, default: 0]
      counts[base] = number + 1
      return "/layers/\(base)" + (number == 0 ? "" : "_\(number)")
    }
  }
}
