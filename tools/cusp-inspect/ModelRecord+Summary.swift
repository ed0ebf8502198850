import Checkpoints
import Failures
import Files
import Networks
import Records
import Tensors

extension ModelRecord {
  /// What `summary`, read from the file at `path`, says.
  /// - Throws: `Failure(.data)` if its network or one of its documents is none.
  init(_ summary: CheckpointSummary, path: String) throws {
    let graph = try NetworkGraph(summary.definition)
    let preprocessing = summary.definition.preprocessing
    let layers = graph.vertices.map(Layer.init)
    let parameters = layers.reduce(0) { $0 + $1.parameters }
    self.init(
      path: path, digest: summary.digest, bytes: try fileSize(path: path),
      architecture: summary.definition.architecture, input: graph.imageShape.sizes, classes: graph.classCount,
      classNames: summary.classNames,
      preprocessing: Preprocessing(
        mean: preprocessing.mean, standardDeviation: preprocessing.standardDeviation),
      parameters: parameters, buffers: graph.parameters.reduce(0) { $0 + $1.shape.count } - parameters,
      multiplyAdds: layers.reduce(0) { sum($0, $1.multiplyAdds) },
      activationBytes: layers.reduce(0) { sum($0, $1.activationBytes) }, epoch: summary.progress.epoch,
      step: summary.progress.step, layers: layers,
      tensors: summary.parameters.map { Tensor(name: $0.name, shape: $0.shape.sizes, digest: $0.digest) },
      configuration: try document("configuration", summary.documents.configuration, path),
      history: try document("history", summary.documents.history, path),
      provenance: try document("provenance", summary.documents.provenance, path))
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

/// The JSON of a document of the file; nil when it is empty.
private func document(_ name: String, _ text: String, _ path: String) throws -> JSON? {
  guard !text.isEmpty else { return nil }
  do {
    return try JSON(parsing: text)
  } catch {
    throw Failure(.data, "\(path): its \(name) is not JSON: \(error.message)")
  }
}
