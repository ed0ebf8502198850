import Checkpoints
import Files
import Foundation
import Interchange
import Networks
import PortableBackend
import Programs
import Tensors
import TestSupport
import Testing

/// The architectures that are small enough to be written and read in a test, with the parameters that training begins with.
@Suite("Architectures as ONNX files")
struct ONNXArchitectureTests {
  /// Names of architectures of few numbers and little work.
  static let small: [String] = Architecture.allCases.filter { architecture in
    guard let graph = try? NetworkGraph(architecture.definition()) else { return false }
    let elements = graph.parameters.reduce(0) { $0 + $1.shape.count }
    return elements < 1_300_000 && graph.multiplyAdds < 60_000_000
  }.map(\.rawValue)

  private static let groups = ["group-convolution", "group-batch-normalization", "group-max-pooling"]

  /// A network with numbers that no norm leaves as they are.
  private struct Sample {
    let graph: NetworkGraph
    let parameters: Parameters
    let pixels: Tensor

    init(_ name: String) throws {
      let architecture = try #require(Architecture(rawValue: name))
      let channels = architecture.imageShape[0]
      let preprocessing = Preprocessing(
        mean: .init(repeating: 0.5, count: channels), standardDeviation: .init(repeating: 0.25, count: channels))
      graph = try NetworkGraph(architecture.definition(preprocessing: preprocessing))
      var parameters = Parameters(initializing: graph, seed: 11)
      for spec in graph.parameters where spec.shape.rank == 1 || spec.role == .counter {
        let isScale = spec.path.text.hasSuffix("weight") || spec.path.text.hasSuffix("var")
        let values = FormulaWeights.units(path: spec.path.text, count: spec.shape.count)
        parameters[spec.path] = Tensor(
          spec.shape, values.map { spec.role == .counter ? 7 : Float((isScale ? 1 : 0) + 0.1 * $0) })
      }
      self.parameters = parameters
      let shape = [1] + graph.imageShape.sizes
      pixels = Tensor(Shape(shape), FormulaWeights.pixels(shape: shape))
    }

    /// The logits by the portable engine.
    func logits() throws -> [Float] {
      let program = try InferenceProgram(
        graph, parameters: parameters, batchSize: 1, on: PortableBackend(threads: 2))
      var logits = Tensor([1, graph.classCount])
      try program.forward(pixels, into: &logits)
      return logits.values
    }
  }

  @Test("There are some of every kind")
  func choice() {
    #expect(names(containing: "cnn").count > 1 && Self.small.count > 5, "\(Self.small)")
  }

  private func names(containing word: String) -> [String] { Self.small.filter { $0.contains(word) } }

  @Test("An architecture comes back as it was, and its graph alone computes the same", arguments: small)
  func there(name: String) throws {
    let sample = try Sample(name)
    try Fixture.withTemporaryFolder { folder in
      let (checkpoint, path, back) = ("\(folder)/net.h5", "\(folder)/net.onnx", "\(folder)/back.h5")
      try Checkpoint(definition: sample.graph.definition, parameters: sample.parameters).write(to: checkpoint)
      let derivation = Derivation(tool: "cusp-convert", version: "1", arguments: [])
      _ = try Conversion(TensorFile(path: checkpoint), by: derivation).write(.onnx, to: path)
      let kinds = sample.graph.vertices.map(\.node.layer.name)
      let hasGroups = kinds.contains(where: Self.groups.contains)
      if !hasGroups {
        _ = try Conversion(TensorFile(path: path), by: derivation).write(.hdf5, to: back)
        #expect(try Checkpoint.summary(path: back).digest == Checkpoint.summary(path: checkpoint).digest)
      }
      let bytes = try withoutText("cusp.definition", [UInt8](Data(contentsOf: URL(fileURLWithPath: path))))
      let model = try TensorFile(ByteSource(bytes, name: name)).model()
      #expect(model.graph.definition.preprocessing == sample.graph.definition.preprocessing)
      if !hasGroups {
        let found = model.graph.vertices.map(\.node.layer.name)
        #expect(found == kinds.filter { !$0.hasPrefix("dropout") && !$0.hasPrefix("stochastic") }, "\(found)")
      }
      let (expected, found) = (try sample.logits(), try logits(model, sample.pixels))
      let scale = expected.map(abs).max() ?? 0
      let worst = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
      #expect(found.count == expected.count && worst <= 1e-5 * scale, "\(worst) of \(scale)")
    }
  }
}
