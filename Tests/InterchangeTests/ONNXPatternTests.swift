import Foundation
import Interchange
import Networks
import Tensors
import TestSupport
import Testing

/// What several nodes of a graph say together becomes the layer that was meant.
@Suite("Patterns of ONNX graphs")
struct ONNXPatternTests {
  /// The network of the nodes that `add` adds to a graph of images `[2, 4, 4]`, which has to compute what they mean.
  private func network(
    batch: Int = 0, opset: Int = 17, _ add: (inout ONNXBuilder) -> Void,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> [Layer] {
    var builder = ONNXBuilder()
    (builder.image, builder.opset) = ([batch, 2, 4, 4], opset)
    add(&builder)
    let model = try builder.model()
    let count = batch == 0 ? 2 : batch
    let images = FormulaWeights.pixels(shape: [count, 2, 4, 4])
    let document = try #require(ONNXDocument(builder.bytes), sourceLocation: sourceLocation)
    let isEnd = model.notes.contains { $0.contains("is taken off") }
    if !isEnd,
      let expected = try? ONNXReference(document: document).run(.init([count, 2, 4, 4], images.map(Double.init)))
    {
      let found = try logits(model, Tensor([count, 2, 4, 4], images))
      let worst = zip(found, expected.values).map { abs(Double($0) - $1) }.max() ?? .infinity
      #expect(found.count == expected.values.count && worst < 1e-4, "off by \(worst)", sourceLocation: sourceLocation)
    }
    return model.graph.vertices.map(\.node.layer)
  }

  private func names(_ layers: [Layer]) -> [String] { layers.map(\.name) }

  @Test("A product and a sum are one dense layer, a convolution and a sum one convolution")
  func biases() throws {
    let layers = try network { builder in
      builder.add("conv.weight", [3, 2, 3, 3])
      builder.add("b", [3, 1, 1], from: 1)
      builder.add("v", [12, 4], from: -1)
      builder.add("c", [4], from: 2)
      builder.add("Conv", "x conv.weight", "1", ["kernel_shape": .integers([3, 3])])
      builder.add("Add", "1 b", "2")
      builder.add("Relu", "2", "3")
      builder.add("Flatten", "3", "4", ["axis": .integer(1)])
      builder.add("MatMul", "4 v", "5")
      builder.add("Add", "c 5", "y")
    }
    #expect(names(layers) == ["convolution", "relu", "flatten", "dense"])
    guard case .convolution(let convolution) = layers[0], case .dense(let dense) = layers[3] else {
      Issue.record("other layers")
      return
    }
    #expect(convolution.bias && dense.bias && dense.outputs == 4)
  }

  @Test("A sum that somebody else reads, too, stays a sum")
  func sharedBias() throws {
    let layers = try network { builder in
      builder.add("w", [2, 2, 1, 1])
      builder.add("b", [2, 1, 1], from: 1)
      builder.add("Conv", "x w", "1", ["kernel_shape": .integers([1, 1])])
      builder.add("Add", "1 b", "2")
      builder.add("Mul", "1 2", "3")
      builder.add("Flatten", "3", "y", ["axis": .integer(1)])
    }
    #expect(names(layers) == ["convolution", "scale-shift", "product", "flatten"])
  }

  @Test("Normalisation that only a part of the network sees is a layer of it")
  func partialPreprocessing() throws {
    let layers = try network { builder in
      builder.add("m", [2, 1, 1], from: 0.25)
      builder.add("Sub", "x m", "1")
      builder.add("Add", "1 x", "2")
      builder.add("Flatten", "2", "y", ["axis": .integer(1)])
    }
    #expect(names(layers) == ["scale-shift", "sum", "flatten"])
    let turned = try network { builder in
      builder.add("one", [], .floats([1]))
      builder.add("Sub", "one x", "1")
      builder.add("Relu", "1", "2")
      builder.add("Neg", "2", "3")
      builder.add("Flatten", "3", "y", ["axis": .integer(1)])
    }
    #expect(names(turned) == ["scale-shift", "relu", "scale-shift", "flatten"])
  }

  @Test("Zeros before a convolution are its padding")
  func margins() throws {
    let layers = try network { builder in
      builder.add("pads", [8], .integers([0, 0, 1, 0, 0, 0, 0, 2]))
      builder.add("w", [3, 2, 2, 2])
      builder.add("Pad", "x pads", "1")
      builder.add("Conv", "1 w", "2", ["kernel_shape": .integers([2, 2]), "pads": .integers([0, 1, 1, 0])])
      builder.add("Flatten", "2", "y", ["axis": .integer(1)])
    }
    guard case .convolution(let settings) = layers[0] else {
      Issue.record("no convolution")
      return
    }
    #expect(settings.padding == Margins(top: 1, left: 1, bottom: 1, right: 2) && layers.count == 2)
  }

  @Test(
    "Factors from fully connected layers become convolutions of one pixel, repeated or not", arguments: [true, false])
  func gate(repeated: Bool) throws {
    let layers = try network { builder in
      builder.add("v", [2, 2], from: 0.5)
      builder.add("GlobalAveragePool", "x", "1")
      builder.add("Flatten", "1", "2", ["axis": .integer(1)])
      builder.add("Gemm", "2 v", "3", ["transB": .integer(1)])
      builder.add("Sigmoid", "3", "4")
      builder.add("pixel", [4], .integers([0, 2, 1, 1]))
      builder.add("Reshape", "4 pixel", "5")
      builder.add("Shape", "x", "6")
      if repeated { builder.add("Expand", "5 6", "7") }
      builder.add("Mul", repeated ? "x 7" : "5 x", "8")
      builder.add("Flatten", "8", "y", ["axis": .integer(1)])
    }
    #expect(names(layers) == ["average-pooling", "convolution", "sigmoid", "product", "flatten"])
  }

  @Test("Axes of colours put last and back are nothing, and a list of features in their order is one")
  func lastAxis() throws {
    let back = try network { builder in
      builder.add("Transpose", "x", "1", ["perm": .integers([0, 2, 3, 1])])
      builder.add("Relu", "1", "2")
      builder.add("Transpose", "2", "3", ["perm": .integers([0, 3, 1, 2])])
      builder.add("GlobalAveragePool", "3", "4")
      builder.add("Flatten", "4", "y", ["axis": .integer(1)])
    }
    #expect(names(back).contains("average-pooling"))
    let flat = try network { builder in
      builder.add("v", [3, 32], from: -1, by: 0.0625)
      builder.add("Transpose", "x", "1", ["perm": .integers([0, 2, 3, 1])])
      builder.add("all", [2], .integers([0, -1]))
      builder.add("Reshape", "1 all", "2")
      builder.add("Gemm", "2 v", "y", ["transB": .integer(1)])
    }
    #expect(names(flat) == ["flatten", "channel-shuffle", "dense"])
  }

  @Test("Channels taken from a table while they stand before images are another order of them")
  func table() throws {
    let layers = try network { builder in
      builder.add("table", [2, 1], .integers([1, 0]))
      builder.add("Transpose", "x", "1", ["perm": .integers([1, 0, 2, 3])])
      builder.add("GatherND", "1 table", "2")
      builder.add("Transpose", "2", "3", ["perm": .integers([1, 0, 2, 3])])
      builder.add("Flatten", "3", "y", ["axis": .integer(1)])
    }
    #expect(layers == [.channelPermutation(order: [1, 0]), .flatten])
    var builder = ONNXBuilder()
    builder.add("Transpose", "x", "1", ["perm": .integers([1, 0, 2, 3])])
    builder.add("Flatten", "1", "y", ["axis": .integer(1)])
    let words = "x.onnx: node the-Flatten, Flatten: reads channels before images, which Gather alone may"
    #expect(refusal { _ = try builder.model() } == words)
  }

  @Test("Groups of channels made one by a reshape are a group norm with its scale and shift")
  func groupNorm() throws {
    let layers = try network { builder in
      builder.add("groups", [3], .integers([0, 1, -1]))
      builder.add("back", [4], .integers([0, 2, 4, 4]))
      builder.add("ones", [1], .floats([1]))
      builder.add("zeros", [1], .floats([0]))
      builder.add("w", [2, 1, 1], from: 0.5)
      builder.add("b", [2, 1, 1], from: -1)
      builder.add("Reshape", "x groups", "1")
      builder.add("InstanceNormalization", "1 ones zeros", "2", ["epsilon": .float(1e-3)])
      builder.add("Reshape", "2 back", "3")
      builder.add("Mul", "3 w", "4")
      builder.add("Add", "4 b", "5")
      builder.add("Flatten", "5", "y", ["axis": .integer(1)])
    }
    #expect(names(layers) == ["group-normalization", "flatten"])
    guard case .groupNormalization(let settings) = layers[0] else { return }
    #expect(settings == GroupNormalization(groups: 1, epsilon: 1e-3))
  }

  @Test("Norms of features by stored numbers are a scale and shift, or a part of the layer before")
  func featureNorm() throws {
    let layers = try network { builder in
      for (name, first) in [("s", 1), ("b", -1), ("m", 0.5), ("v", 0.75)] as [(String, Float)] {
        builder.add(name, [2], from: first)
      }
      builder.add("GlobalAveragePool", "x", "1")
      builder.add("Flatten", "1", "2", ["axis": .integer(1)])
      builder.add("BatchNormalization", "2 s b m v", "y", ["epsilon": .float(1e-3)])
    }
    #expect(names(layers) == ["average-pooling", "flatten", "scale-shift"])
  }

  @Test("Means of rows and then of columns, and the maps of a group")
  func reductions() throws {
    let layers = try network { builder in
      builder.add("ReduceMean", "x", "1", ["axes": .integers([3]), "keepdims": .integer(0)])
      builder.add("ReduceMean", "1", "y", ["axes": .integers([2]), "keepdims": .integer(0)])
    }
    #expect(names(layers) == ["average-pooling", "average-pooling", "flatten"])
    let group = try network { builder in
      builder.add("w", [8, 2, 1, 1])
      builder.add("maps", [5], .integers([0, 2, 4, 4, 4]))
      builder.add("Conv", "x w", "1", ["kernel_shape": .integers([1, 1])])
      builder.add("Reshape", "1 maps", "2")
      builder.add("ReduceMax", "2", "3", ["axes": .integers([2]), "keepdims": .integer(0)])
      builder.add("Flatten", "3", "y", ["axis": .integer(1)])
    }
    #expect(names(group) == ["convolution", "group-max-pooling", "flatten"])
  }

  /// `(x - mean) / max(deviation, least)` with its parts as any of `forms` has them.
  private func standardize(_ builder: inout ONNXBuilder, least: Float, _ forms: Set<String> = []) {
    let axes: [String: ONNXBuilder.Attribute] = ["axes": .integers([1, 2, 3])]
    builder.add("least", [], .floats([least]))
    builder.add("two", [], .floats([2]))
    builder.add("ReduceMean", "x", "mean", axes)
    builder.add("Sub", "x mean", "less")
    builder.add(forms.contains("power") ? "Pow" : "Mul", forms.contains("power") ? "less two" : "less less", "square")
    builder.add("ReduceMean", "square", "variance", axes)
    builder.add("Sqrt", "variance", "root")
    builder.add(forms.contains("clip") ? "Clip" : "Max", "root least", "deviation")
    builder.add("Div", "less deviation", "1")
  }

  @Test(
    "Images less their mean over their deviation are standardised",
    arguments: [[], ["power"], ["clip"], ["power", "clip"]] as [Set<String>])
  func standardization(forms: Set<String>) throws {
    for batch in [0, 1, 3] {
      let layers = try network(batch: batch) { builder in
        standardize(&builder, least: Float(1 / 32.0.squareRoot()), forms)
        builder.add("Flatten", "1", "y", ["axis": .integer(1)])
      }
      #expect(names(layers) == ["image-standardization", "flatten"])
    }
  }

  @Test(
    "Lists of all pixels are standardised as images, their deviation brought to its rank in any way",
    arguments: ["Unsqueeze", "Reshape", "Expand", "Identity"])
  func listStandardization(form: String) throws {
    let layers = try network { builder in
      builder.add("least", [], .floats([Float(1 / 32.0.squareRoot())]))
      builder.add("shape", [2], .integers([-1, 1]))
      builder.add("axis", [1], .integers([1]))
      builder.add("Flatten", "x", "list", ["axis": .integer(1)])
      builder.add("ReduceMean", "list", "mean", ["axes": .integers([1])])
      builder.add("Sub", "list mean", "less")
      builder.add("Mul", "less less", "square")
      let keeps = form == "Expand" || form == "Identity"
      builder.add("ReduceMean", "square", "variance", ["axes": .integers([1]), "keepdims": .integer(keeps ? 1 : 0)])
      builder.add("Sqrt", "variance", "root")
      builder.add("Max", "least root", "deviation")
      switch form {
      case "Unsqueeze": builder.add("Unsqueeze", "deviation axis", "column")
      case "Reshape": builder.add("Reshape", "deviation shape", "column")
      case "Expand":
        builder.add("Shape", "deviation", "own")
        builder.add("Expand", "deviation own", "column")
      default: builder.add("Identity", "deviation", "column")
      }
      builder.add("Div", "less column", "1")
      builder.add("back", [4], .integers([0, 2, 4, 4]))
      builder.add("w", [3, 2, 1, 1])
      builder.add("Reshape", "1 back", "2")
      builder.add("Conv", "2 w", "3", ["kernel_shape": .integers([1, 1])])
      builder.add("Flatten", "3", "y", ["axis": .integer(1)])
    }
    #expect(names(layers) == ["image-standardization", "convolution", "flatten"])
  }

  @Test("What is made of a mean over a whole image is refused elsewhere")
  func strayStatistics() {
    func message(_ add: (inout ONNXBuilder) -> Void) -> String? {
      var builder = ONNXBuilder()
      builder.image = [0, 2, 4, 4]
      add(&builder)
      return refusal { _ = try builder.model() }
    }
    let stray = "reads what was made of a mean over a whole image, which is taken in standardising it alone"
    for (node, inputs) in [
      ("Relu", "less"), ("Mul", "less mean"), ("Add", "x mean"), ("Sqrt", "mean"), ("Div", "x deviation"),
      ("Sub", "less mean"), ("Flatten", "less"), ("Concat", "x less"), ("Max", "root x"), ("Clip", "root least two"),
      ("Pow", "less"), ("Max", "root"), ("Expand", "root"), ("Mul", "less less two"),
    ] {
      let message = message { builder in
        standardize(&builder, least: 0.25)
        builder.add(node, inputs, "2")
        builder.add("Flatten", "2", "y", ["axis": .integer(1)])
      }
      #expect(message?.contains(stray) == true, "\(node) \(inputs): \(message ?? "taken")")
    }
    for least in [0, 0.5] as [Float] {
      let message = message { builder in
        standardize(&builder, least: least)
        builder.add("Flatten", "1", "y", ["axis": .integer(1)])
      }
      #expect(
        message?.contains("deviations of at least \(least), not 1 / sqrt(32), which alone is taken") == true,
        "\(message ?? "taken")")
    }
    // Of another image.
    let other = message { builder in
      builder.add("Relu", "x", "z")
      builder.add("ReduceMean", "z", "m", ["axes": .integers([1, 2, 3])])
      builder.add("Sub", "x m", "1")
      builder.add("Flatten", "1", "y", ["axis": .integer(1)])
    }
    #expect(other?.contains(stray) == true, "\(other ?? "taken")")
  }

  @Test("A softmax at the end is taken off, one within stays", arguments: [11, 17])
  func softmax(opset: Int) throws {
    let layers = try network(opset: opset) { builder in
      builder.add("GlobalAveragePool", "x", "1")
      builder.add("Softmax", "1", "2", ["axis": .integer(1)])
      builder.add("Flatten", "2", "3", ["axis": .integer(1)])
      builder.add("v", [3, 2], from: -1)
      builder.add("Gemm", "3 v", "4", ["transB": .integer(1)])
      builder.add("Softmax", "4", "5", ["axis": .integer(1)])
      builder.add("Identity", "5", "y")
    }
    #expect(names(layers) == ["average-pooling", "softmax", "flatten", "dense"])
  }

  @Test("Batches of any fixed size are followed as one of any size", arguments: [1, 2, 3, 7])
  func batches(batch: Int) throws {
    let layers = try network(batch: batch) { builder in
      builder.add("shape", [2], .integers([batch, 32]))
      builder.add("v", [3, 32], from: -1, by: 0.0625)
      builder.add("Reshape", "x shape", "1")
      builder.add("Gemm", "1 v", "y", ["transB": .integer(1)])
    }
    #expect(names(layers) == ["flatten", "dense"])
  }

  /// What is the same whether weights are there or picked out of a larger constant, 70,000 numbers of which are forgotten.
  @Test("Weights that lists of indices pick are those at their places")
  func pickedWeights() throws {
    func answers(_ add: (inout ONNXBuilder) -> Void) throws -> [Float] {
      var builder = ONNXBuilder()
      add(&builder)
      builder.add("Flatten", "x", "0", ["axis": .integer(1)])
      builder.add("Gemm", "0 w", "y", ["transB": .integer(1)])
      return try logits(builder.model(), Tensor([2, 2, 4, 4], FormulaWeights.pixels(shape: [2, 2, 4, 4])))
    }
    let rows = [3, 0, 2187, -1]
    let picked = rows.flatMap { row in
      (0..<32).map { Float((row < 0 ? row + 2188 : row) * 32 + $0) / 65536 }
    }
    let plain = try answers { $0.add("w", [4, 32], .floats(picked)) }
    let whole = (0..<2188 * 32).map { Float($0) / 65536 }
    // By rows, from the end where negative; then every number by a row and a column of the table turned.
    #expect(
      try answers { builder in
        builder.add("all", [2188, 32], .floats(whole))
        builder.add("rows", [4, 1], .integers(rows))
        builder.add("Neg", "all", "1")
        builder.add("Neg", "1", "2")
        builder.add("GatherND", "2 rows", "w")
      } == plain)
    #expect(
      try answers { builder in
        builder.add("all", [2188, 32], .floats(whole))
        let places = rows.flatMap { row in (0..<32).flatMap { [$0, row] } }
        builder.add("places", [4, 32, 2], .integers(places))
        builder.add("Transpose", "all", "1", ["perm": .integers([1, 0])])
        builder.add("GatherND", "1 places", "w")
      } == plain)
    for (places, shape) in [([0, 2188], [2, 1]), ([0, 0, 0], [1, 3]), ([-2189], [1, 1])] {
      var builder = ONNXBuilder()
      builder.add("all", [2188, 32], .floats(whole))
      builder.add("places", shape, .integers(places))
      builder.add("GatherND", "all places", "w")
      builder.add("Flatten", "x", "0", ["axis": .integer(1)])
      builder.add("Gemm", "0 w", "y", ["transB": .integer(1)])
      #expect(throws: (any Error).self) { _ = try builder.model() }
    }
  }
}
