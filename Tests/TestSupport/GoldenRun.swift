import Foundation

/// Runs of one attack by an independent implementation: one case of `fixtures/attacks/<name>.json`.
public struct GoldenRun: Decodable, Sendable, CustomStringConvertible {
  /// Who was attacked: `linear`, `mlp`, or an architecture's name.
  public let network: String
  /// The attack by its name in the catalogue, and its settings by theirs, where the case says.
  public let attack: String?
  /// See `attack`.
  public let settings: [String: Double]?
  /// The attack's settings; nil where it has no such setting.
  public let norm: String
  /// The radius of the ball.
  public let epsilon: Float?
  /// Steps of one run.
  public let steps: Int?
  /// What is climbed, by its name.
  public let objective: String?
  /// Whether a run shrinks its ball.
  public let threeRadii: Bool?
  /// How far one step goes, what stays of the momentum, and how far steps go beyond a boundary.
  public let stepSize, decay, overshoot: Float?
  private let seed: String?
  /// The class to be taken for.
  public let target: Int?
  /// How many classes are aimed at in turn.
  public let targets: Int?
  /// By what pixels are normalised, one number a channel, and whose script attacks them.
  public let mean, deviation: [Float]?
  /// See `mean`.
  public let script: String?
  /// Where it starts, what comes last after a step, and which way one goes, by their names.
  public let start, projection, direction: String?

  /// Which rows of the formula's pixels were attacked, and as which classes.
  public let images, labels: [Int]
  /// Whether the result is misclassified, or taken for the target; one an image.
  public let fooled: [Bool]?
  /// How far the result is from the image.
  public let distance: [Float]?
  /// Steps of the last run at each image; of the probability margin attack the last pass, and which that was.
  public let stepsTaken, passes: [Int]?
  /// The rank, among the logits, of the class that the successful run aimed at; 0 where none was.
  public let rank: [Int]?
  /// Auto-PGD's point of the highest loss.
  public let highest: [[Float]]?
  /// What Auto-PGD did step by step, one list of stages an image.
  public let stages: [[Stage]]?
  private let expected, last: [[Float]]?

  /// The steps under one radius.
  public struct Stage: Decodable, Sendable {
    /// The loss at the start, and after each step.
    public let startLoss: Float, losses: [Float]
    /// The checkpoints.
    public let checks: [Check]
  }

  /// What a checkpoint decided.
  public struct Check: Decodable, Sendable {
    /// After how many steps.
    public let after: Int
    /// The step size from there on.
    public let stepSize: Float
  }

  private struct File: Decodable { let cases: [GoldenRun] }

  /// The cases of `fixtures/attacks/<name>.json`; none where it cannot be read.
  public static func read(_ name: String) -> [GoldenRun] {
    let file = try? JSONDecoder().decode(File.self, from: Fixture.data("attacks/\(name).json"))
    return file?.cases ?? []
  }

  /// What tests print.
  public var description: String { "\(network) \(norm) \(epsilon ?? 0) \(steps ?? 0) steps \(objective ?? "")" }

  /// The seed of random starts; 0 where there are none.
  public var attackSeed: UInt64 { seed.flatMap(UInt64.init) ?? 0 }

  /// The images, one after the other, each of `shape` `[c, h, w]`.
  public func pixels(shape: [Int]) -> [Float] {
    let size = shape.reduce(1, *)
    let all = FormulaWeights.pixels(shape: [(images.max() ?? 0) + 1] + shape)
    return images.flatMap { all[$0 * size..<($0 + 1) * size] }
  }

  /// Where the attack ended; nil for an image that an attack gives back as it was, not having fooled.
  public var results: [[Float]?] {
    if let expected { return expected }
    return (last ?? []).enumerated().map { row, end in fooled?[row] == false ? nil : end }
  }
}
