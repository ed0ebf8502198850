import Foundation

/// What PyTorch computes for one network whose weights and images `FormulaWeights` makes: one file of
/// `fixtures/references`, written by `fixtures/make/networks.py` in 64-bit arithmetic.
public struct ReferenceNumbers: Decodable, Sendable {
  /// The batch's sizes, `[n, c, h, w]`.
  public let input: [Int]
  /// How many classes there are.
  public let classes: Int
  /// The path of the images in `FormulaWeights`: ones at which no ReLU or pooling nearly ties.
  public let pixels: String
  /// The network in evaluation mode.
  public let evaluation: Evaluation
  /// One step of training, before the weights change; dropout passes everything, or uses `FormulaWeights.mask`. Not there
  /// where 32-bit training decides some ReLU otherwise at any images.
  public let training: Training?
  /// Ten steps of stochastic gradient descent, for some networks.
  public let descent: Descent?
  /// Projected gradient ascents in evaluation mode, for some networks.
  public let attacks: [Attack]?

  /// Results in evaluation mode.
  public struct Evaluation: Decodable, Sendable {
    /// The logits, `[n, classes]`, all of them.
    public let logits: Sample
    /// The cross-entropy summed over the batch.
    public let loss: Double
    /// The gradient of `loss` at the pixels.
    public let inputGradient: Sample
  }

  /// Results in training mode.
  public struct Training: Decodable, Sendable {
    /// The logits, `[n, classes]`, all of them.
    public let logits: Sample
    /// The cross-entropy's mean over the batch.
    public let loss: Double
    /// The gradient of `loss` by every parameter, under its PyTorch name.
    public let parameterGradients: [String: Sample]
    /// Running means and variances after the forward pass, under their PyTorch names.
    public let runningStatistics: [String: Sample]
  }

  /// Descent on one batch in training mode: momentum as PyTorch has it, weight decay on every parameter.
  public struct Descent: Decodable, Sendable {
    /// The step's factor.
    public let learningRate: Double
    /// The share of the last step kept.
    public let momentum: Double
    /// The multiple of a parameter added to its gradient.
    public let weightDecay: Double
    /// The mean cross-entropy before each of ten steps and after the last: 11 values.
    public let losses: [Double]
  }

  /// Ascent of the summed cross-entropy from `pixels` plus `FormulaWeights.start`, clipped to 0...1.
  ///
  /// Each step adds `stepSize` times the gradient's sign (or the gradient over its length, per image), then projects
  /// onto the ball about the pixels, then onto 0...1.
  public struct Attack: Decodable, Sendable {
    /// `linf` or `l2`.
    public let norm: String
    /// The ball's radius in pixel units.
    public let epsilon: Double
    /// A step's length in pixel units.
    public let stepSize: Double
    /// How many steps there are.
    public let steps: Int
    /// The images after the last step.
    public let final: Sample

    /// What `FormulaWeights.start` takes as its size for images of `pixelCount` pixels.
    public func startSize(pixelCount: Int) -> Double {
      norm == "linf" ? epsilon : epsilon / Double(pixelCount).squareRoot()
    }
  }

  /// One parameter or running statistic.
  public struct Parameter: Decodable, Sendable {
    /// How its values are made.
    public let kind: FormulaWeights.Kind
    /// Its sizes.
    public let shape: [Int]
  }

  /// Every parameter and running statistic by its PyTorch name; those of `training` where that is there.
  public var parameters: [String: Parameter] {
    guard let training else { return untrained?.all ?? [:] }
    return training.parameterGradients.merging(training.runningStatistics) { first, _ in first }.compactMapValues {
      sample in sample.kind.map { Parameter(kind: $0, shape: sample.shape) }
    }
  }

  private let untrained: ReferenceParameters?

  /// The numbers in `fixtures/references/<name>.json`, where `name` is an architecture's or `layers/` and a layer's.
  public init(named name: String) throws {
    self = try JSONDecoder().decode(Self.self, from: Fixture.data("references/\(name).json"))
  }

  /// The names of the layers' files, as in `layers/dense`.
  public static let layers: [String] = names(in: "layers").map { "layers/\($0)" }

  /// The names of the architectures' files, as in `vgg11`.
  public static let architectures: [String] = names(in: "")

  /// The names of the architectures whose files have what `condition` asks for.
  public static func architectures(where condition: (ReferenceNumbers) -> Bool) -> [String] {
    architectures.filter { name in (try? ReferenceNumbers(named: name)).map(condition) ?? true }
  }

  /// The names of the architectures of which a file says the parameters alone, as in `resnet152`.
  public static let parametersOnly: [String] = names(in: "parameters")

  /// The network's definition that a layer's file holds, decoded as `Networks.NetworkDefinition`.
  public static func definition<Definition: Decodable>(_: Definition.Type, named name: String) throws -> Definition {
    try JSONDecoder().decode(DefinitionFile<Definition>.self, from: Fixture.data("references/\(name).json")).definition
  }

  static func names(in folder: String) -> [String] {
    let files = try? FileManager.default.contentsOfDirectory(atPath: Fixture.path("references/\(folder)"))
    return (files ?? []).filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
  }
}

/// The part of a layer's file that says what the network is.
private struct DefinitionFile<Definition: Decodable>: Decodable {
  let definition: Definition
}
