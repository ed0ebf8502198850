import Foundation
import Interchange
import Networks
import Tensors
import TestSupport
import Testing

/// Graphs drawn at random, built in a test, run by the operators' definition and by the network that becomes of them.
@Suite("Random ONNX graphs")
struct ONNXRandomTests {
  /// Draws a graph, and keeps the shape of what it has come to.
  private struct Drawing {
    var builder = ONNXBuilder()
    private var random: SystemOfNumbers
    private var shape = [2, 8, 8]
    private var value = "x"
    private var count = 0

    /// Numbers that a seed decides.
    private struct SystemOfNumbers: RandomNumberGenerator {
      var state: UInt64
      mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
      }
    }

    init(seed: Int) {
      random = SystemOfNumbers(state: UInt64(seed))
      builder.image = [0] + shape
      for _ in 0..<Int.random(in: 3...8, using: &random) { addLayer() }
      addHead()
    }

    private mutating func draw(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    private mutating func choose<Element>(_ list: [Element]) -> Element { list[draw(0...list.count - 1)] }

    /// A tensor of numbers between `low` and `high`; its name.
    private mutating func tensor(_ sizes: [Int], _ low: Float = -1, _ high: Float = 1) -> String {
      count += 1
      let values = (0..<sizes.reduce(1, *)).map { _ in Float.random(in: low...high, using: &random) }
      builder.add("t\(count)", sizes, .floats(values))
      return "t\(count)"
    }

    private mutating func list(_ values: [Int]) -> String {
      count += 1
      builder.add("l\(count)", [values.count], .integers(values))
      return "l\(count)"
    }

    /// Adds a node that reads the last value and `others`; its output is the last value then.
    private mutating func add(
      _ operation: String, _ others: String = "", _ attributes: [String: ONNXBuilder.Attribute] = [:]
    ) {
      count += 1
      builder.add(operation, "\(value) \(others)", "v\(count)", attributes)
      value = "v\(count)"
    }

    private mutating func addLayer() {
      switch draw(0...15) {
      case 0...3: addConvolution()
      case 4, 5: addFunction()
      case 6: addNorm()
      case 7: addPooling()
      case 8: addShuffle()
      case 9: addConstants()
      case 10: addGate()
      case 11: addResidual()
      case 12: addSlice()
      case 13: addTransposed()
      case 14: addPadding()
      default: addEnlargement()
      }
    }

    private mutating func addConvolution() {
      let outputs = choose([2, 4, 6])
      let groups = choose([1, 1, 2]) == 2 && shape[0].isMultiple(of: 2) ? 2 : 1
      let kernel = [min(choose([1, 2, 3]), shape[1]), min(choose([1, 2, 3]), shape[2])]
      let hole = 2 * (kernel.max() ?? 1) <= min(shape[1], shape[2]) ? choose([1, 2]) : 1
      let pads = (0..<4).map { _ in draw(0...1) }
      let stride = choose([1, 1, 2])
      var inputs = tensor([outputs, shape[0] / groups] + kernel)
      if draw(0...1) == 1 { inputs += " " + tensor([outputs]) }
      add(
        "Conv", inputs,
        [
          "kernel_shape": .integers(kernel), "pads": .integers(pads), "strides": .integers([stride, stride]),
          "dilations": .integers([hole, hole]), "group": .integer(groups),
        ])
      let sides = (0..<2).map { axis -> Int in
        let reach = hole * (kernel[axis] - 1) + 1
        let room = shape[1 + axis] + pads[axis] + pads[2 + axis] - reach
        return room / stride + 1
      }
      shape = [outputs] + sides
    }

    private mutating func addTransposed() {
      guard shape[1] <= 8, shape[2] <= 8 else { return addFunction() }
      let (outputs, more) = (choose([2, 3]), draw(0...1))
      let weights = tensor([shape[0], outputs, 3, 3])
      add(
        "ConvTranspose", weights,
        [
          "kernel_shape": .integers([3, 3]), "strides": .integers([2, 2]), "pads": .integers([1, 0, 1, 0]),
          "output_padding": .integers([more, more]), "dilations": .integers([1, 1]),
        ])
      shape = [outputs, 2 * (shape[1] - 1) + 1 + more, 2 * (shape[2] - 1) + 3 + more]
    }

    private mutating func addFunction() {
      switch draw(0...8) {
      case 0: add("LeakyRelu", "", ["alpha": .float(0.125)])
      case 1: add("Elu", "", ["alpha": .float(0.75)])
      case 2: add("HardSigmoid", "", ["alpha": .float(1 / 6), "beta": .float(0.5)])
      case 3:
        let (low, high) = (tensor([], 0, 0), tensor([], 6, 6))
        add("Clip", "\(low) \(high)")
      case let other: add(["Relu", "Sigmoid", "Tanh", "Softplus", "HardSwish"][other - 4])
      }
    }

    private mutating func addNorm() {
      let numbers = tensor([shape[0]], 0.5, 1.5) + " " + tensor([shape[0]])
      switch draw(0...3) {
      case 0 where shape[1] * shape[2] > 2: add("InstanceNormalization", numbers, ["epsilon": .float(1e-3)])
      case 1: add("LRN", "", ["size": .integer(3), "alpha": .float(0.5), "beta": .float(0.75), "bias": .float(1)])
      case 2 where shape.reduce(1, *) > 4:
        let both = tensor(shape, 0.5, 1.5) + " " + tensor(shape)
        add("LayerNormalization", both, ["axis": .integer(1), "epsilon": .float(1e-3)])
      default:
        let seen = tensor([shape[0]]) + " " + tensor([shape[0]], 0.5, 1.5)
        add("BatchNormalization", numbers + " " + seen, ["epsilon": .float(1e-3)])
      }
    }

    private mutating func addPooling() {
      guard min(shape[1], shape[2]) >= 3 else { return addFunction() }
      let (kernel, isCeiled) = ([draw(2...3), draw(2...3)], draw(0...1))
      let pads = (0..<4).map { _ in draw(0...1) }
      let stride = draw(1...2)
      let isMaximum = draw(0...1) == 1
      var attributes: [String: ONNXBuilder.Attribute] = [
        "kernel_shape": .integers(kernel), "pads": .integers(pads), "strides": .integers([stride, stride]),
        "ceil_mode": .integer(isCeiled),
      ]
      if !isMaximum { attributes["count_include_pad"] = .integer(draw(0...1)) }
      add(isMaximum ? "MaxPool" : "AveragePool", "", attributes)
      let sides = (0..<2).map { axis -> Int in
        let room = shape[1 + axis] + pads[axis] + pads[2 + axis] - kernel[axis]
        let count = (room + isCeiled * (stride - 1)) / stride + 1
        let isBehind = (count - 1) * stride >= shape[1 + axis] + pads[axis]
        return isBehind ? count - 1 : count
      }
      shape = [shape[0]] + sides
    }

    private mutating func addShuffle() {
      let old = shape
      guard shape[0].isMultiple(of: 2), shape[0] > 2 else {
        let order = list(Array(0..<shape[0]).shuffled(using: &random))
        return add("Gather", order, ["axis": .integer(1)])
      }
      let dealt = list([0, 2, old[0] / 2, old[1], old[2]])
      add("Reshape", dealt)
      add("Transpose", "", ["perm": .integers([0, 2, 1, 3, 4])])
      let back = list([0, -1, old[1], old[2]])
      add("Reshape", back)
    }

    private mutating func addConstants() {
      for _ in 0..<draw(1...3) {
        let sizes = choose([[], [1], [shape[0], 1, 1], [1, shape[0], 1, 1]])
        let numbers = tensor(sizes, 0.5, 2)
        add(choose(["Add", "Sub", "Mul", "Div"]), numbers)
      }
    }

    /// A factor for every channel, made of means.
    private mutating func addGate() {
      let image = value
      add("GlobalAveragePool")
      let weights = tensor([shape[0], shape[0], 1, 1])
      if draw(0...1) == 1 {
        add("Flatten", "", ["axis": .integer(1)])
        let matrix = tensor([shape[0], shape[0]])
        add("Gemm", matrix, ["transB": .integer(1)])
        add("Sigmoid")
        let pixel = list([0, shape[0], 1, 1])
        add("Reshape", pixel)
      } else {
        add("Conv", weights, ["kernel_shape": .integers([1, 1])])
        add("Sigmoid")
      }
      add("Mul", image)
    }

    private mutating func addResidual() {
      let image = value
      let weights = tensor([shape[0], shape[0], 3, 3])
      add("Conv", weights, ["kernel_shape": .integers([3, 3]), "pads": .integers([1, 1, 1, 1])])
      if draw(0...1) == 1 { add("Relu") }
      add(choose(["Add", "Sub"]), image)
    }

    private mutating func addSlice() {
      guard shape[0] > 1 else { return addFunction() }
      let (image, cut) = (value, draw(1...shape[0] - 1))
      let bounds = [list([0]), list([cut]), list([1])]
      add("Slice", bounds.joined(separator: " "))
      let first = value
      value = image
      let others = [list([cut]), list([shape[0]]), list([1])]
      add("Slice", others.joined(separator: " "))
      add("Concat", first, ["axis": .integer(1)])
    }

    private mutating func addPadding() {
      let (before, after) = (draw(0...1), draw(0...2))
      let pads = list([0, before, 0, 0, 0, after, 0, 0])
      add("Pad", pads)
      shape[0] += before + after
      let sides = list([0, 0, 1, 0, 0, 0, 0, 2])
      add("Pad", sides)
      shape = [shape[0], shape[1] + 1, shape[2] + 2]
      let (outputs, sidesOfKernel) = (3, [2, 2])
      let weights = tensor([outputs, shape[0]] + sidesOfKernel)
      add("Conv", weights, ["kernel_shape": .integers(sidesOfKernel)])
      shape = [outputs, shape[1] - 1, shape[2] - 1]
    }

    private mutating func addEnlargement() {
      guard shape[1] <= 6, shape[2] <= 6 else { return addFunction() }
      let (down, across) = (draw(1...2), draw(1...3))
      count += 1
      builder.add("s\(count)", [4], .floats([1, 1, Float(down), Float(across)]))
      let isNearest = draw(0...1) == 1
      add(
        "Resize", "- s\(count)",
        [
          "mode": .text(isNearest ? "nearest" : "linear"), "nearest_mode": .text("floor"),
          "coordinate_transformation_mode": .text(isNearest ? "asymmetric" : "half_pixel"),
        ])
      shape = [shape[0], shape[1] * down, shape[2] * across]
    }

    private mutating func addHead() {
      if draw(0...1) == 1 {
        add("GlobalAveragePool")
        shape = [shape[0], 1, 1]
      }
      add("Flatten", "", ["axis": .integer(1)])
      let weights = tensor([3, shape.reduce(1, *)]) + " " + tensor([3])
      builder.add("Gemm", "\(value) \(weights)", "y", ["transB": .integer(1)])
    }
  }

  @Test("The network computes what the operators mean", arguments: 0..<120)
  func computed(seed: Int) throws {
    let builder = Drawing(seed: seed).builder
    let images = FormulaWeights.pixels(shape: [2, 2, 8, 8])
    let document = try #require(ONNXDocument(builder.bytes))
    let expected = try ONNXReference(document: document).run(.init([2, 2, 8, 8], images.map(Double.init)))
    let model = try builder.model()
    let found = try logits(model, Tensor([2, 2, 8, 8], images))
    let scale = expected.values.map(abs).max() ?? 0
    let worst = zip(found, expected.values).map { abs(Double($0) - $1) }.max() ?? .infinity
    #expect(found.count == expected.values.count && worst <= 2e-5 * max(scale, 1e-3), "\(worst) of \(scale)")
  }
}
