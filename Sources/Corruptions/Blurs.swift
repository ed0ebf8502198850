import Tensors

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

extension Planes {
  /// Blurs by a normal distribution's kernel, cut off at four deviations, as SciPy's `gaussian_filter`; edges are repeated.
  mutating func blur(sigma: Double) {
    let radius = Int(4 * sigma + 0.5)
    let weights = (-radius...radius).map { exp(-0.5 / (sigma * sigma) * Double($0 * $0)) }
    let sum = weights.reduce(0, +)
    let kernel = weights.map { $0 / sum }
    let (height, width) = (height, width)
    replacePlanes { plane in
      let first = plane.startIndex
      let columns = Self.correlated(height, width, kernel, radius) {
        plane[first + min(max($0, 0), height - 1) * width + $1]
      }
      return Self.correlated(width, height, kernel, radius) { columns[$1 * width + min(max($0, 0), width - 1)] }
        .transposed(rows: width)
    }
  }

  /// The sums of `kernel` times what `value` gives along the first of two axes of `count` and `others`.
  private static func correlated(
    _ count: Int, _ others: Int, _ kernel: [Double], _ radius: Int, _ value: (Int, Int) -> Double
  ) -> [Double] {
    (0..<count * others).map { place in
      let (main, other) = place.quotientAndRemainder(dividingBy: others)
      return kernel.indices.reduce(0) { $0 + kernel[$1] * value(main + $1 - radius, other) }
    }
  }

  /// Blurs by a disk of this radius, itself softened by a normal distribution of deviation `alias` over 3x3 pixels; what
  /// is beyond an edge is what lies as far before it.
  mutating func defocus(radius: Double, alias: Double) {
    let reach = Int(radius.rounded(.up)) + 1
    let side = 2 * reach + 1
    var disk = (0..<side * side).map { place -> Double in
      let (y, x) = (place / side - reach, place % side - reach)
      return Double(x * x + y * y) <= radius * radius ? 1 : 0
    }
    let count = disk.reduce(0, +)
    disk = disk.map { $0 / count }
    let edge = exp(-0.5 / (alias * alias))
    let soft = [edge, 1, edge].map { $0 / (1 + 2 * edge) }
    func softened(_ y: Int, _ x: Int) -> Double {
      var sum = 0.0
      for dy in -1...1 {
        for dx in -1...1 where (0..<side).contains(y + dy) && (0..<side).contains(x + dx) {
          sum += soft[dy + 1] * soft[dx + 1] * disk[(y + dy) * side + x + dx]
        }
      }
      return sum
    }
    let kernel = (0..<side * side).map { softened($0 / side, $0 % side) }
    let (height, width) = (height, width)
    replacePlanes { plane in
      (0..<height * width).map { place in
        let (y, x) = place.quotientAndRemainder(dividingBy: width)
        return kernel.indices.reduce(0) { sum, tap in
          let (row, column) = (y + tap / side - reach, x + tap % side - reach)
          let source = Self.mirrored(row, height) * width + Self.mirrored(column, width)
          return sum + kernel[tap] * plane[plane.startIndex + source]
        }
      }
    }
  }

  /// The place within 0..<`count` that `place` is the mirror image of, edges being mirrors.
  private static func mirrored(_ place: Int, _ count: Int) -> Int {
    guard count > 1 else { return 0 }
    let period = 2 * (count - 1)
    let within = ((place % period) + period) % period
    return min(within, period - within)
  }

  /// Blurs, has every pixel but those at the edges become one that lies up to `distance` before it, `rounds` times, and blurs
  /// again.
  mutating func lookThroughGlass(sigma: Double, distance: Int, rounds: Int, _ generator: inout Generator) {
    blur(sigma: sigma)
    for place in values.indices { values[place] = Double(Self.level(values[place])) / 255 }
    // The published code means to exchange two pixels, and copies one.
    for _ in 0..<rounds {
      for y in stride(from: height - distance, to: distance, by: -1) {
        for x in stride(from: width - distance, to: distance, by: -1) {
          let dx = generator.integer(below: 2 * distance) - distance
          let dy = generator.integer(below: 2 * distance) - distance
          for start in stride(from: 0, to: values.count, by: area) {
            values[start + y * width + x] = values[start + (y + dy) * width + x + dx]
          }
        }
      }
    }
    blur(sigma: sigma)
  }

  /// Takes the mean of the image and of so many versions of it, each a hundredth larger than the one before, the first one
  /// as large.
  mutating func zoom(steps: Int) {
    let (height, width) = (height, width)
    replacePlanes { plane in
      var sum = Array(plane)
      for step in 0..<steps {
        let zoomed = Self.zoomed(plane, height, width, by: 1 + Double(step) * (1.01 - 1))
        for place in sum.indices { sum[place] += zoomed[place] }
      }
      return sum.map { $0 / Double(steps + 1) }
    }
  }

  /// The middle of `plane`, enlarged by `factor` with linear interpolation between its first and last pixels, as SciPy's
  /// `zoom`, and cut to the same size.
  private static func zoomed(_ plane: ArraySlice<Double>, _ height: Int, _ width: Int, by factor: Double) -> [Double] {
    // The published code has square images.
    let part = Int((Double(height) / factor).rounded(.up))
    let top = (height - part) / 2
    let size = Int((Double(part) * factor).rounded(.toNearestOrEven))
    let trimmed = (size - height) / 2
    func position(_ place: Int, _ limit: Int) -> (first: Int, second: Int, share: Double) {
      let coordinate = size > 1 ? Double(place + trimmed) * Double(part - 1) / Double(size - 1) : 0
      let first = min(Int(coordinate), part - 1)
      return (min(top + first, limit - 1), min(top + min(first + 1, part - 1), limit - 1), coordinate - Double(first))
    }
    let start = plane.startIndex
    return (0..<height * width).map { place in
      let (y, x) = (position(place / width, height), position(place % width, width))
      func along(_ row: Int) -> Double {
        plane[start + row * width + x.first] * (1 - x.share) + plane[start + row * width + x.second] * x.share
      }
      return along(y.first) * (1 - y.share) + along(y.second) * y.share
    }
  }
}

extension [Double] {
  /// This matrix of so many rows with rows and columns exchanged.
  fileprivate func transposed(rows: Int) -> [Double] {
    let columns = rows == 0 ? 0 : count / rows
    return (0..<count).map { self[$0 % rows * columns + $0 / rows] }
  }
}
