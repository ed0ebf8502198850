import Datasets
import Failures
import Networks
import Programs
import Tensors

/// The images of a substitute, which grow from round to round; what it is told of them comes from its oracle alone.
final class Substitution {
  private let augmentation: Augmentation
  private let oracle: any Classifier
  private let substitute: InputGradientProgram
  private let seedCount: Int
  /// All images so far, the first ones first, under the classes that the oracle gives them.
  private(set) var images: LabeledImages

  /// The images that grow from `seeds`, as `state` has them; nil where the run of `configuration` trains no substitute.
  ///
  /// - Throws: `Failure` when there would be too many, the state is not one of this run, or an engine refuses.
  init?(
    _ configuration: TrainingConfiguration, _ graph: NetworkGraph, seeds: LabeledImages, state: TrainingState,
    oracle: (any Classifier)?, on backend: any Backend
  ) throws {
    guard let augmentation = configuration.augmentation else { return nil }
    guard let oracle, oracle.imageShape == graph.imageShape, oracle.classCount == seeds.classNames.count else {
      throw Failure(.internal, "training: a substitute needs an oracle of its images and classes")
    }
    try augmentation.check(seeds)
    (self.augmentation, self.oracle, seedCount) = (augmentation, oracle, seeds.count)
    substitute = try InputGradientProgram(graph, parameters: state.parameters, on: backend)
    // Images are doubled when a round begins, so after its last epoch they are still those of the round before.
    let round = configuration.round(of: state.step > 0 ? state.epoch : max(state.epoch - 1, 0))
    let made = (seeds.count << round) - seeds.count
    let expected = made == 0 ? nil : Shape([made] + seeds.imageShape.sizes)
    guard state.epoch >= configuration.epochs || state.synthetic?.shape == expected else {
      throw Failure(
        .data, "training: the images made for the substitute are not \(made) of [\(seeds.imageShape)]; train anew")
    }
    images = try seeds.labelled(by: oracle, followedBy: state.synthetic)
  }

  /// The images, doubled along the substitute with `parameters`.
  ///
  /// - Throws: `Failure` for gradients or logits that are not finite, and when an engine fails.
  func doubled(by parameters: Parameters) throws -> LabeledImages {
    try substitute.load(parameters)
    images = try images.doubled(along: substitute, step: augmentation.step, labelledBy: oracle)
    return images
  }

  /// The images that were made, `[n, c, h, w]`; nil where none were.
  var synthetic: Tensor? {
    guard images.count > seedCount else { return nil }
    var tensor = Tensor(Shape([images.count - seedCount] + images.imageShape.sizes))
    images.writePixels(of: Array(seedCount..<images.count), into: &tensor)
    return tensor
  }
}
