import Foundation

/// PyTorch's numbers of networks that never leave training mode (fixtures/make/batch_statistics.py).
public struct BatchStatisticsFixture<Definition: Decodable & Sendable>: Decodable, Sendable {
  /// By the network's name in `fixtures/references`: the gradient of the mean cross-entropy with respect to the pixels.
  public let gradients: [String: ReferenceNumbers.Sample]
  /// An attack in training mode.
  public let attack: Attack

  /// 104 of the formula's images under a group network, a hundred and four at once, from predicted labels.
  public struct Attack: Decodable, Sendable {
    /// The network.
    public let definition: Definition
    /// The ball and the step, in normalised pixels.
    public let epsilon, stepSize: Float
    /// How many steps it takes.
    public let steps: Int
    /// The seed of its starts.
    public let seed: UInt64
    /// The classes predicted before.
    public let natural: [Int]
    /// The logits after it.
    public let logits: [[Float]]
    /// How far pixels moved at most, in pixel units.
    public let distances: [Float]
  }

  /// The file.
  public init(of _: Definition.Type) throws {
    self = try JSONDecoder().decode(Self.self, from: Fixture.data("batch-statistics.json"))
  }
}
