package import Tensors

/// What the Square attack changes images by, apart from its draws.
package enum SquarePattern {
  /// The side of a square that covers `share` of an image of `height` by `width` pixels; halves round to even.
  ///
  /// Under `l2` and `l1` an odd number from 3 on; no more than the image has.
  package static func side(_ norm: Norm, share: Double, height: Int, width: Int) -> Int {
    let side = Int((share * Double(height * width)).squareRoot().rounded(.toNearestOrEven))
    return min(norm == .linf ? max(side, 1) : max(side, 3) | 1, height, width)
  }

  /// A hill above a valley, `side` by `side`, of length 1; beside it where it is `transposed`.
  package static func pattern(_ norm: Norm, side: Int, isTransposed: Bool) -> [Float] {
    let values = [Float](unsafeUninitializedCapacity: side * side) { values, count in
      count = side * side
      write(norm, side: side, into: MutablePixels(rebasing: values[..<count]))
    }
    return isTransposed ? values.indices.map { values[transposed($0, side: side)] } : values
  }

  /// Where a transposed pattern has the number at `place`.
  static func transposed(_ place: Int, side: Int) -> Int { place % side * side + place / side }

  /// Writes the pattern that is not transposed, without any memory besides.
  static func write(_ norm: Norm, side: Int, into pattern: MutablePixels) {
    let hill = Hill(norm, rows: side / 2, columns: side)
    let valley = Hill(norm, rows: side - side / 2, columns: side)
    func value(_ place: Int) -> Double {
      let (row, column) = (place / side, place % side)
      return row < side / 2 ? hill.value(row, column) : -valley.value(row - side / 2, column)
    }
    let length = length(norm, side * side, value)
    for place in 0..<side * side { pattern[place] = Float(value(place) / length) }
  }

  /// The length of `count` numbers, by the 1-norm or the 2-norm.
  static func length(_ norm: Norm, _ count: Int, _ value: (Int) -> Double) -> Double {
    var sum = 0.0
    for i in 0..<count {
      let value = value(i)
      sum += norm == .l1 ? abs(value) : value * value
    }
    return norm == .l1 ? sum : sum.squareRoot()
  }
}

/// Nested rectangles round the middle, each adding less; of length 1.
private struct Hill {
  let norm: Norm
  let rows, columns: Int
  private var length = 1.0

  init(_ norm: Norm, rows: Int, columns: Int) {
    (self.norm, self.rows, self.columns) = (norm, rows, columns)
    length = SquarePattern.length(norm, rows * columns) { value($0 / columns, $0 % columns) }
  }

  /// The height of the rectangle at a distance from the middle: the sum over itself and all outside of it.
  func value(_ row: Int, _ column: Int) -> Double {
    let ring = max(abs(row - rows / 2), abs(column - columns / 2))
    var sum = 0.0
    for outer in (ring...max(rows / 2, columns / 2)).reversed() {
      let square = Double((outer + 1) * (outer + 1))
      sum += norm == .l1 ? 1 / (square * square) : 1 / square
    }
    return sum / length
  }
}

/// A square window of an image.
package struct Window {
  /// Its first row and column.
  package let top, left: Int
  /// How many pixels it is high and wide.
  package let side: Int

  /// A window.
  package init(top: Int, left: Int, side: Int) { (self.top, self.left, self.side) = (top, left, side) }

  func contains(_ row: Int, _ column: Int) -> Bool {
    (top..<top + side).contains(row) && (left..<left + side).contains(column)
  }
}

/// The changes that Square proposes to one image, `[c, h, w]`, within a ball around it.
package final class SquareProposals {
  private let clean: Pixels
  private let channels, height, width: Int
  private let norm: Norm
  private let epsilon: Float
  /// The pattern of the side used last.
  private let pattern: PixelBuffer
  private var side = 0

  /// Proposals for `clean` of `shape` within `epsilon`.
  package init(_ clean: Pixels, shape: Shape, norm: Norm, epsilon: Float) {
    (self.clean, self.norm, self.epsilon) = (clean, norm, epsilon)
    (channels, height, width) = (shape[0], shape[1], shape[2])
    pattern = PixelBuffer(count: norm == .linf ? 0 : height * width)
  }

  /// How many signs a start draws, and how many tiles it has.
  package var startCounts: (signs: Int, tiles: Int) { norm == .linf ? (channels * width, 0) : (25 * channels, 25) }

  /// Writes the start: under `linf` stripes, with a sign a channel and column; else five by five tiles, with a sign a
  /// tile and channel, some of them transposed.
  package func writeStart(_ signs: [Float], transposed: [Bool], into image: MutablePixels) {
    if norm == .linf {
      for i in image.indices {
        let sign = signs[i / (height * width) * width + i % width]
        image[i] = min(max(clean[i] + epsilon * sign, 0), 1)
      }
      return
    }
    image.update(repeating: 0)
    let (side, first) = (height / 5, height % 5 / 2)
    for tile in 0..<25 where side > 0 {
      let values = SquarePattern.pattern(norm, side: side, isTransposed: transposed[tile])
      let (top, left) = (first + tile / 5 * side, first + tile % 5 * side)
      for channel in 0..<channels {
        for place in values.indices where left + place % side < width {
          let pixel = (channel * height + top + place / side) * width + left + place % side
          image[pixel] = signs[tile * channels + channel] * values[place]
        }
      }
    }
    scale(image)
  }

  /// Replaces the current image by the proposal to colour `window`, with a sign a channel: twice epsilon up or down.
  package func colour(_ image: MutablePixels, in window: Window, signs: [Float]) {
    for channel in 0..<channels {
      for row in window.top..<window.top + window.side {
        for column in window.left..<window.left + window.side {
          let i = (channel * height + row) * width + column
          let moved = image[i] + 2 * epsilon * signs[channel]
          image[i] = min(max(min(max(moved, clean[i] - epsilon), clean[i] + epsilon), 0), 1)
        }
      }
    }
  }

  /// Replaces the current image by the proposal to move what `donor` has, and what is left of epsilon, into `window`, with
  /// a sign a channel and a pattern.
  package func shift(_ image: MutablePixels, to window: Window, from donor: Window, signs: [Float], isTransposed: Bool)
  {
    if window.side != side {
      side = window.side
      SquarePattern.write(norm, side: side, into: pattern.pixels)
    }
    for i in image.indices { image[i] -= clean[i] }
    let rest = rest(image)
    for channel in 0..<channels {
      let (either, own) = lengths(image, channel, window, donor)
      func value(_ place: Int) -> Double {
        let height = pattern.pixels[isTransposed ? SquarePattern.transposed(place, side: side) : place]
        return Double(height * signs[channel]) + Double(image[pixel(channel, window, place)]) / (1e-12 + own)
      }
      let available = norm == .l1 ? (rest + either) * Double(channels) : (rest + either * either).squareRoot()
      let reach = available / (1e-12 + SquarePattern.length(norm, side * side, value))
      for place in 0..<side * side { image[pixel(channel, window, place)] = Float(value(place) * reach) }
      for place in 0..<side * side {
        let (row, column) = (donor.top + place / side, donor.left + place % side)
        if !window.contains(row, column) { image[pixel(channel, donor, place)] = 0 }
      }
    }
    scale(image)
  }

  private func pixel(_ channel: Int, _ window: Window, _ place: Int) -> Int {
    (channel * height + window.top + place / window.side) * width + window.left + place % window.side
  }

  /// What a change leaves of epsilon, by channel; under `l2` squared.
  private func rest(_ change: MutablePixels) -> Double {
    if norm == .l1 { return max(Double(epsilon) - Pixels(change).sumOfSizes, 0) / Double(channels) }
    let length = Pixels(change).length
    return max(Double(epsilon) * Double(epsilon) - length * length, 0) / Double(channels)
  }

  /// The length of what a channel of a change has in either window, and in the first.
  private func lengths(
    _ change: MutablePixels, _ channel: Int, _ window: Window, _ donor: Window
  ) -> (either: Double, window: Double) {
    var (either, own) = (0.0, 0.0)
    for row in 0..<height {
      for column in 0..<width {
        let isOwn = window.contains(row, column)
        guard isOwn || donor.contains(row, column) else { continue }
        let value = Double(change[(channel * height + row) * width + column])
        let part = norm == .l1 ? abs(value) : value * value
        either += part
        if isOwn { own += part }
      }
    }
    return norm == .l1 ? (either, own) : (either.squareRoot(), own.squareRoot())
  }

  /// Replaces a change by the image it leads to at length epsilon; under `l1` by the nearest within just less.
  private func scale(_ image: MutablePixels) {
    guard norm == .l2 else {
      L1Ball.project(image, around: clean, radius: epsilon * (1 - 1e-6))
      for i in image.indices { image[i] = min(max(clean[i] + image[i], 0), 1) }
      return
    }
    let factor = Double(epsilon) / (Pixels(image).length + 1e-12)
    for i in image.indices { image[i] = min(max(clean[i] + Float(Double(image[i]) * factor), 0), 1) }
  }
}
