/// An estimate of the inverse of a function's second derivatives from the last moves and how the gradient changed along
/// them, in limited memory (Nocedal 1980).
final class InverseHessian {
  private let moves, changes: [PixelBuffer]
  /// Along every move: how much the gradient rose, over the places that are free, and the product that is undone later.
  private var curvatures, weights: [Double]
  private var oldest = 0
  private var count = 0

  /// No move yet, of `capacity` at most, over `size` numbers.
  init(size: Int, capacity: Int) {
    moves = (0..<capacity).map { _ in PixelBuffer(count: size) }
    changes = (0..<capacity).map { _ in PixelBuffer(count: size) }
    (curvatures, weights) = ([Double](repeating: 0, count: capacity), [Double](repeating: 0, count: capacity))
  }

  /// Whether nothing is known, and the estimate is 1.
  var isEmpty: Bool { count == 0 }

  /// Forgets all moves.
  func forget() { (oldest, count) = (0, 0) }

  /// Takes in a move between two points with their gradients, in place of the oldest where memory is full; not one along
  /// which the gradient falls, where the estimate would point uphill.
  func add(from point: Pixels, _ slope: Pixels, to next: Pixels, _ nextSlope: Pixels) {
    var (curvature, squares) = (0.0, 0.0)
    for i in point.indices {
      let change = Double(nextSlope[i] - slope[i])
      curvature += Double(next[i] - point[i]) * change
      squares += change * change
    }
    guard curvature > 1e-10 * squares else { return }
    let slot = (oldest + count) % moves.count
    if count < moves.count { count += 1 } else { oldest = (oldest + 1) % moves.count }
    for i in point.indices {
      moves[slot].pixels[i] = next[i] - point[i]
      changes[slot].pixels[i] = nextSlope[i] - slope[i]
    }
  }

  /// Multiplies `vector` by the estimate over the places where `free` is 1; where it is 0, so is `vector`.
  func multiply(_ vector: MutablePixels, free: Pixels) {
    var scale: Double?
    for age in 0..<count {
      let slot = (oldest + count - 1 - age) % moves.count
      let (move, change) = (moves[slot].contents, changes[slot].contents)
      var (curvature, squares) = (0.0, 0.0)
      for i in free.indices where free[i] != 0 {
        curvature += Double(move[i]) * Double(change[i])
        squares += Double(change[i]) * Double(change[i])
      }
      curvatures[slot] = curvature > 1e-10 * squares ? curvature : 0
      guard curvatures[slot] > 0 else { continue }
      weights[slot] = move.product(with: Pixels(vector)) / curvature
      vector.add(change, times: -weights[slot], free: free)
      scale = scale ?? curvature / squares
    }
    if let scale { for i in vector.indices { vector[i] *= Float(scale) } }
    for age in (0..<count).reversed() {
      let slot = (oldest + count - 1 - age) % moves.count
      guard curvatures[slot] > 0 else { continue }
      let weight = changes[slot].contents.product(with: Pixels(vector)) / curvatures[slot]
      vector.add(moves[slot].contents, times: weights[slot] - weight, free: free)
    }
  }
}

extension MutablePixels {
  /// Adds `other` times a factor over the places where `free` is 1.
  fileprivate func add(_ other: Pixels, times factor: Double, free: Pixels) {
    for i in indices { self[i] += Float(factor) * free[i] * other[i] }
  }
}
