extension ReferenceNumbers {
  /// A tensor's summary: norms, one weighted sum of all elements, and elements at fixed places.
  public struct Sample: Decodable, Sendable {
    /// What the tensor is for, if it is a parameter or running statistic.
    public let kind: FormulaWeights.Kind?
    /// The tensor's sizes.
    public let shape: [Int]
    /// What differences are relative to: `max`, or where terms cancel to 0 exactly (as in the gradient of a bias before
    /// batch normalisation), the sum of their magnitudes.
    public let scale: Double
    /// The largest magnitude.
    public let max: Double
    /// The Euclidean norm.
    public let l2: Double
    /// The sum of all elements times `FormulaWeights.units(path: "projection", ...)`: no element goes unseen.
    public let projection: Double
    /// The elements at `positions`.
    public let values: [Double]

    /// The row-major places of `values`: first and last, and evenly between.
    public var positions: [Int] {
      let (count, last) = (values.count, shape.reduce(1, *) - 1)
      return count < 2 ? [0] : (0..<count).map { $0 * last / (count - 1) }
    }

    /// What in `tensor` (row-major, all elements) is further than `tolerance` from this, relative to `scale`; `nil` if
    /// nothing is.
    public func mismatch(_ tensor: [Float], within tolerance: Double = 1e-4) -> String? {
      guard tensor.count == shape.reduce(1, *) else { return "\(tensor.count) elements do not fill \(shape)" }
      let places = zip(positions, values).map { (place: "element \($0)", found: Double(tensor[$0]), expected: $1) }
      return worst(places + summary(of: tensor), within: tolerance)
    }

    /// How many of the sampled elements `tensor` has within the absolute `tolerance`, 0...1.
    public func agreement(_ tensor: [Float], within tolerance: Double) -> Double {
      guard tensor.count == shape.reduce(1, *) else { return 0 }
      let agreeing = zip(positions, values).count { abs(Double(tensor[$0]) - $1) <= tolerance }
      return Double(agreeing) / Double(values.count)
    }

    private typealias Comparison = (place: String, found: Double, expected: Double)

    /// The numbers that see every element; the long sums are compared in units of the tensor's length.
    private func summary(of tensor: [Float]) -> [Comparison] {
      let units = FormulaWeights.units(path: "projection", count: tensor.count)
      let projected = zip(tensor, units).reduce(0) { $0 + Double($1.0) * $1.1 }
      let length = tensor.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      let unit = scale / Swift.max(l2, scale)
      return [
        ("largest magnitude", tensor.reduce(0) { Swift.max($0, Double(abs($1))) }, max),
        ("length (scaled)", length * unit, l2 * unit), ("projection (scaled)", projected * unit, projection * unit),
      ]
    }

    private func worst(_ comparisons: [Comparison], within tolerance: Double) -> String? {
      let differences = comparisons.map { (abs($0.found - $0.expected) / scale, $0) }
      if let broken = comparisons.first(where: { !$0.found.isFinite }) { return "\(broken.place): \(broken.found)" }
      guard let (difference, at) = differences.max(by: { $0.0 < $1.0 }), difference > tolerance else { return nil }
      return "\(at.place): \(at.found), expected \(at.expected); differs by \(difference) of \(scale)"
    }
  }
}
