extension Norm {
  /// The length of `change`.
  func length(_ change: Pixels) -> Float {
    switch self {
    case .linf: change.reduce(0) { max($0, abs($1)) }
    case .l2: Float(change.length)
    case .l1: Float(change.sumOfSizes)
    case .l0: Float(change.count { $0 != 0 })
    }
  }

  /// The length of `gradient` in the dual norm: how fast a function climbs along the best change of length 1.
  func dualLength(_ gradient: Pixels) -> Float {
    switch self {
    case .linf: Float(gradient.sumOfSizes)
    case .l2: Float(gradient.length)
    case .l1, .l0: gradient.reduce(0) { max($0, abs($1)) }
    }
  }
}

extension Pixels {
  /// The Euclidean length, summed in a fixed order, four sums at a time.
  var length: Double {
    var sums = SIMD4<Double>()
    let whole = count / 4 * 4
    for i in stride(from: 0, to: whole, by: 4) {
      let part = SIMD4(Double(self[i]), Double(self[i + 1]), Double(self[i + 2]), Double(self[i + 3]))
      sums += part * part
    }
    for i in whole..<count { sums[0] += Double(self[i]) * Double(self[i]) }
    return sums.sum().squareRoot()
  }

  /// The sum of the products with the numbers of `other`, as many as there are, four sums at a time.
  func product(with other: Pixels) -> Double {
    var sums = SIMD4<Double>()
    let whole = count / 4 * 4
    for i in stride(from: 0, to: whole, by: 4) {
      let part = SIMD4(Double(self[i]), Double(self[i + 1]), Double(self[i + 2]), Double(self[i + 3]))
      sums += part * SIMD4(Double(other[i]), Double(other[i + 1]), Double(other[i + 2]), Double(other[i + 3]))
    }
    for i in whole..<count { sums[0] += Double(self[i]) * Double(other[i]) }
    return sums.sum()
  }

  /// The sum of all sizes.
  var sumOfSizes: Double { reduce(0) { $0 + Double(abs($1)) } }
}

extension MutablePixels {
  /// The number at `place` in ascending order, counted from 0; leaves the numbers in another order (Hoare 1961).
  package func smallest(place: Int) -> Float {
    var (first, last) = (0, count - 1)
    while first < last {
      let pivot = self[(first + last) / 2]
      var (i, j) = (first, last)
      while i <= j {
        while self[i] < pivot { i += 1 }
        while self[j] > pivot { j -= 1 }
        if i <= j {
          swapAt(i, j)
          i += 1
          j -= 1
        }
      }
      if place <= j { last = j } else if place >= i { first = i } else { break }
    }
    return self[place]
  }
}
