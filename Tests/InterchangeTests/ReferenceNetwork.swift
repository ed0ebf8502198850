import Checkpoints
import Foundation
import Interchange
import Networks
import Tensors
import TestSupport

/// A network of a reference file with its formula's numbers, as a checkpoint and as a file of another format.
struct ReferenceNetwork {
  let reference: ReferenceNumbers
  let graph: NetworkGraph
  let checkpoint, path: String
  let pixels: Tensor

  /// Writes the network called `name` into `folder`.
  init(_ name: String, as format: ModelFormat, in folder: String) throws {
    reference = try ReferenceNumbers(named: name)
    let definition =
      try Architecture(rawValue: name)?.definition(
        imageShape: Array(reference.input.dropFirst()), classCount: reference.classes)
      ?? ReferenceNumbers.definition(NetworkDefinition.self, named: name)
    graph = try NetworkGraph(definition)
    let expected = reference.parameters
    let parameters = Parameters(of: graph) { spec in
      guard let kind = expected[spec.path.text]?.kind else { return Tensor(spec.shape) }
      return Tensor(spec.shape, FormulaWeights.values(path: spec.path.text, shape: spec.shape.sizes, kind: kind))
    }
    pixels = Tensor(Shape(reference.input), FormulaWeights.pixels(shape: reference.input, path: reference.pixels))
    (checkpoint, path) = ("\(folder)/network.h5", "\(folder)/network.\(format.suffixes[0])")
    try Checkpoint(definition: definition, parameters: parameters).write(to: checkpoint)
    let derivation = Derivation(tool: "cusp-convert", version: "1", arguments: [])
    _ = try Conversion(TensorFile(path: checkpoint), by: derivation).write(format, to: path)
  }

  /// What the file of that format holds.
  var bytes: [UInt8] { get throws { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) } }
}
