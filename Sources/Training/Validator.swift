import Attacks
import Datasets
import Networks
import Programs
import Spatial
import Tensors

/// Measures networks on the images that a run holds out, each image alike every time.
final class Validator {
  private let data: LabeledImages
  private let images: [Int]
  private let seed: UInt64
  private let poses: PoseDistribution
  private let classifier: InferenceProgram
  private let attack: ProjectedGradientDescent?
  private let gradient: InputGradientProgram?
  private let scheduler: AttackScheduler

  /// The validator of a run on the `images` of `data`; nil where nothing is to be measured.
  init?(
    _ configuration: TrainingConfiguration, _ graph: NetworkGraph, _ parameters: Parameters, data: LabeledImages,
    images: [Int], on backend: any Backend
  ) throws {
    guard let metric = configuration.validation?.metric else { return nil }
    (self.data, self.images, seed) = (data, images, configuration.seed)
    poses = metric == .spatial ? configuration.validationPoses ?? PoseDistribution() : PoseDistribution()
    let classifier = try InferenceProgram(graph, parameters: parameters, on: backend)
    self.classifier = classifier
    attack = metric == .robust ? configuration.validationAttack : nil
    gradient = attack == nil ? nil : try InputGradientProgram(graph, parameters: parameters, on: backend)
    scheduler = try AttackScheduler(model: gradient, classifier: classifier)
  }

  /// The share of the images that the network with `parameters` classifies rightly, in 0...1.
  func accuracy(of parameters: Parameters) throws -> Double {
    try classifier.load(parameters)
    try gradient?.load(parameters)
    var resampler = Resampler(imageShape: data.imageShape)
    let labels = images.map(data.label(of:))
    var correct = 0
    try scheduler.run(
      AttackSequence([attack]), on: images, labels: labels,
      pixels: { place, pixels in
        data.writePixels(of: images[place], into: pixels)
        resampler.transform(pixels, pose: poses.draw(seed: seed, image: images[place]))
      },
      finish: { correct += $0.perturbedClass == labels[$0.place] ? 1 : 0 })
    return Double(correct) / Double(images.count)
  }
}
