/// How much of the unit square a front holds: what of it some of `points` beats in both coordinates, in 0...1.
///
/// The hypervolume indicator of two shares against the origin, both of which are to be large (Zitzler and Thiele 1999).
func hypervolume(_ points: [(x: Double, y: Double)]) -> Double {
  var (area, top) = (0.0, 0.0)
  // From the right: a point adds what is above those before.
  for point in points.sorted(by: { ($0.x, $0.y) > ($1.x, $1.y) }) where point.y > top {
    area += max(0, point.x) * (point.y - top)
    top = point.y
  }
  return area
}
