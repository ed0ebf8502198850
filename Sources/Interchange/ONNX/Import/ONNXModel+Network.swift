import Failures
import Files
import HDF5
import Networks
import Records
import Tensors

extension ONNXModel {
  /// The network that the graph computes.
  ///
  /// - Throws: `.data` naming the node, the operator and what of it is not taken.
  func network(in file: TensorFile, _ request: ModelRequest) throws -> MatchedModel {
    guard (7...30).contains(opset) else {
      throw Failure(.data, "\(file.path): operators of version \(opset); 7 to 30 are taken, write it with one of these")
    }
    var description = try file.description()
    if let known = try ownNetwork(in: file, description, request) { return known }
    var importer = try ONNXImporter(self, in: file, imageShape: request.imageShape)
    var (definition, tensors) = try importer.run()
    if isExported { definition.architecture = "torch-export" }
    let found = definition.preprocessing
    if let preprocessing = request.preprocessing {
      definition.preprocessing = preprocessing.spread(over: definition.imageShape)
    }
    description.definition = definition
    let graph = try checkedGraph(definition, file)
    for spec in graph.parameters where spec.role != .counter && tensors[spec.path.text]?.shape != spec.shape {
      throw Failure(.internal, "\(file.path): \(spec.path) was not made as \(spec.shape)")
    }
    if isExported {
      for tensor in file.tensors where tensor.name.hasSuffix(".num_batches_tracked") { tensors[tensor.name] = tensor }
    }
    let author = producer.isEmpty ? "" : ", by \(printable(producer))"
    let kind = isExported ? "" : ", operator set \(opset)"
    var notes = [
      "a graph of \(self.graph.nodes.count) nodes\(kind)\(author): \(graph.vertices.count) layers, images "
        + "\(Shape(definition.imageShape)), \(definition.classCount) classes"
    ]
    if found != .none {
      notes.append(
        "it begins with the preprocessing \(found.mean), \(found.standardDeviation), which becomes the model's")
    } else if request.preprocessing == nil {
      notes.append("the graph has no preprocessing, so pixels of 0...1 are taken as they are; --normalise adds one")
    }
    return MatchedModel(
      file: file, graph: graph, tensors: graph.parameters.map { tensors[$0.path.text] }, ignored: [],
      description: description, notes: notes + importer.notes)
  }

  private func checkedGraph(_ definition: NetworkDefinition, _ file: TensorFile) throws -> NetworkGraph {
    do {
      return try NetworkGraph(definition)
    } catch let failure as Failure {
      throw Failure(failure.kind, "\(file.path): \(failure.message)")
    }
  }

  /// The network whose definition the file holds, if the graph is what this package makes of that, and nobody has changed it
  /// since; then layers are as they were trained.
  private func ownNetwork(
    in file: TensorFile, _ description: ModelDescription, _ request: ModelRequest
  ) throws -> MatchedModel? {
    guard var definition = description.definition, let network = try? NetworkGraph(definition),
      request.imageShape ?? definition.imageShape == definition.imageShape
    else { return nil }
    let lowering = ONNXLowering(network)
    guard lowering.nodes == graph.nodes, lowering.inputs == graph.inputs, lowering.outputs == graph.outputs else {
      return nil
    }
    let stored = Dictionary(file.tensors.map { ($0.name, $0) }) { first, _ in first }
    for constant in lowering.constants {
      guard let found = stored[constant.name], found.shape.sizes == constant.shape,
        try file.floats(of: found).map({ Double($0) }) == constant.values
      else { return nil }
    }
    let counters = (try? JSON(parsing: metadata[MetadataKey.counters] ?? ""))
    let tensors = try network.parameters.map { spec -> StoredTensor? in
      guard spec.role == .counter else { return stored[spec.path.text].flatMap { $0.shape == spec.shape ? $0 : nil } }
      return try counters?[spec.path.text]?.number.map { try StoredTensor(counter: $0, name: spec.path.text) }
    }
    guard zip(network.parameters, tensors).allSatisfy({ $0.role == .counter || $1?.element.isFloatingPoint == true })
    else {
      return nil
    }
    if let preprocessing = request.preprocessing {
      definition.preprocessing = preprocessing.spread(over: definition.imageShape)
    }
    return MatchedModel(
      file: file, graph: try checkedGraph(definition, file), tensors: tensors, ignored: [], description: description,
      notes: [])
  }
}

extension StoredTensor {
  /// A counter of batches; one that is no whole number, which nothing counts, stays a float.
  init(counter: Double, name: String) throws {
    guard let count = Int64(exactly: counter) else {
      try self.init(name: name, shape: [], floats: [Float(counter)])
      return
    }
    let bytes = withUnsafeBytes(of: count.littleEndian) { Array($0) }
    try self.init(
      name: name, element: .int64, sizes: [], location: .elsewhere(.init(bytes, name: name), offset: 0), place: name)
  }
}
