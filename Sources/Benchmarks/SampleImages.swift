import Datasets
import Networks
import Tensors

/// Made-up images with labels.
struct SampleImages {
  /// `[n, c, h, w]`, uniform in 0...1.
  let pixels: Tensor
  let labels: [Int]

  /// `count` images for `graph`, always the same.
  init(_ graph: NetworkGraph, count: Int) {
    var pixels = Tensor(Shape([count] + graph.imageShape.sizes))
    var generator = Generator(seed: 0, purpose: .sample)
    pixels.values.withUnsafeMutableBufferPointer { generator.fillUniform($0, in: 0...1) }
    self.pixels = pixels
    labels = (0..<count).map { _ in generator.integer(below: graph.classCount) }
  }

  /// As many images as a data set of 8-bit pixels.
  static func dataset(for graph: NetworkGraph, count: Int) throws -> LabeledImages {
    var generator = Generator(seed: 0, purpose: .sample)
    let bytes = (0..<count * graph.imageShape.count).map { _ in UInt8(truncatingIfNeeded: generator.nextUInt32()) }
    return try LabeledImages(
      name: "sample", split: .train, imageShape: graph.imageShape, pixels: .bytes(bytes),
      labels: (0..<count).map { _ in generator.integer(below: graph.classCount) },
      classNames: (0..<graph.classCount).map { "\($0)" }, place: "sample")
  }
}
