/// The slope of the straight line with the least squares of vertical distances to `points`; nil where all have one `x`.
///
/// By the differences of all pairs, so that points of one height have a slope of just 0.
func leastSquaresSlope(_ points: [(x: Double, y: Double)]) -> Double? {
  var (products, squares) = (0.0, 0.0)
  for (place, one) in points.enumerated() {
    for other in points[..<place] {
      products += (one.x - other.x) * (one.y - other.y)
      squares += (one.x - other.x) * (one.x - other.x)
    }
  }
  return squares > 0 ? products / squares : nil
}
