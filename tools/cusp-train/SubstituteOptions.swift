import ArgumentParser
import Checkpoints
import Datasets
import Evaluation
import Failures
import Files
import NetworkOptions
import Networks
import Programs
import Records
import ToolSupport
import Training

/// How a substitute is trained, as typed.
struct SubstituteOptions: ParsableArguments {
  /// How many images it begins with where nobody says.
  static let customarySeeds = 150

  @Option(
    help: "Train a substitute of this model: on the classes that it gives images, and on nothing else of it.",
    completion: .modelFiles)
  var substituteFor: String?
  @Option(
    help: "With --substitute-for: how often the images are doubled, each time after --epochs epochs; the default is 5.")
  var augmentations: Int?
  @Option(
    help: "With --substitute-for: how far a doubling moves every pixel; the default is 0.1.",
    transform: ExactNumber.typed)
  var augmentationStep: ExactNumber?

  /// How the images grow; nil where no substitute is trained.
  ///
  /// - Throws: `Failure` (`usage`) for an option of these or of `recipe` that has no place.
  func augmentation(_ recipe: RecipeOptions) throws -> Augmentation? {
    guard substituteFor != nil else {
      for (name, isGiven) in [
        ("--augmentations", augmentations != nil), ("--augmentation-step", augmentationStep != nil),
      ] where isGiven { throw Failure(.usage, "\(name) needs --substitute-for") }
      return nil
    }
    if let name = recipe.unfitForSubstitutes {
      throw Failure(
        .usage, "\(name): a substitute is trained naturally, on images as its oracle classified them; leave it out")
    }
    if augmentations == 0, augmentationStep != nil {
      throw Failure(.usage, "--augmentation-step: no image is moved under --augmentations 0; leave it out")
    }
    return Augmentation(count: augmentations ?? 5, step: Float(augmentationStep?.value ?? 0.1))
  }

  /// What decides the run, by the names of options.
  func members(_ augmentation: Augmentation) -> [JSON.Member] {
    [
      .init("substitute_for", substituteFor.map(JSON.string) ?? .null),
      .init("augmentations", .integer(Int64(augmentation.count))),
    ] + (augmentation.count == 0 ? [] : [.init("augmentation_step", number(augmentation.step))])
  }
}

extension RecipeOptions {
  /// The first option that does not go with `--substitute-for`, if any.
  fileprivate var unfitForSubstitutes: String? {
    [
      ("--method \(method.rawValue)", method != .natural), ("--curriculum", curriculum != nil),
      ("--rotation", rotation != nil), ("--translation", translation != nil), ("--crop", crop != nil), ("--flip", flip),
      ("--keep-best", keepBest != nil), ("--average-weights", averageWeights != nil),
    ].first(where: \.1)?.0
  }
}

extension TrainingRun {
  /// The model that a substitute is trained for; nil where none is.
  ///
  /// - Throws: `Failure` when there is no such model, one of other images or classes, or another than when the run began.
  func readOracle(on backend: any Backend) throws -> LoadedModel? {
    guard let oracle else { return nil }
    let model = try LoadedModel(reading: InputFile(path: oracle), on: backend)
    try model.check(images)
    guard model.graph.classCount == images.classNames.count else {
      throw Failure(
        .data, "\(oracle): tells \(model.graph.classCount) classes apart, \(images.name) has \(images.classNames.count)"
      )
    }
    if let origin, let resumed,
      Provenance(json: resumed.documents.provenance)?.steps.last?.parent != .model(digest: model.digest)
    {
      throw Failure(.usage, "--resume \(origin): was begun for another oracle than \(oracle)")
    }
    return model
  }
}
