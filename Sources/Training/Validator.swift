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
  private let attacked: (gradient: InputGradientProgram, runner: AttackRunner)?

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
    attacked = try configuration.validationAttack.flatMap { attack in
      guard metric == .robust else { return nil }
      let gradient = try InputGradientProgram(graph, parameters: parameters, on: backend)
      return (gradient, try AttackRunner(attack, model: gradient, classifier: classifier))
    }
  }

  /// The share of the images that the network with `parameters` classifies rightly, in 0...1.
  func accuracy(of parameters: Parameters) throws -> Double {
    try classifier.load(parameters)
    try attacked?.gradient.load(parameters)
    var resampler = Resampler(imageShape: data.imageShape)
    var correct = 0
    for start in stride(from: 0, to: images.count, by: classifier.batchSize) {
      let batch = Array(images[start..<min(start + classifier.batchSize, images.count)])
      var pixels = Tensor(Shape([batch.count] + data.imageShape.sizes))
      data.writePixels(of: batch, into: &pixels)
      resampler.transform(&pixels, poses: batch.map { poses.draw(seed: seed, image: $0) })
      let labels = batch.map(data.label(of:))
      let logits =
        try attacked?.runner.attack(pixels, labels: labels, images: batch).perturbedLogits
        ?? classifier.logits(of: pixels)
      correct += labels.indices.count { predictedClass(row: $0, logits: logits) == labels[$0] }
    }
    return Double(correct) / Double(images.count)
  }
}
