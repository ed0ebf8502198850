import Attacks
import Checkpoints
import Datasets
import Evaluation
import Files
import Networks
import PortableBackend
import Tensors
import TestSupport

/// A checkpoint of the small network for digits with the weights of the formula.
func makeCheckpoint(
  configuration: String = "", classCount: Int = 10, preprocessing: Preprocessing = .none,
  architecture: Architecture = .digitsCNN
) throws -> Checkpoint {
  let definition = architecture.definition(classCount: classCount, preprocessing: preprocessing)
  let parameters = try Parameters(of: NetworkGraph(definition)) { spec in
    let kind: FormulaWeights.Kind = spec.shape.rank > 1 ? .weight : .bias
    return Tensor(spec.shape, FormulaWeights.values(path: spec.path.text, shape: spec.shape.sizes, kind: kind))
  }
  return try Checkpoint(
    definition: definition, parameters: parameters, documents: .init(configuration: configuration))
}

/// Runs `body` with that checkpoint, read from a file on the portable backend.
func withModel<Result>(
  configuration: String = "", preprocessing: Preprocessing = .none, architecture: Architecture = .digitsCNN,
  _ body: (LoadedModel) throws -> Result
) throws -> Result {
  try Fixture.withTemporaryFolder { folder in
    try makeCheckpoint(configuration: configuration, preprocessing: preprocessing, architecture: architecture)
      .write(to: "\(folder)/model.h5")
    return try body(LoadedModel(reading: InputFile(path: "\(folder)/model.h5"), on: PortableBackend(threads: 2)))
  }
}

/// The built-in test images.
func digits() throws -> LabeledImages { try DatasetReference("digits").load(split: .test) }

extension NamedAttack {
  /// The attack, which is one of projected gradients.
  var descent: ProjectedGradientDescent { attack as? ProjectedGradientDescent ?? .fastGradientSign(epsilon: .nan) }
}
