import Networks
import Tensors

/// What a file's tensors say about the sizes of an architecture's images and classes.
struct SizeFacts {
  let classCount: Int
  /// Whether the tensors have the name of any of the architecture's weights.
  let hasWeights: Bool
  /// Whether they have the names of the first weight and of the last.
  let hasEnds: Bool
  private let channels: Int
  private let architecture: Architecture

  /// The paths of the weights of every architecture by name, which are looked for often.
  private static let weights = Dictionary(
    uniqueKeysWithValues: Architecture.allCases.map { ($0.name, weightPaths(of: $0)) })

  private static func weightPaths(of architecture: Architecture) -> [ParameterPath] {
    architecture.definition().nodes.filter(\.layer.hasWeight).map { ParameterPath(node: $0.name, "weight") }
  }

  init(_ architecture: Architecture, _ tensors: [ParameterPath: StoredTensor]) {
    self.architecture = architecture
    let paths = Self.weights[architecture.name] ?? Self.weightPaths(of: architecture)
    let found = paths.compactMap { tensors[$0]?.shape }.filter { $0.rank >= 2 }
    hasWeights = !found.isEmpty
    hasEnds = [paths.first, paths.last].allSatisfy { path in path.map { tensors[$0] != nil } == true }
    channels = found.first.flatMap { $0.rank >= 4 ? $0[1] : nil } ?? architecture.imageShape[0]
    classCount = found.last.flatMap { $0[0] >= 2 ? $0[0] : nil } ?? 10
  }

  /// The image sizes to try: the one asked for, else the architecture's own and the usual ones.
  func imageShapes(_ asked: [Int]?) -> [[Int]] {
    if let asked { return [asked] }
    let own = architecture.imageShape
    let usual =
      channels == own[0] ? [own[1], 28, 32, 64, 96, 224] : [channels == 1 ? 28 : 32, own[1], 28, 32, 64, 96, 224]
    return usual.map { [channels, $0, $0] }
  }
}

extension Preprocessing {
  /// The same for every channel of an image `[c, h, w]`, where only one is given.
  func spread(over imageShape: [Int]) -> Preprocessing {
    guard mean.count == 1, standardDeviation.count == 1, let channels = imageShape.first, (1...64).contains(channels)
    else {
      return self
    }
    return Preprocessing(
      mean: [Float](repeating: mean[0], count: channels),
      standardDeviation: [Float](repeating: standardDeviation[0], count: channels))
  }
}

extension Layer {
  /// Whether it has a parameter called `weight` that is no norm's.
  fileprivate var hasWeight: Bool {
    switch self {
    case .convolution, .transposedConvolution, .groupConvolution, .dense: true
    default: false
    }
  }
}
