import Networks
import Tensors

// Exporters write the standardisation of images as means over all of each image, roots and a quotient.

/// What a graph computes of a whole image on the way to its standardisation.
enum ImageStatistic: Equatable {
  case mean
  /// Every number less the mean, and the square of that.
  case difference, square
  /// The mean of the squares.
  case variance
  /// The root of the variance, raised to `least` where it is smaller.
  case deviation(least: Double)
}

extension ONNXImporter {
  /// What the node makes on the way from an image to `(x - mean) / max(deviation, least)`, and what comes of it; nil if the
  /// node is no part of that.
  mutating func standardized(_ arguments: ONNXArguments) throws -> Feature? {
    let node = arguments.node
    let parts = node.inputs.compactMap { features[$0] }
    var result = parts[0]
    switch (node.operation, parts.count, parts[0].statistic, parts.count == 2 ? parts[1].statistic : nil) {
    case ("ReduceMean", 1, nil, nil):
      guard try reducesImages(result, arguments) else { return nil }
      result.statistic = .mean
      result.shape = try reducedShape(result, arguments)
    case ("ReduceMean", 1, .square?, nil):
      guard try reducesImages(result, arguments) else { throw misplaced(arguments) }
      result.statistic = .variance
      result.shape = try reducedShape(result, arguments)
    case ("Sub", 2, nil, .mean?):
      try requireOneImage(parts, arguments)
      result.statistic = .difference
    case ("Mul", 2, .difference?, .difference?):
      try requireOneImage(parts, arguments)
      result.statistic = .square
    case ("Pow", 1, .difference?, nil):
      guard try other(arguments) == [2] else { throw misplaced(arguments) }
      result.statistic = .square
    case ("Sqrt", 1, .variance?, nil): result.statistic = .deviation(least: 0)
    case ("Clip", 1, .deviation(let least)?, nil):
      result.statistic = .deviation(least: max(least, try lowest(arguments)))
    case ("Max", 1, .deviation(let least)?, nil):
      let bound = try other(arguments)
      guard bound.count == 1 else { throw misplaced(arguments) }
      result.statistic = .deviation(least: max(least, bound[0]))
    case ("Reshape", 1, _?, nil), ("Flatten", 1, _?, nil), ("Squeeze", 1, _?, nil), ("Unsqueeze", 1, _?, nil):
      result.shape = try folding(arguments).reshaped(result.shape)
    case ("Identity", 1, _?, nil), ("Cast", 1, _?, nil): break
    case ("Expand", 1, _?, nil):
      let wanted = try other(arguments).map(integer)
      guard NumberArray.common(result.shape, wanted) == result.shape else { throw misplaced(arguments) }
    case ("Div", 2, .difference?, .deviation(let least)?):
      try requireOneImage(parts, arguments)
      return try standardized(result, least: least, arguments)
    default:
      guard parts.allSatisfy({ $0.statistic == nil }) else { throw misplaced(arguments) }
      return nil
    }
    return result
  }

  /// The layer that divides by the deviation.
  private mutating func standardized(
    _ difference: Feature, least: Double, _ arguments: ONNXArguments
  ) throws -> Feature {
    var image = difference
    let shape = network.shape(image.node)
    (image.statistic, image.shape) = (nil, [batch] + shape.sizes)
    let wanted = 1 / Double(shape.count).squareRoot()
    guard abs(least - wanted) < 1e-5 * wanted else {
      throw arguments.refusal(
        "divides by deviations of at least \(Float(least)), not 1 / sqrt(\(shape.count)), which alone is taken")
    }
    var result = try add(.imageStandardization, of: [self.image(image, arguments)], for: arguments)
    result.shape = difference.shape
    return result
  }

  /// What is wrong with a node that reads a statistic of images elsewhere.
  func misplaced(_ arguments: ONNXArguments) -> any Error {
    arguments.refusal("reads what was made of a mean over a whole image, which is taken in standardising it alone")
  }

  /// Whether the node reduces everything but the batch.
  private mutating func reducesImages(_ feature: Feature, _ arguments: ONNXArguments) throws -> Bool {
    let rank = feature.shape.count
    guard rank > 1, feature.shape[0] == batch, feature.padding == nil, !feature.isRepeated, !feature.isSwapped,
      feature.erf == nil, feature.threshold == nil, network.shape(feature.node).rank == 3
    else { return false }
    return try folding(arguments).axes(rank: rank)?.sorted() == Array(1..<rank)
  }

  private func reducedShape(_ feature: Feature, _ arguments: ONNXArguments) throws -> [Int] {
    try arguments.integer("keepdims", 1) == 0 ? [batch] : [batch] + feature.shape.dropFirst().map { _ in 1 }
  }

  /// Refuses two parts that are not of one image, or of which the second is not one number for each image.
  private func requireOneImage(_ parts: [Feature], _ arguments: ONNXArguments) throws {
    let (first, second) = (parts[0], parts[1])
    let one = [batch] + first.shape.dropFirst().map { _ in 1 }
    guard arguments.node.inputs.count == 2, first.erf == nil, first.threshold == nil, first.node == second.node,
      first.affine == second.affine, first.order == second.order, first.padding == nil,
      !first.isRepeated, !first.isSwapped, second.shape == one || second.shape == first.shape
    else { throw misplaced(arguments) }
  }

  /// The numbers that the node reads beside a statistic, which is its one other input.
  private mutating func other(_ arguments: ONNXArguments) throws -> [Double] {
    let constants = arguments.node.inputs.filter { features[$0] == nil }
    guard constants.count == 1, arguments.node.inputs.count == 2 else { throw misplaced(arguments) }
    return try numbers(constants[0], arguments).values
  }

  /// The number that `Clip` raises to, where it lowers none.
  private mutating func lowest(_ arguments: ONNXArguments) throws -> Double {
    let isOpen = try arguments.input(2) == nil && arguments.float("max", .infinity) >= .greatestFiniteMagnitude
    guard isOpen else { throw misplaced(arguments) }
    guard let name = arguments.input(1) else { return Double(try arguments.float("min", 0)) }
    return try numbers(name, arguments).values.first ?? 0
  }
}
