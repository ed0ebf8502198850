import Archives
import Attacks
import Datasets
import Networks
import Programs
import Tensors
import TestSupport
import Testing

/// Digits in a black frame, and the network that the generator of attacks' rates trained on others of them.
struct FramedDigits {
  /// How many there are, and their classes.
  let count: Int
  let labels: [Int]
  private let graph: NetworkGraph
  private let parameters: Parameters
  private let pixels: [Float]

  /// The first `count` digits.
  init(count: Int) throws {
    self.count = count
    let layers: [(String, Layer)] = [
      ("0", .convolution(Convolution(outputChannels: 8, kernelSize: 4, stride: 2, padding: 1))), ("1", .relu),
      ("2", .convolution(Convolution(outputChannels: 16, kernelSize: 3, stride: 2, padding: 1))), ("3", .relu),
      ("4", .flatten), ("5", .dense(Dense(outputs: 10))),
    ]
    let nodes = layers.enumerated().map { index, layer in
      Node(name: layer.0, inputs: [index == 0 ? Node.image : layers[index - 1].0], layer: layer.1)
    }
    graph = try NetworkGraph(
      NetworkDefinition(architecture: "digits", imageShape: [1, 10, 10], classCount: 10, nodes: nodes))
    let archive = try NumPyArchive(
      parsing: [UInt8](Fixture.data("attacks/digits-network.npz")), limit: 1 << 20, name: "digits-network.npz")
    parameters = try Parameters(of: graph) { spec in
      Tensor(spec.shape, try #require(archive.array(spec.path.text)?.floats))
    }
    let digits = try DatasetReference.digits.load(split: .train, limit: count)
    var small = Tensor([count, 1, 8, 8])
    digits.writePixels(of: Array(digits.indices), into: &small)
    pixels = (0..<count * 100).map { place in
      let (row, column) = (place % 100 / 10 - 1, place % 10 - 1)
      let isInside = (0..<8).contains(row) && (0..<8).contains(column)
      return isInside ? small.values[place / 100 * 64 + row * 8 + column] : 0
    }
    labels = digits.indices.map(digits.label)
  }

  /// A scheduler of attacks on the network.
  func scheduler() throws -> AttackScheduler {
    let backend = try #require(TestBackends.all.last).make(2)
    return try AttackScheduler(
      model: InputGradientProgram(graph, parameters: parameters, on: backend),
      classifier: InferenceProgram(graph, parameters: parameters, on: backend))
  }

  /// What `attack` comes to on the digits at `places`, or on all; nil leaves them as they are.
  func results(
    of attack: (any Attack)?, on places: [Int]? = nil, by scheduler: AttackScheduler
  ) throws -> [AttackResult] {
    let places = places ?? Array(0..<count)
    var results: [AttackResult] = []
    try scheduler.run(
      AttackSequence([attack]), on: places, labels: places.map { labels[$0] },
      pixels: { _ = $1.update(fromContentsOf: pixels[places[$0] * 100..<(places[$0] + 1) * 100]) },
      finish: { results.append($0) })
    return results
  }
}
