import Failures
import Foundation

/// Computes the nodes of a graph that no image reaches: the sizes that exporters work out within the graph.
struct ConstantFolding {
  let arguments: ONNXArguments
  /// The values that the node reads, nil for those it leaves out.
  let inputs: [NumberArray?]
  /// How many numbers a result may have.
  let limit: Int

  private var node: ONNXNode { arguments.node }

  /// What the node computes; nil for an operator that is not computed here.
  func result() throws -> [NumberArray]? {
    if let function = Self.unary[node.operation] {
      var array = try input(0)
      array.values = array.values.map(function)
      return [array]
    }
    if let function = Self.binary[node.operation] { return [try combined(function)] }
    switch node.operation {
    case "Identity", "Dropout": return [try input(0)]
    case "Cast": return [try cast()]
    case "ConstantOfShape": return [try constantOfShape()]
    case "Size": return [NumberArray(shape: [], isInteger: true, values: [Double(try input(0).values.count)])]
    case "Range": return [try range()]
    case "Shape": return [try shapeOf(input(0).shape)]
    case "Reshape", "Flatten", "Squeeze", "Unsqueeze":
      var array = try input(0)
      array.shape = try reshaped(array.shape)
      return [array]
    case "Transpose": return [try transpose()]
    case "Expand": return [try expand()]
    case "Tile": return [try tile()]
    case "Gather": return [try gather()]
    case "GatherND": return [try gatherTable()]
    case "Slice": return [try slice()]
    case "Concat": return [try concatenation()]
    case "Split": return try split()
    case "Where": return [try choice()]
    case "ReduceProd", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceMean": return [try reduction()]
    default: return nil
    }
  }

  func input(_ place: Int) throws -> NumberArray {
    guard inputs.indices.contains(place), let array = inputs[place] else {
      throw arguments.refusal("lacks its input \(place + 1)")
    }
    return array
  }

  private static let unary: [String: @Sendable (Double) -> Double] = [
    "Neg": { -$0 }, "Abs": { $0.magnitude }, "Sqrt": { $0.squareRoot() }, "Reciprocal": { 1 / $0 },
    "Floor": { $0.rounded(.down) }, "Ceil": { $0.rounded(.up) }, "Not": { $0 == 0 ? 1 : 0 },
  ]

  private static let binary: [String: @Sendable (Double, Double) -> Double] = [
    "Add": { $0 + $1 }, "Sub": { $0 - $1 }, "Mul": { $0 * $1 }, "Div": { $0 / $1 }, "Max": { max($0, $1) },
    "Min": { min($0, $1) }, "Equal": { $0 == $1 ? 1 : 0 }, "Greater": { $0 > $1 ? 1 : 0 },
    "Less": { $0 < $1 ? 1 : 0 }, "And": { $0 != 0 && $1 != 0 ? 1 : 0 }, "Or": { $0 != 0 || $1 != 0 ? 1 : 0 },
    "Pow": { pow($0, $1) }, "Mod": { $1 == 0 ? 0 : $0 - $1 * ($0 / $1).rounded(.down) },
  ]

  private func combined(_ function: (Double, Double) -> Double) throws -> NumberArray {
    let (first, second) = (try input(0), try input(1))
    guard inputs.count == 2, let shape = NumberArray.common(first.shape, second.shape) else {
      throw arguments.refusal("does not fit its inputs")
    }
    let (left, right) = (try fit(first, shape), try fit(second, shape))
    let isQuotient = node.operation == "Div" && first.isInteger
    let values = zip(left.values, right.values).map { one, other in
      isQuotient ? Double(other == 0 ? 0 : integer(one / other)) : function(one, other)
    }
    // A power is of its base's kind.
    if node.operation == "Pow", first.isInteger {
      return NumberArray(shape: shape, isInteger: true, values: values.map { $0.rounded(.towardZero) })
    }
    return NumberArray(shape: shape, isInteger: first.isInteger && second.isInteger, values: values)
  }

  /// `array`, brought to `shape`, of a bounded size.
  private func fit(_ array: NumberArray, _ shape: [Int]) throws -> NumberArray {
    try check(shape)
    guard let fitting = array.broadcast(to: shape) else { throw arguments.refusal("does not fit its inputs") }
    return fitting
  }

  private func check(_ shape: [Int]) throws {
    guard shape.allSatisfy({ $0 >= 0 }), shape.count <= 32, let count = checkedCount(shape, of: .int8), count <= limit
    else {
      throw arguments.refusal("makes a constant that is too large")
    }
  }

  private func cast() throws -> NumberArray {
    var array = try input(0)
    let kind = try arguments.integer("to", 1)
    guard let element = ElementType(onnx: kind), element.isReadable else {
      throw arguments.refusal("to \(kind) is not taken")
    }
    array.isInteger = !element.isFloatingPoint
    if element == .bool {
      array.values = array.values.map { $0 == 0 ? 0 : 1 }
    } else if array.isInteger {
      array.values = array.values.map { $0.rounded(.towardZero) }
    }
    return array
  }

  private func constantOfShape() throws -> NumberArray {
    let shape = try input(0).integers
    try check(shape)
    var value = NumberArray(shape: [1], isInteger: false, values: [0])
    if inputs.count > 1 { value = try input(1) }
    guard value.values.count == 1 else { throw arguments.refusal("value is not one number") }
    return NumberArray(
      shape: shape, isInteger: value.isInteger, values: .init(repeating: value.values[0], count: shape.reduce(1, *)))
  }

  private func range() throws -> NumberArray {
    let (start, end, step) = (try input(0), try input(1), try input(2))
    guard let first = start.values.first, let last = end.values.first, let by = step.values.first, by != 0 else {
      throw arguments.refusal("lacks its bounds")
    }
    let count = max(0, integer(((last - first) / by).rounded(.up)))
    try check([count])
    return NumberArray(
      shape: [count], isInteger: start.isInteger, values: (0..<count).map { first + Double($0) * by })
  }

  /// The sizes of `shape` as a list, from `start` to `end`.
  func shapeOf(_ shape: [Int]) throws -> NumberArray {
    let rank = shape.count
    func bound(_ name: String, _ usual: Int) throws -> Int {
      let value = try arguments.integer(name, usual)
      return min(max(value < 0 ? value + rank : value, 0), rank)
    }
    let (start, end) = (try bound("start", 0), try bound("end", rank))
    let sizes = start < end ? Array(shape[start..<end]) : []
    return NumberArray(shape: [sizes.count], isInteger: true, values: sizes.map(Double.init))
  }

  private func transpose() throws -> NumberArray {
    let array = try input(0)
    let rank = array.shape.count
    let order = try arguments.integers("perm") ?? (0..<rank).reversed()
    guard order.sorted() == Array(0..<rank) else { throw arguments.refusal("perm is no order of \(rank) axes") }
    return array.transposed(order)
  }

  private func expand() throws -> NumberArray {
    let (array, wanted) = (try input(0), try input(1).integers)
    guard let shape = NumberArray.common(array.shape, wanted) else { throw arguments.refusal("does not fit its shape") }
    return try fit(array, shape)
  }

  private func tile() throws -> NumberArray {
    var array = try input(0)
    let repeats = try input(1).integers
    guard repeats.count == array.shape.count else { throw arguments.refusal("does not fit its inputs") }
    let shape = zip(repeats, array.shape).map { [$0, $1] }
    array.shape = array.shape.flatMap { [1, $0] }
    array = try fit(array, shape.flatMap(\.self))
    array.shape = shape.map { $0[0] * $0[1] }
    return array
  }

  private func gather() throws -> NumberArray {
    let (array, places) = (try input(0), try input(1))
    guard let axis = normalised(try arguments.integer("axis", 0), rank: array.shape.count) else {
      throw arguments.refusal("axis is not there")
    }
    let size = array.shape[axis]
    let indices = places.integers.map { $0 < 0 ? $0 + size : $0 }
    guard indices.allSatisfy({ (0..<size).contains($0) }) else { throw arguments.refusal("takes what is not there") }
    let (outer, inner) = (array.shape[..<axis].reduce(1, *), array.shape[(axis + 1)...].reduce(1, *))
    let shape = array.shape[..<axis] + places.shape + array.shape[(axis + 1)...]
    try check(Array(shape))
    let values = (0..<outer).flatMap { block -> [Double] in
      indices.flatMap { index -> ArraySlice<Double> in
        let start = (block * size + index) * inner
        return array.values[start..<start + inner]
      }
    }
    return NumberArray(shape: Array(shape), isInteger: array.isInteger, values: values)
  }

  /// Parts that lists of indices name, each list one part by its first axes.
  private func gatherTable() throws -> NumberArray {
    let (array, places) = (try input(0), try input(1))
    guard try arguments.integer("batch_dims", 0) == 0, let depth = places.shape.last,
      (1...max(1, array.shape.count)).contains(depth), depth <= array.shape.count
    else { throw arguments.refusal("its indices do not fit") }
    let (sizes, strides) = (array.shape.prefix(depth), NumberArray.strides(array.shape).prefix(depth))
    let size = array.shape[depth...].reduce(1, *)
    let shape = places.shape.dropLast() + array.shape[depth...]
    try check(Array(shape))
    let indices = places.integers
    var values: [Double] = []
    for first in stride(from: 0, to: indices.count, by: depth) {
      var start = 0
      for (axis, index) in indices[first..<first + depth].enumerated() {
        let place = index < 0 ? index + sizes[axis] : index
        guard (0..<sizes[axis]).contains(place) else { throw arguments.refusal("takes what is not there") }
        start += place * strides[axis]
      }
      values += array.values[start..<start + size]
    }
    return NumberArray(shape: Array(shape), isInteger: array.isInteger, values: values)
  }

  private func slice() throws -> NumberArray {
    let array = try input(0)
    var (sizes, strides, start) = (array.shape, NumberArray.strides(array.shape), 0)
    for part in try slices(array.shape) {
      start += part.start * strides[part.axis]
      sizes[part.axis] = part.count
      strides[part.axis] *= part.step
    }
    return NumberArray(
      shape: sizes, isInteger: array.isInteger, values: array.gathered(sizes, strides: strides, from: start))
  }

  private func concatenation() throws -> NumberArray {
    let arrays = try inputs.indices.map { try input($0) }
    guard let first = arrays.first, let axis = normalised(try arguments.integer("axis", 0), rank: first.shape.count),
      arrays.allSatisfy({ array in
        array.shape.count == first.shape.count
          && array.shape.indices.allSatisfy { $0 == axis || array.shape[$0] == first.shape[$0] }
      })
    else { throw arguments.refusal("joins what does not fit") }
    var shape = first.shape
    shape[axis] = arrays.reduce(0) { $0 + $1.shape[axis] }
    try check(shape)
    let blocks = shape[..<axis].reduce(1, *)
    let values = (0..<blocks).flatMap { block -> [Double] in
      arrays.flatMap { array -> ArraySlice<Double> in
        let part = array.shape[axis...].reduce(1, *)
        return array.values[block * part..<(block + 1) * part]
      }
    }
    return NumberArray(shape: shape, isInteger: arrays.allSatisfy(\.isInteger), values: values)
  }

  private func split() throws -> [NumberArray] {
    let array = try input(0)
    let strides = NumberArray.strides(array.shape)
    return try splits(array.shape).map { part in
      var sizes = array.shape
      sizes[part.axis] = part.count
      let values = array.gathered(sizes, strides: strides, from: part.start * strides[part.axis])
      return NumberArray(shape: sizes, isInteger: array.isInteger, values: values)
    }
  }

  private func choice() throws -> NumberArray {
    let (condition, first, second) = (try input(0), try input(1), try input(2))
    guard let both = NumberArray.common(first.shape, second.shape),
      let shape = NumberArray.common(condition.shape, both)
    else { throw arguments.refusal("does not fit its inputs") }
    let (is0, one, other) = (try fit(condition, shape), try fit(first, shape), try fit(second, shape))
    return NumberArray(
      shape: shape, isInteger: first.isInteger,
      values: is0.values.indices.map { is0.values[$0] != 0 ? one.values[$0] : other.values[$0] })
  }

  private func reduction() throws -> NumberArray {
    let array = try input(0)
    let axes = try axes(rank: array.shape.count) ?? Array(array.shape.indices)
    let kept = array.shape.indices.filter { !axes.contains($0) }
    let ordered = array.transposed(kept + axes)
    let size = axes.reduce(1) { $0 * array.shape[$1] }
    let values = (0..<kept.reduce(1) { $0 * array.shape[$1] }).map { group in
      let part = ordered.values[(group * size)..<((group + 1) * size)]
      switch node.operation {
      case "ReduceProd": return part.reduce(1, *)
      case "ReduceMax": return part.max() ?? 0
      case "ReduceMin": return part.min() ?? 0
      default: return part.reduce(0, +) / (node.operation == "ReduceMean" ? Double(max(size, 1)) : 1)
      }
    }
    let keeps = try arguments.integer("keepdims", 1) != 0
    let shape =
      keeps ? array.shape.indices.map { axes.contains($0) ? 1 : array.shape[$0] } : kept.map { array.shape[$0] }
    return NumberArray(shape: shape, isInteger: array.isInteger, values: values)
  }
}
