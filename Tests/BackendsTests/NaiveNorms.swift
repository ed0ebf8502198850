import Networks

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Norms of every image by itself, and the way back of a convolution, as plain sums.
extension NaiveEngine {
  func imageNorm(_ groups: Int, _ epsilon: Float, _ vertex: NetworkGraph.Vertex, _ x: Batch, _ y: inout Batch) {
    let (weight, bias) = (values(vertex, "weight"), values(vertex, "bias"))
    for group in x.groups(groups) {
      let (mean, factor) = x.standardized(group, epsilon)
      // A group that hardly varies has its rounding blown up.
      if 1 / factor < 0.02 * x.largest { closestTie = 0 }
      for i in group {
        y.values[i] = (x.values[i] - mean) * factor
        if !weight.isEmpty { y.values[i] = y.values[i] * weight[x.share(i, weight)] + bias[x.share(i, bias)] }
      }
    }
  }

  func imageNormBackward(
    _ groups: Int, _ epsilon: Float, _ vertex: NetworkGraph.Vertex, _ x: Batch, _ dy: Batch, _ dx: inout Batch
  ) {
    let weight = values(vertex, "weight")
    var (scales, shifts) = (weight.map { _ in 0.0 }, weight.map { _ in 0.0 })
    var (scaleSizes, shiftSizes) = (scales, shifts)
    for group in x.groups(groups) {
      let (mean, factor) = x.standardized(group, epsilon)
      let normal = group.map { (x.values[$0] - mean) * factor }
      let slopes = group.map { dy.values[$0] * (weight.isEmpty ? 1 : weight[x.share($0, weight)]) }
      let count = Double(group.count)
      let meanSlope = slopes.reduce(0, +) / count
      let meanProduct = zip(slopes, normal).reduce(0) { $0 + $1.0 * $1.1 } / count
      for (position, i) in group.enumerated() {
        dx.values[i] = factor * (slopes[position] - meanSlope - normal[position] * meanProduct)
        guard !weight.isEmpty else { continue }
        let place = x.share(i, weight)
        scales[place] += dy.values[i] * normal[position]
        scaleSizes[place] += abs(dy.values[i] * normal[position])
        shifts[place] += dy.values[i]
        shiftSizes[place] += abs(dy.values[i])
      }
    }
    guard !weight.isEmpty else { return }
    keep(vertex, "weight", scales, scaleSizes)
    keep(vertex, "bias", shifts, shiftSizes)
  }

  func standardize(_ x: Batch, _ y: inout Batch) {
    for image in x.groups(1) {
      let (mean, factor) = x.standardized(image, 0)
      let least = 1 / Double(image.count).squareRoot()
      // Near the least deviation the slope jumps, and rounding is blown up.
      if abs(1 / factor - least) < 0.02 * least || 1 / factor < 0.02 * x.largest { closestTie = 0 }
      for i in image { y.values[i] = (x.values[i] - mean) * min(factor, 1 / least) }
    }
  }

  func standardizeBackward(_ x: Batch, _ dy: Batch, _ dx: inout Batch) {
    for image in x.groups(1) {
      let (mean, factor) = x.standardized(image, 0)
      let (count, limit) = (Double(image.count), Double(image.count).squareRoot())
      let meanSlope = image.reduce(0) { $0 + dy.values[$1] } / count
      let product = image.reduce(0) { $0 + dy.values[$1] * (x.values[$1] - mean) * factor } / count
      for i in image {
        let along = factor < limit ? (x.values[i] - mean) * factor * product : 0
        dx.values[i] = (dy.values[i] - meanSlope - along) * min(factor, limit)
      }
    }
  }

  func transposedBackward(
    _ settings: TransposedConvolution, _ vertex: NetworkGraph.Vertex, _ x: Batch, _ dy: Batch, _ dx: inout Batch
  ) {
    let weight = values(vertex, "weight")
    var slopes = dx.values
    var (sums, sizes) = (weight.map { _ in 0.0 }, weight.map { _ in 0.0 })
    settings.opposite(inputChannels: x.c).forEachProduct(from: dy, to: x) {
      slopes[$2] += dy.values[$0] * weight[$1]
      sums[$1] += dy.values[$0] * x.values[$2]
      sizes[$1] += abs(dy.values[$0] * x.values[$2])
    }
    dx.values = slopes
    keep(vertex, "weight", sums, sizes)
    if settings.bias { keepChannelSums(vertex, "bias", dy) { dy.values[$0] } }
  }
}

extension Batch {
  /// The places of each group of channels of each image.
  fileprivate func groups(_ count: Int) -> [[Int]] {
    let length = c / count * h * w
    return stride(from: 0, to: values.count, by: length).map { Array($0..<$0 + length) }
  }

  /// Mean and `1 / sqrt(variance + epsilon)` of the numbers at `places`.
  fileprivate func standardized(_ places: [Int], _ epsilon: Float) -> (mean: Double, factor: Double) {
    let mean = places.reduce(0) { $0 + values[$1] } / Double(places.count)
    let squares = places.reduce(0) { $0 + (values[$1] - mean) * (values[$1] - mean) }
    return (mean, 1 / (squares / Double(places.count) + Double(epsilon)).squareRoot())
  }

  /// Which of `parameters`, one for each channel or each element, belongs to the number at `index`.
  fileprivate func share(_ index: Int, _ parameters: [Double]) -> Int {
    parameters.count == c ? channel(index) : index % (c * h * w)
  }

  /// For every pixel of every image, the places of its channels.
  var columns: [[Int]] {
    (0..<n).flatMap { image in
      (0..<h * w).map { pixel in (0..<c).map { (image * c + $0) * h * w + pixel } }
    }
  }
}

extension LocalResponseNormalization {
  /// The places of the neighbours of the number at `index`, itself among them.
  func neighbours(_ x: Batch, _ index: Int) -> [Int] {
    let channel = x.channel(index)
    return (channel - size / 2..<channel - size / 2 + size).filter { (0..<x.c).contains($0) }
      .map { index + ($0 - channel) * x.h * x.w }
  }

  /// What is raised to the exponent.
  func base(_ x: Batch, _ index: Int) -> Double {
    let squares = neighbours(x, index).reduce(0) { $0 + x.values[$1] * x.values[$1] }
    return Double(k) + Double(alpha) * squares / Double(size)
  }
}

extension Upsampling {
  /// For every number of `y`, the places of `x` that it is made of, with their shares.
  func shares(from x: Batch, to y: Batch) -> [[(place: Int, share: Double)]] {
    func lines(_ line: Int, _ factor: Int, _ side: Int) -> [(Int, Double)] {
      if mode == .nearest { return [(line / factor, 1)] }
      let place = min(max((Double(line) + 0.5) / Double(factor) - 0.5, 0), Double(side - 1))
      let first = Int(place)
      return [(first, 1 - (place - Double(first))), (min(first + 1, side - 1), place - Double(first))]
    }
    return y.values.indices.map { i in
      let (row, column) = (i / y.w % y.h, i % y.w)
      return lines(row, factor.height, x.h).flatMap { top, share in
        lines(column, factor.width, x.w).map {
          (x.index(i / (y.c * y.h * y.w), y.channel(i), top, $0.0), share * $0.1)
        }
      }
    }
  }
}
