/// The numbers of one tensor, summed up.
public struct TensorStatistics: Equatable, Sendable {
  /// How many bins the histogram has, unless all numbers are the same.
  public static let binCount = 16

  /// How many elements there are.
  public private(set) var count = 0
  /// How many of them are 0.
  public private(set) var zeros = 0
  /// How many are not a number.
  public private(set) var nans = 0
  /// How many are infinite.
  public private(set) var infinities = 0
  /// The mean of the finite elements; nil if there are none, or their sum is too large.
  public private(set) var mean: Double?
  /// Their standard deviation, that of a whole population; nil as the mean.
  public private(set) var deviation: Double?
  /// The least finite element, if any.
  public private(set) var minimum: Double?
  /// The largest finite element, if any.
  public private(set) var maximum: Double?
  /// How many finite elements lie in each of `binCount` equal parts from minimum to maximum; the last part holds its end.
  /// One bin if they are the same, none if there are no finite elements.
  public private(set) var histogram: [Int] = []

  /// Sums up the tensor whose elements `replay` hands out piece by piece; it is called twice.
  ///
  /// - Throws: what `replay` throws.
  public init(replaying replay: (_ piece: ([Double]) throws -> Void) throws -> Void) throws {
    var sum = 0.0
    try replay { sum += count($0) }
    let finite = count - nans - infinities
    guard let minimum, let maximum, finite > 0 else { return }
    let mean = sum / Double(finite)
    var squares = 0.0
    histogram = Array(repeating: 0, count: minimum == maximum ? 1 : Self.binCount)
    try replay { piece in
      for value in piece where value.isFinite {
        squares += (value - mean) * (value - mean)
        histogram[bin(of: value, minimum, maximum)] += 1
      }
    }
    let deviation = (squares / Double(finite)).squareRoot()
    self.mean = mean.isFinite ? mean : nil
    self.deviation = deviation.isFinite ? deviation : nil
  }

  /// Counts `piece`; the sum of its finite elements.
  private mutating func count(_ piece: [Double]) -> Double {
    count += piece.count
    var sum = 0.0
    var (least, largest) = (minimum ?? .infinity, maximum ?? -.infinity)
    for value in piece {
      guard value.isFinite else {
        if value.isNaN { nans += 1 } else { infinities += 1 }
        continue
      }
      if value == 0 { zeros += 1 }
      sum += value
      least = min(least, value)
      largest = max(largest, value)
    }
    if least <= largest { (minimum, maximum) = (least, largest) }
    return sum
  }

  /// Halves, since the distance of two finite numbers may not be finite.
  private func bin(of value: Double, _ minimum: Double, _ maximum: Double) -> Int {
    guard histogram.count > 1 else { return 0 }
    let share = (value / 2 - minimum / 2) / (maximum / 2 - minimum / 2)
    return min(Int(share * Double(Self.binCount)), Self.binCount - 1)
  }
}
