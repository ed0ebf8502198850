import Foundation

/// What parameters a network has in PyTorch, by the path of the module: a file of `fixtures/references/parameters`, or
/// part of one with numbers.
public struct ReferenceParameters: Decodable, Sendable {
  private let norms: [String: Int]
  private let weights: [String: [Int]]
  private let biases: [String: Int]

  /// Those in `fixtures/references/parameters/<name>.json`.
  public init(named name: String) throws {
    self = try JSONDecoder().decode(Self.self, from: Fixture.data("references/parameters/\(name).json"))
  }

  /// Every parameter and running statistic by its PyTorch name.
  public var all: [String: ReferenceNumbers.Parameter] {
    var all: [String: ReferenceNumbers.Parameter] = [:]
    for (path, shape) in weights { all["\(path).weight"] = .init(kind: .weight, shape: shape) }
    for (path, size) in biases { all["\(path).bias"] = .init(kind: .bias, shape: [size]) }
    for (path, size) in norms {
      all["\(path).weight"] = .init(kind: .normWeight, shape: [size])
      all["\(path).bias"] = .init(kind: .normBias, shape: [size])
      all["\(path).running_mean"] = .init(kind: .runningMean, shape: [size])
      all["\(path).running_var"] = .init(kind: .runningVariance, shape: [size])
    }
    return all
  }
}
