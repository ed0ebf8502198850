import Failures
import Files
import Foundation
import Interchange
import Networks
import Tensors
import TestSupport
import Testing

/// What of a graph is not taken is refused by node, operator and attribute.
@Suite("ONNX graphs that are refused")
struct ONNXRefusalTests {
  typealias Attribute = ONNXBuilder.Attribute

  /// A graph of one node between the image and a flattening, with a weight `w` of `[2, 2, 3, 3]`, `v` of `[32, 3]`, a list
  /// `c` of two numbers and a number `n`.
  private func message(
    _ operation: String, _ inputs: String = "x", _ attributes: [String: Attribute] = [:], opset: Int = 17
  ) -> String {
    var builder = ONNXBuilder()
    builder.opset = opset
    builder.add("w", [2, 2, 3, 3])
    builder.add("v", [32, 3])
    builder.add("c", [2, 1, 1], from: 1)
    builder.add("n", [], .floats([0]))
    builder.add("many", [4], .integers([0, 0, 0, 5]))
    builder.add(operation, inputs, "a", attributes)
    builder.add("Flatten", "a", "y")
    return refusal { _ = try builder.model() } ?? "taken"
  }

  @Test(
    "Operators and attributes",
    arguments: [
      ("Selu", "x", [:], "is an operator that is not taken; formats/onnx.md lists those that are"),
      ("Conv", "x w", ["auto_pad": .text("SAME")], "auto_pad SAME is not taken"),
      ("Conv", "x w", ["kernel_shape": .integers([3])], "kernel_shape [3] is not 2 numbers; only images in two"),
      ("Conv", "x w", ["strides": .integers([0, 1])], "strides [0, 1]"),
      ("Conv", "x w", ["group": .integer(2)], "group 2 with weights [2, 2, 3, 3] does not fit 2 channels"),
      ("Conv", "x w", ["group": .integer(0)], "group 0"),
      ("Conv", "x w", ["group": .text("all")], "group is no integer"),
      ("Conv", "x w", ["pads": .graph], "pads is no list of integers"),
      ("Conv", "x w", ["pads": .integers([9, 9, 9, 9])], "needs padding in 0...3, has 9"),
      ("Conv", "x x", [:], "its weight is no constant; only trained weights are taken"),
      ("Conv", "x v", [:], "has weights [32, 3]; only images in two dimensions are taken"),
      ("Conv", "x w c", [:], "taken"),
      ("Conv", "x w v", [:], "its bias is [32, 3], not [2]"),
      ("ConvTranspose", "x w", ["output_shape": .integers([9, 9])], "auto_pad and output_shape are not taken"),
      ("MaxPool", "x", [:], "kernel_shape [] is not taken"),
      (
        "MaxPool", "x", ["kernel_shape": .integers([2, 2]), "dilations": .integers([2, 2])], "dilations are not taken"
      ),
      (
        "AveragePool", "x", ["kernel_shape": .integers([2, 2]), "pads": .integers([2, 2, 2, 2])],
        "at most half the window"
      ),
      ("Clip", "x n", [:], "taken"),
      ("Clip", "x c", [:], "from 1.0 to "),
      ("HardSigmoid", "x", [:], "alpha 0.2 and beta 0.5 are not taken, only 1/6 and 1/2"),
      ("PRelu", "x c", [:], "has a slope for each channel"),
      ("LeakyRelu", "x", ["alpha": .float(-1)], "needs a finite slope of 0 or more"),
      ("Softmax", "x", ["axis": .integer(3)], "axis is not taken, only that of channels"),
      ("LogSoftmax", "x", ["axis": .integer(1)], "is taken at the end alone"),
      ("BatchNormalization", "x c c c c", ["training_mode": .integer(1)], "training_mode 1 is not taken, only 0"),
      ("BatchNormalization", "x n c c c", [:], "its weight is [], not [2]"),
      ("LayerNormalization", "x w", [:], "axis is not taken, only 1"),
      ("LRN", "x", ["size": .integer(4)], "size 4 is not taken, only odd ones"),
      ("GroupNormalization", "x c c", ["num_groups": .integer(3)], "num_groups 3 does not fit"),
      ("SequenceAt", "x n", [:], "its first input is no list of values"),
      ("ConcatFromSequence", "x", ["axis": .integer(1)], "its first input is no list of values"),
      ("ConcatFromSequence", "x", ["axis": .integer(1), "new_axis": .integer(1)], "new_axis 1 is not taken, only 0"),
      ("SplitToSequence", "x n", ["axis": .integer(1)], "splits into parts of 0"),
      ("SplitToSequence", "x", ["axis": .integer(1), "keepdims": .integer(0)], "keepdims 0 is not taken, only 1"),
      ("SplitToSequence", "x many", ["axis": .integer(1)], "split [0, 0, 0, 5] does not come to 2"),
      ("SplitToSequence", "x", ["axis": .integer(4)], "axis is not there"),
      ("Gemm", "x v", [:], "is not taken as a list of features"),
      ("MatMul", "v x", [:], "its input 1 does not depend on the image, which it has to"),
      ("Add", "x w", [:], "its constant [2, 2, 3, 3] is not one number or one for each channel of [1, 2, 4, 4]"),
      ("Mul", "x n", [:], "multiplies by 0 or by numbers beyond all bounds"),
      ("Div", "c x", [:], "divides a constant by the image"),
      ("Div", "x x", [:], "divides by what depends on the image"),
      ("Pow", "x c", [:], "is not taken, only to 2 and 3"),
      ("Transpose", "x", ["perm": .integers([2, 1, 0, 3])], "moves images"),
      ("Transpose", "x", [:], "moves images"),
      ("ReduceMean", "x", [:], "reduces all axes"),
      ("ReduceMean", "x", ["axes": .integers([1])], "axes [1] are not taken"),
      ("ReduceMean", "x", ["axes": .integers([7])], "axes [7] are not there"),
      ("Concat", "x x", ["axis": .integer(2)], "axis is not taken, only that of channels"),
      ("Slice", "x many many", [:], "cuts several axes; only channels are taken"),
      ("Gather", "x many", ["axis": .integer(1)], "takes single elements; only a list of channels is taken"),
      ("Resize", "x - - many", [:], "scales ["), ("Resize", "x - many", ["mode": .text("cubic")], "scales ["),
      ("Pad", "x w", [:], "are not taken, only zeros around images"),
      ("Pad", "x w", ["mode": .text("reflect")], "mode reflect is not taken, only constant"),
      ("Reshape", "x many", [:], "which has not as many numbers"),
      ("Expand", "x w", [:], "does not fit its shape"),
      ("Cast", "x", ["to": .integer(7)], "to 7 is not taken, only to floating-point numbers"),
      ("Dropout", "x - c", [:], "training_mode is not taken"),
      ("Swish", "x", ["alpha": .float(2)], "alpha is not taken but as 1"),
      ("Relu", "nobody", [:], "reads nobody, which nothing before it makes"),
    ] as [(String, String, [String: Attribute], String)])
  func operators(operation: String, inputs: String, attributes: [String: Attribute], words: String) {
    let message = message(operation, inputs, attributes)
    #expect(message.contains(words), "\(message)")
    if words != "taken" { #expect(message.hasPrefix("x.onnx: node the-\(operation), \(operation): "), "\(message)") }
  }

  @Test("Operators that the page names are known, and the page names all that are")
  func page() throws {
    let page = try String(contentsOf: Fixture.repository.appending(path: "formats/onnx.md"), encoding: .utf8)
    let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") }
    let cells = rows.compactMap { $0.split(separator: "|").first }
    let names = Set(
      cells.flatMap { $0.split(separator: "`").filter { $0.first?.isUppercase == true } }.map(String.init))
    #expect(names.count > 50)
    for name in names {
      // Constants of single numbers may not fit, but their operator is known; images are read where they can be.
      let (image, constant) = (message(name), message(name, "n n n"))
      let isKnown =
        !image.contains("is an operator that is not taken") || !constant.contains("is not computed of constants")
      #expect(isKnown, "\(name): \(image); \(constant)")
    }
    let source = try ["ONNXImporter+Operators", "ConstantFolding"].map { name in
      let path = "Sources/Interchange/ONNX/Import/\(name).swift"
      return try String(contentsOf: Fixture.repository.appending(path: path), encoding: .utf8)
    }
    let quoted = try Regex(#"case ("[A-Z][A-Za-z]+"(?:, "[A-Z][A-Za-z]+")*)"#)
    let taken = Set(
      source[0].matches(of: quoted).flatMap { $0.output[1].substring?.split(separator: ", ") ?? [] }.map {
        String($0.dropFirst().dropLast())
      })
    #expect(taken.subtracting(names).isEmpty, "\(taken.subtracting(names))")
  }

  @Test("Inputs and outputs that are not a classifier's")
  func ends() {
    func message(_ change: (inout ONNXBuilder) -> Void, _ request: ModelRequest = ModelRequest()) -> String {
      var builder = ONNXBuilder()
      builder.add("v", [32, 3])
      builder.add("Flatten", "x", "a")
      builder.add("MatMul", "a v", "y")
      change(&builder)
      return refusal { _ = try builder.model(request) } ?? "taken"
    }
    #expect(message { _ in } == "taken")
    #expect(message { $0.inputs = ["x", "z"] } == "x.onnx: has 2 inputs (x, z); only networks of one image are taken")
    #expect(message { $0.inputs = [] }.contains("has 0 inputs"))
    #expect(message { $0.image = [0, 784] }.contains("its input x is ?x784, not images [n, c, h, w]"))
    let open: (inout ONNXBuilder) -> Void = { $0.image = [0, 2, 0, 0] }
    #expect(message(open).contains("leaves the sizes of its images open; cusp-convert --image CxHxW gives them"))
    #expect(message(open, ModelRequest(imageShape: [2, 4, 4])) == "taken")
    #expect(message(open, ModelRequest(imageShape: [3, 4, 4])).contains("is made for images 2x4x4, not 3x4x4"))
    #expect(message(open, ModelRequest(imageShape: [2, 5, 4])).contains("does not fit 40 features"))
    #expect(message { $0.output = "v" }.contains("its output v does not depend on the image"))
    #expect(
      message { $0.output = "x" }.contains("is [1, 2, 4, 4], not logits [n, classes]; only classifiers are taken"))
    #expect(message { $0.output = "nobody" }.contains("does not depend on the image"))
    #expect(
      message {
        $0.add("Relu", "y", "z", domain: "com.example"); $0.output = "z"
      }.contains("is an operator of com.example"))
  }

  @Test("An error function outside of GELU is refused where it is read")
  func errorFunction() {
    #expect(message("Erf") == "x.onnx: node the-Flatten, Flatten: follows Erf, which is taken in GELU alone")
  }

  @Test("What the output does not need may be anything")
  func unneeded() throws {
    var builder = ONNXBuilder()
    builder.add("v", [32, 3])
    builder.add("Flatten", "x", "a")
    builder.add("Loop", "a", "nobody reads", ["body": .graph])
    builder.add("MatMul", "a v", "y")
    builder.add("NonZero", "y", "last")
    builder.add(output: "last")
    let model = try builder.model()
    #expect(model.graph.vertices.map(\.node.layer.name) == ["flatten", "dense"])
    #expect(model.notes.contains("took its output y and left out last"))
  }

  @Test("A GELU, an enlargement, a permutation and a sum with an end are recognised as one layer")
  func patterns() throws {
    var builder = ONNXBuilder()
    builder.add("root", [], .floats([Float(2).squareRoot()]))
    builder.add("one", [], .floats([1]))
    builder.add("half", [1], .floats([0.5]))
    builder.add("Div", "x root", "a")
    builder.add("Erf", "a", "b")
    builder.add("Add", "b one", "c")
    builder.add("Mul", "x half", "d")
    builder.add("Mul", "d c", "e")
    builder.add("order", [2], .integers([1, 0]))
    builder.add("Gather", "e order", "f", ["axis": .integer(1)])
    builder.add("scales", [4], .floats([1, 1, 2, 3]))
    builder.add("Resize", "f - scales", "g", ["mode": .text("nearest")])
    builder.add("Sigmoid", "g", "h")
    builder.add("Mul", "h g", "i")
    builder.add("Flatten", "i", "y")
    let model = try builder.model()
    #expect(
      model.graph.vertices.map(\.node.layer.name) == ["gelu", "channel-permutation", "upsampling", "silu", "flatten"])
    #expect(model.graph.vertices[2].outputShape == [2, 8, 12])
  }
}
