import Failures

// What constants and images share: the axes, parts and shapes that a node asks for.

extension ConstantFolding {
  /// A part of an axis.
  struct Part {
    let axis, start, count, step: Int
  }

  /// The axes that a node names, as an attribute or, since operator set 13, as an input; nil for none.
  func axes(rank: Int) throws -> [Int]? {
    var axes = try arguments.integers("axes")
    if axes == nil, inputs.indices.contains(1), inputs[1] != nil { axes = try input(1).integers }
    if axes?.isEmpty == true, try arguments.integer("noop_with_empty_axes", 0) == 0 { axes = nil }
    guard let axes else { return nil }
    guard let found = normalised(axes, rank: rank) else { throw arguments.refusal("axes \(axes) are not there") }
    return found
  }

  /// The shape that a reshaping node makes of `shape`.
  func reshaped(_ shape: [Int]) throws -> [Int] {
    switch arguments.node.operation {
    case "Flatten":
      let axis = try arguments.integer("axis", 1)
      guard (-shape.count...shape.count).contains(axis) else { throw arguments.refusal("axis \(axis) is not there") }
      let place = axis < 0 ? axis + shape.count : axis
      return [shape[..<place].reduce(1, *), shape[place...].reduce(1, *)]
    case "Squeeze":
      let axes = try axes(rank: shape.count) ?? shape.indices.filter { shape[$0] == 1 }
      guard axes.allSatisfy({ shape[$0] == 1 }) else { throw arguments.refusal("takes away an axis that is not 1") }
      return shape.indices.filter { !axes.contains($0) }.map { shape[$0] }
    case "Unsqueeze":
      let count = try (arguments.integers("axes") ?? (inputs.count > 1 ? input(1).integers : [])).count
      guard count <= 32, let axes = try axes(rank: shape.count + count) else {
        throw arguments.refusal("axes are not there")
      }
      var rest = shape[...]
      return (0..<shape.count + count).map { axes.contains($0) ? 1 : rest.removeFirst() }
    default: return try reshape(shape)
    }
  }

  private func reshape(_ shape: [Int]) throws -> [Int] {
    let wanted = try inputs.count > 1 ? input(1).integers : arguments.integers("shape") ?? []
    let keepsZero = try arguments.integer("allowzero", 0) != 0
    var sizes = try wanted.enumerated().map { place, size in
      guard size == 0, !keepsZero else { return size }
      guard place < shape.count else { throw arguments.refusal("copies a size that is not there") }
      return shape[place]
    }
    let count = shape.reduce(1, *)
    let free = sizes.indices.filter { sizes[$0] == -1 }
    guard sizes.count <= 32, free.count <= 1, sizes.allSatisfy({ (-1...1 << 40).contains($0) }),
      let known = checkedCount(sizes.filter { $0 != -1 }, of: .int8)
    else { throw arguments.refusal("shape \(wanted.prefix(8)) is none") }
    if let place = free.first { sizes[place] = known > 0 && count % known == 0 ? count / known : -1 }
    guard sizes.allSatisfy({ $0 >= 0 }), sizes.reduce(1, *) == count else {
      throw arguments.refusal("makes \(shape) of shape \(wanted.prefix(8)), which has not as many numbers")
    }
    return sizes
  }

  /// The parts that a slice takes of `shape`.
  func slices(_ shape: [Int]) throws -> [Part] {
    func list(_ place: Int, _ name: String) throws -> [Int]? {
      if inputs.indices.contains(place) { return try inputs[place].map { _ in try input(place).integers } }
      return try arguments.integers(name)
    }
    let (starts, ends) = (try list(1, "starts") ?? [], try list(2, "ends") ?? [])
    let axes = try list(3, "axes") ?? Array(starts.indices)
    let steps = try list(4, "steps") ?? starts.map { _ in 1 }
    guard starts.count == ends.count, axes.count == starts.count, steps.count == starts.count,
      let places = normalised(axes, rank: shape.count), steps.allSatisfy({ $0 != 0 && $0 != .min })
    else { throw arguments.refusal("its starts, ends, axes and steps do not fit") }
    return places.indices.map { number in
      let (size, step) = (shape[places[number]], steps[number])
      func bound(_ value: Int, _ range: ClosedRange<Int>) -> Int {
        min(max(value < 0 ? value + size : value, range.lowerBound), range.upperBound)
      }
      let range = step > 0 ? 0...size : -1...(size - 1)
      let start = bound(starts[number], step > 0 ? range : 0...max(size - 1, 0))
      // A start before the first element stays there, an end may lie before it.
      let end = ends[number] < -size && step < 0 ? -1 : bound(ends[number], range)
      let length = step > 0 ? end - start : start - end
      return Part(
        axis: places[number], start: start, count: max(0, (length - 1) / abs(step) + (length > 0 ? 1 : 0)), step: step)
    }
  }

  /// The parts into which a node splits `shape`.
  func splits(_ shape: [Int]) throws -> [Part] {
    guard let axis = normalised(try arguments.integer("axis", 0), rank: shape.count) else {
      throw arguments.refusal("axis is not there")
    }
    let (size, count) = (shape[axis], arguments.node.outputs.count)
    var sizes = try arguments.integers("split")
    if sizes == nil, inputs.indices.contains(1), inputs[1] != nil { sizes = try input(1).integers }
    let even = count > 0 ? (size + count - 1) / count : 0
    let parts = sizes ?? (0..<count).map { min(even, size - min($0 * even, size)) }
    guard parts.count == count, parts.allSatisfy({ (0...size).contains($0) }), parts.reduce(0, +) == size else {
      throw arguments.refusal("split \(parts.prefix(8)) does not come to \(size)")
    }
    var start = 0
    return parts.map { part in
      defer { start += part }
      return Part(axis: axis, start: start, count: part, step: 1)
    }
  }
}
