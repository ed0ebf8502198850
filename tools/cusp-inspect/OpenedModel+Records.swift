import Checkpoints
import Failures
import Inspection
import Interchange
import Networks
import Records
import Tensors

extension OpenedModel {
  /// All that the record of this model says, without statistics.
  func json() throws -> JSON {
    try JSON(parsing: ModelRecord(self)?.line ?? TensorFileRecord(self).line)
  }

  /// The layers of the network; none where no network is known.
  var layers: [ModelRecord.Layer] { graph?.vertices.map(ModelRecord.Layer.init) ?? [] }
}

extension ModelRecord {
  /// What `model` is; nil if it is no checkpoint of this package.
  /// - Throws: `Failure(.data)` if one of its documents is not JSON, or a tensor is damaged.
  init?(_ model: OpenedModel, withStatistics: Bool = false) throws {
    let description = model.description
    guard let definition = description.definition, let digest = description.digest else { return nil }
    let (preprocessing, layers) = (definition.preprocessing, model.layers)
    let parameters = layers.reduce(0) { $0 + $1.parameters }
    let elements = model.tensors.reduce(0) { $0 + $1.stored.shape.count }
    let statistics = try withStatistics ? model.tensors.map { try model.statistics(of: $0.stored).json } : nil
    self.init(
      path: model.file.path, digest: digest, bytes: model.file.byteCount, architecture: definition.architecture,
      input: definition.imageShape, classes: definition.classCount, classNames: description.classNames,
      preprocessing: Preprocessing(
        mean: preprocessing.mean, standardDeviation: preprocessing.standardDeviation),
      parameters: parameters, buffers: elements - parameters,
      multiplyAdds: layers.reduce(0) { sum($0, $1.multiplyAdds) },
      activationBytes: layers.reduce(0) { sum($0, $1.activationBytes) }, epoch: description.progress.epoch,
      step: description.progress.step, layers: layers,
      tensors: model.tensors.enumerated().map { position, tensor in
        Tensor(
          name: tensor.name, shape: tensor.stored.shape.sizes, digest: tensor.stored.digest ?? "",
          statistics: statistics?[position])
      },
      unread: model.file.unread.map(\.record), configuration: try model.document(\.configuration, "configuration"),
      history: try model.document(\.history, "history"), provenance: try model.document(\.provenance, "provenance"))
  }
}

extension TensorFileRecord {
  /// What `model`, a file of another tool, is.
  /// - Throws: `Failure(.data)` if statistics are wanted and a tensor is damaged.
  init(_ model: OpenedModel, withStatistics: Bool = false) throws {
    let tensors = model.file.tensors
    let metadata = model.file.metadata.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .string($0.value)) }
    self.init(
      path: model.file.path, format: model.file.format.rawValue, bytes: model.file.byteCount,
      architecture: model.graph?.definition.architecture,
      elements: tensors.reduce(0) { sum($0, $1.shape.count) },
      tensors: try tensors.map { tensor in
        let areWanted = withStatistics && tensor.element.isReadable
        return Tensor(
          name: tensor.path, element: tensor.element.rawValue, shape: tensor.shape.sizes,
          statistics: try areWanted ? model.statistics(of: tensor).json : nil)
      },
      unread: model.file.unread.map(\.record), metadata: metadata.isEmpty ? nil : .object(metadata))
  }
}

extension ModelRecord.Layer {
  fileprivate init(_ vertex: NetworkGraph.Vertex) {
    let trained = vertex.parameters.filter { $0.role == .trainable }
    self.init(
      name: vertex.node.name, kind: vertex.node.layer.name, inputs: vertex.node.inputs,
      output: vertex.outputShape.sizes, parameters: trained.reduce(0) { $0 + $1.shape.count },
      multiplyAdds: vertex.multiplyAdds, activationBytes: 4 * vertex.outputShape.count)
  }
}

/// A hostile definition can ask for more work than an integer counts.
private func sum(_ first: Int, _ second: Int) -> Int {
  let (sum, overflow) = first.addingReportingOverflow(second)
  return overflow ? .max : sum
}
