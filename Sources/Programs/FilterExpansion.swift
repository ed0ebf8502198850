/// How numbers of a parameter stand in several places of the weights that are computed with: a group convolution's filters
/// as those of a plain convolution, `[outputs, inputs, n]` to `[outputs, rows, inputs, n]`.
///
/// Weights are expanded when they change, and their gradient is summed back; no pass knows of it.
public struct FilterExpansion: Hashable, Sendable {
  /// The channels of the parameter.
  public let outputs, inputs: Int
  /// For every copy of a filter, the places in the parameter's that its numbers come from; each place once.
  public let rows: [[Int]]

  /// A filter for every pair of channels, copied once for each of `rows`.
  public init(outputs: Int, inputs: Int, rows: [[Int]]) {
    (self.outputs, self.inputs, self.rows) = (outputs, inputs, rows)
  }

  /// The same for one number an output channel, which every copy shares: the bias.
  public var ofBias: FilterExpansion { FilterExpansion(outputs: outputs, inputs: 1, rows: rows.map { _ in [0] }) }

  /// How many numbers the parameter has.
  public var count: Int { outputs * inputs * (rows.first?.count ?? 0) }

  /// How many numbers are computed with.
  public var expandedCount: Int { count * rows.count }

  /// Writes the `expandedCount` weights that `parameter`, `count` numbers, comes to; with a range only those of some outputs.
  public func expand(
    _ parameter: UnsafePointer<Float>, into weights: UnsafeMutablePointer<Float>, outputs range: Range<Int>? = nil
  ) {
    forEachCopy(of: range ?? 0..<outputs) { row, filter, copy in
      let (from, to) = (parameter + filter, weights + copy)
      for (place, source) in row.enumerated() { to[place] = from[source] }
    }
  }

  /// Writes the gradient of the parameter, given that of the weights; with a range only that of some outputs.
  public func sum(
    _ weightGradient: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>, outputs range: Range<Int>? = nil
  ) {
    let (range, size) = (range ?? 0..<outputs, inputs * (rows.first?.count ?? 0))
    (gradient + range.lowerBound * size).update(repeating: 0, count: range.count * size)
    forEachCopy(of: range) { row, filter, copy in
      let (from, to) = (weightGradient + copy, gradient + filter)
      for (place, source) in row.enumerated() { to[source] += from[place] }
    }
  }

  /// The weights that `parameter` comes to.
  public func expanded(_ parameter: [Float]) -> [Float] {
    var weights = [Float](repeating: 0, count: expandedCount)
    parameter.withUnsafeBufferPointer { parameter in
      weights.withUnsafeMutableBufferPointer { weights in
        guard let from = parameter.baseAddress, let to = weights.baseAddress else { return }
        expand(from, into: to)
      }
    }
    return weights
  }

  /// Runs `body` with the start of every filter of some outputs and of every copy of it.
  private func forEachCopy(
    of range: Range<Int>, _ body: (_ row: UnsafeBufferPointer<Int>, _ filter: Int, _ copy: Int) -> Void
  ) {
    let size = rows.first?.count ?? 0
    for (number, row) in rows.enumerated() {
      row.withUnsafeBufferPointer { row in
        for output in range {
          for input in 0..<inputs {
            body(row, (output * inputs + input) * size, ((output * rows.count + number) * inputs + input) * size)
          }
        }
      }
    }
  }
}
