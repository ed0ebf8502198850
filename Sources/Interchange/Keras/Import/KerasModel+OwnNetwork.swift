import Failures
import Networks
import Programs
import Records
import Tensors

extension KerasModel {
  /// The network whose definition the file holds, if the model is what this package makes of that, and nobody has changed
  /// it since; then layers are as they were trained.
  func ownNetwork(
    in file: TensorFile, _ description: ModelDescription, _ request: ModelRequest, _ weights: KerasWeights
  ) throws -> MatchedModel? {
    guard var definition = description.definition, let network = try? NetworkGraph(definition),
      request.imageShape ?? definition.imageShape == definition.imageShape,
      let lowering = try? KerasLowering(network),
      let own = try? JSON(parsing: KerasDocument(lowering: lowering, isLegacy: weights.isLegacy).text), own == json
    else { return nil }
    let counters = try? JSON(parsing: file.metadata[MetadataKey.counters] ?? "")
    var found: [ParameterPath: StoredTensor] = [:]
    for (layer, lowered) in zip(layers, lowering.layers) where !lowered.weights.isEmpty {
      guard let tensors = try? weights.tensors(of: layer, lowered.weights.map(\.name)) else { return nil }
      for (weight, tensor) in zip(lowered.weights, tensors) {
        guard tensor.shape.sizes == weight.shape else { return nil }
        switch weight.source {
        case .constant(let values): guard try file.floats(of: tensor) == values else { return nil }
        case .parameter(let spec, let expansion, let sizes, let order):
          let back = order.indices.map { axis in order.firstIndex(of: axis) ?? axis }
          let turned = try tensor.permuted(
            order.map { sizes[$0] }, by: back, as: expansion == nil ? spec.shape.sizes : sizes)
          guard let expansion else {
            found[spec.path] = turned
            continue
          }
          guard let values = try expansion.contracted(file.floats(of: turned)) else { return nil }
          found[spec.path] = try StoredTensor(name: spec.path.text, shape: spec.shape.sizes, floats: values)
        }
      }
    }
    let tensors = try network.parameters.map { spec -> StoredTensor? in
      guard spec.role == .counter else { return found[spec.path] }
      return try counters?[spec.path.text]?.number.map { try StoredTensor(counter: $0, name: spec.path.text) }
    }
    guard zip(network.parameters, tensors).allSatisfy({ $0.role == .counter || $1 != nil }) else { return nil }
    if let preprocessing = request.preprocessing {
      definition.preprocessing = preprocessing.spread(over: definition.imageShape)
    }
    return MatchedModel(
      file: file, graph: try Self.checkedGraph(definition, file), tensors: tensors, ignored: [],
      description: description, notes: [])
  }
}

extension FilterExpansion {
  /// The parameter that `weights` come of; nil if its copies are not the same.
  fileprivate func contracted(_ weights: [Float]) -> [Float]? {
    // Whole numbers up to this are floats.
    guard weights.count == expandedCount, count <= 1 << 24 else { return nil }
    var parameter = [Float](repeating: 0, count: count)
    for (place, weight) in zip(expanded((0..<count).map { Float($0) }), weights) { parameter[Int(place)] = weight }
    return expanded(parameter).map(\.bitPattern) == weights.map(\.bitPattern) ? parameter : nil
  }
}
