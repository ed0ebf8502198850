public import Networks

/// How the weights of one step of an evaluation plan come of parameters as they are now, wherever these lie.
///
/// A norm folds in as `w * g / sqrt(v + e)` and `(b - m) * g / sqrt(v + e) + s`, rounded once from double precision.
public struct WeightPreparation: Sendable {
  /// The parameter that the weight is made of; nil where it is a scale, one number a channel, which is known already.
  public let parameter: ParameterPath?
  /// One number an output channel, zero where there is no bias; the shift of a `scaleShift`.
  public let bias: [Float]
  /// The weight where it is made of no `parameter`.
  let scale: [Float]
  /// How many parts of the parameter do not see each other: its output channels, or 1.
  private let rows: Int
  private let expansion: FilterExpansion?
  /// What the norm multiplies the weights of each output channel by, where one folds in.
  private let factors: [Double]?

  /// What `source` describes, for a step of so many output `channels`.
  ///
  /// - Parameter vector: The numbers of a parameter or statistic with one a channel, as they are now.
  public init(_ source: WeightSource, channels: Int, vector: (ParameterPath) throws -> [Float]) rethrows {
    var (parameter, expansion, factors): (ParameterPath?, FilterExpansion?, [Double]?) = (nil, nil, nil)
    var rows = 1
    switch source {
    case .constant(let scale, let shift): (self.scale, bias) = (scale, shift)
    case .plain(let path, let biasPath, let biasCount):
      (parameter, scale) = (path, [])
      bias = try biasPath.map(vector) ?? Array(repeating: 0, count: biasCount)
    case .norm(let norm):
      let (scale, shift) = try norm.scaleAndShift(vector)
      (self.scale, bias) = (scale.map { Float($0) }, shift.map { Float($0) })
    case .affine(let path, let biasPath, let filters, let norm):
      (parameter, scale, expansion) = (path, [], filters)
      rows = filters?.outputs ?? channels
      let offsets = try biasPath.map { path in
        let values = try vector(path)
        return filters?.ofBias.expanded(values) ?? values
      }
      let sums = offsets ?? Array(repeating: 0, count: channels)
      if let (scale, shift) = try norm?.scaleAndShift(vector) {
        factors = scale
        bias = sums.indices.map { Float(Double(sums[$0]) * scale[$0] + shift[$0]) }
      } else {
        bias = sums
      }
    }
    (self.parameter, self.rows, self.expansion, self.factors) = (parameter, rows, expansion, factors)
  }

  /// Whether the weight is other than the `parameter` itself.
  var changesParameter: Bool { expansion != nil || factors != nil }

  /// Writes the weight, row-major, made of the `numbers` of the parameter, if there is one.
  ///
  /// - Parameter spread: Runs work for every number below a count, side by side where it can.
  /// - Precondition: `numbers` and `weight` are as many as the step has.
  public func write(
    _ numbers: UnsafeBufferPointer<Float>?, into weight: UnsafeMutableBufferPointer<Float>,
    spread: (Int, (Int) -> Void) -> Void
  ) {
    guard let from = numbers?.baseAddress, let to = weight.baseAddress else {
      precondition(weight.count == scale.count, "as many weights as channels")
      _ = weight.update(fromContentsOf: scale)
      return
    }
    let (copies, parts) = (expansion?.rows.count ?? 1, min(rows, 64))
    let size = weight.count / (rows * copies)
    spread(parts) { part in
      let range = rows * part / parts..<rows * (part + 1) / parts
      if let expansion {
        expansion.expand(from, into: to, outputs: range)
      } else {
        (to + range.lowerBound * size).update(from: from + range.lowerBound * size, count: range.count * size)
      }
      guard let factors else { return }
      for channel in range.lowerBound * copies..<range.upperBound * copies {
        let factor = factors[channel]
        for i in channel * size..<(channel + 1) * size { to[i] = Float(Double(to[i]) * factor) }
      }
    }
  }
}

extension NormSource {
  /// The norm with stored statistics as one factor and one summand a channel.
  fileprivate func scaleAndShift(
    _ vector: (ParameterPath) throws -> [Float]
  ) rethrows -> (scale: [Double], shift: [Double]) {
    let (weight, bias) = (try vector(path("weight")), try vector(path("bias")))
    let (mean, variance) = (try vector(path("running_mean")), try vector(path("running_var")))
    let epsilon = Double(settings.epsilon)
    let scale = weight.indices.map { Double(weight[$0]) / (Double(variance[$0]) + epsilon).squareRoot() }
    let shift = weight.indices.map { Double(bias[$0]) - Double(mean[$0]) * scale[$0] }
    return (repeated(scale), repeated(shift))
  }

  private func repeated(_ values: [Double]) -> [Double] {
    values.flatMap { [Double](repeating: $0, count: mapsPerChannel) }
  }
}
