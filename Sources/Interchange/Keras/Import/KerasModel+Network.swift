import Failures
import HDF5
import Networks
import Tensors

extension KerasModel {
  /// The network that the model computes, its layers and names as they were.
  ///
  /// - Throws: `.data` naming the layer, its class and what of it is not taken.
  func network(in file: TensorFile, _ request: ModelRequest, _ weights: KerasWeights) throws -> MatchedModel {
    var description = try file.description()
    if let known = try ownNetwork(in: file, description, request, weights) { return known }
    var importer = try KerasImporter(self, weights, in: file, imageShape: request.imageShape)
    var (definition, tensors) = try importer.run()
    let found = definition.preprocessing
    var notes = importer.notes
    if let preprocessing = request.preprocessing {
      definition.preprocessing = preprocessing.spread(over: definition.imageShape)
    } else if found == .none {
      notes.append("the model has no preprocessing, so pixels of 0...1 are taken as they are; --normalise adds one")
    } else {
      definition.preprocessing = found.ofUnitPixels
      let isOfBytes = definition.preprocessing != found
      notes.append(
        "it begins with the preprocessing \(found.mean), \(found.standardDeviation), which becomes the model's"
          + (isOfBytes ? ", over 255: it was made for pixels of 0...255, and takes 0...1 now" : ""))
    }
    description.definition = definition
    let graph = try Self.checkedGraph(definition, file)
    for spec in graph.parameters where spec.role != .counter && tensors[spec.path.text]?.shape != spec.shape {
      throw Failure(.internal, "\(file.path): \(spec.path) was not made as \(spec.shape)")
    }
    let author = version.isEmpty ? "" : ", by Keras \(printable(version))"
    let kind = isSequential ? "sequential" : "functional"
    let first =
      "a \(kind) model of \(layers.count) layers\(author): images \(Shape(definition.imageShape)), "
      + "\(definition.classCount) classes"
    return MatchedModel(
      file: file, graph: graph, tensors: graph.parameters.map { tensors[$0.path.text] }, ignored: [],
      description: description, notes: [first] + notes)
  }

  static func checkedGraph(_ definition: NetworkDefinition, _ file: TensorFile) throws -> NetworkGraph {
    do {
      return try NetworkGraph(definition)
    } catch let failure as Failure {
      throw Failure(failure.kind, "\(file.path): \(failure.message)")
    }
  }
}

extension Preprocessing {
  /// The same for pixels of 0...1 where this one is for pixels of 0...255: no deviation of the former is 16 or more.
  fileprivate var ofUnitPixels: Preprocessing {
    guard standardDeviation.allSatisfy({ $0 >= 16 }), !standardDeviation.isEmpty else { return self }
    let (mean, deviation) = (mean.map { $0 / 255 }, standardDeviation.map { $0 / 255 })
    // What only divides by 255 is nothing then.
    if mean.allSatisfy({ $0 == 0 }), deviation.allSatisfy({ abs($0 - 1) < 1e-6 }) { return .none }
    return Preprocessing(mean: mean, standardDeviation: deviation)
  }
}
