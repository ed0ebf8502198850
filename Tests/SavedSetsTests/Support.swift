import Attacks
import Checkpoints
import Datasets
import Evaluation
import Files
import Foundation
import Interchange
import Networks
import PortableBackend
import Records
import SavedSets
import TestSupport

/// The tiny network that the fixtures were made with.
func network() throws -> LoadedModel {
  try Fixture.withTemporaryFolder { folder in
    let model = try TensorFile(path: Fixture.path("saved-sets/network.safetensors")).model()
    try Checkpoint(definition: model.graph.definition, parameters: model.parameters(), documents: .init())
      .write(to: "\(folder)/n.h5")
    return try LoadedModel(reading: InputFile(path: "\(folder)/n.h5"), on: PortableBackend(threads: 1))
  }
}

/// The built-in test images.
func digits() throws -> ImageSelection {
  ImageSelection(try DatasetReference("digits").load(split: .test), data: "digits")
}

/// What is found of the set in the file at `path`.
func verify(
  _ path: String, _ norm: Norm = .linf, epsilon: Double, tolerance: Double = 0, range: Int? = nil, images: String? = nil
) throws -> VerificationRecord {
  let model = try network()
  let set = try SavedSet(InputFile(path: path), images: images, range: range, imageShape: model.graph.imageShape)
  let promise = Verification.Promise(norm: norm, epsilon: epsilon, tolerance: tolerance)
  return try Verification(of: set, promise, around: digits(), by: model).record()
}
