import Networks
import Symmetry
import Tensors

/// A batch of images in `Double`, `[n, c, h, w]`; features are images of one pixel.
struct Batch {
  let (n, c, h, w): (Int, Int, Int, Int)
  var values: [Double]

  /// Zeros for `n` images of `shape`, `[c, h, w]` or `[features]`.
  init(_ n: Int, _ shape: Shape) {
    self.n = n
    (c, h, w) = (shape[0], shape.rank == 3 ? shape[1] : 1, shape.rank == 3 ? shape[2] : 1)
    values = Array(repeating: 0, count: n * c * h * w)
  }

  /// Where the number of channel `c` at pixel `(y, x)` of image `n` lies.
  func index(_ n: Int, _ c: Int, _ y: Int, _ x: Int) -> Int { ((n * self.c + c) * h + y) * w + x }

  /// The channel of the number at `index`.
  func channel(_ index: Int) -> Int { index / (h * w) % c }

  /// The indices of all numbers of `channel`.
  func indices(channel: Int) -> [Int] { values.indices.filter { self.channel($0) == channel } }

  /// The same numbers as channels of `order` maps each, laid below each other.
  func grouped(_ order: Int) -> Batch {
    var batch = Batch(n, [c / order, order * h, w])
    batch.values = values
    return batch
  }

  /// For every pixel of every channel of `order` maps, where the maps' numbers lie.
  func maps(_ order: Int) -> [[Int]] {
    (0..<n * c / order).flatMap { channel in
      (0..<h * w).map { pixel in (0..<order).map { (channel * order + $0) * h * w + pixel } }
    }
  }

  var largest: Double { values.reduce(0) { max($0, abs($1)) } }
}

extension Convolution {
  /// A dense layer: features are images of one pixel.
  init(_ dense: Dense) { self.init(outputChannels: dense.outputs, kernelSize: 1, bias: dense.bias) }

  /// Runs `body` for every product in the definition of a convolution: output `y` is the sum of its `x` times `weight`.
  @inline(__always)
  func forEachProduct(from x: Batch, to y: Batch, _ body: (_ x: Int, _ weight: Int, _ y: Int) -> Void) {
    let (inputs, outputs) = (x.c / groups, y.c / groups)
    let (pixels, taps) = (places(y.h, y.w), places(kernelSize.height, kernelSize.width))
    for n in 0..<y.n {
      for output in 0..<y.c {
        for input in 0..<inputs {
          for (row, column) in pixels {
            for (r, s) in taps {
              let top = row * stride.height - padding.top + r * dilation.height
              let left = column * stride.width - padding.left + s * dilation.width
              guard (0..<x.h).contains(top), (0..<x.w).contains(left) else { continue }
              body(
                x.index(n, output / outputs * inputs + input, top, left),
                ((output * inputs + input) * kernelSize.height + r) * kernelSize.width + s,
                y.index(n, output, row, column))
            }
          }
        }
      }
    }
  }
}

extension NetworkGraph.Vertex {
  /// For every number of `weight` or `bias` that is computed with, its place in the parameter; nil where that is its own.
  func places(of name: String) -> [Int]? {
    guard case .groupConvolution(let settings) = node.layer else { return nil }
    let (outputs, order) = (settings.outputChannels, settings.group.order)
    if name == "bias" { return (0..<outputs * order).map { $0 / order } }
    let inputs = inputShapes[0][0] / settings.inputOrder
    let rows = settings.filterTable.rows
    return (0..<outputs).flatMap { output in
      rows.flatMap { row in
        (0..<inputs).flatMap { input in row.map { (output * inputs + input) * row.count + $0 } }
      }
    }
  }
}

extension Pooling {
  /// For every output, in order, the inputs in its window and what a mean divides by: the window's places that lie in the
  /// image, or in its padding where that counts.
  func windows(from x: Batch, to y: Batch) -> [(places: [Int], divisor: Double)] {
    let window = window(on: [x.c, x.h, x.w])
    let (bottom, right) = (x.h + padding.bottom, x.w + padding.right)
    return (0..<y.n * y.c).flatMap { map in
      places(y.h, y.w).map { row, column in
        let covered = places(window.height, window.width)
          .map { (row * stride.height - padding.top + $0.0, column * stride.width - padding.left + $0.1) }
          .filter { $0.0 < bottom && $0.1 < right }
        let inside = covered.filter { (0..<x.h).contains($0.0) && (0..<x.w).contains($0.1) }
        return (
          inside.map { x.index(map / y.c, map % y.c, $0.0, $0.1) },
          Double(countsPadding ? covered.count : inside.count)
        )
      }
    }
  }
}

extension Batch {
  /// For every output of an adaptive pooling to `size`, in order, the inputs in its window.
  func evenWindows(_ size: Extent) -> [[Int]] {
    func holds(_ place: Int, _ window: Int, _ count: Int, _ side: Int) -> Bool {
      place >= window * side / count && place * count < (window + 1) * side
    }
    return (0..<n * c).flatMap { map in
      places(size.height, size.width).map { row, column in
        places(h, w).filter { holds($0.0, row, size.height, h) && holds($0.1, column, size.width, w) }
          .map { index(map / c, map % c, $0.0, $0.1) }
      }
    }
  }

  /// Where each number of `y` is in here, of a layer that takes channels as they are.
  func origins(_ layer: Layer, to y: Batch) -> [Int?] {
    let channels: [Int?] =
      switch layer {
      case .channelSlice(let slice): Array(slice.start..<slice.start + slice.count)
      case .channelShuffle(let groups):
        (0..<c / groups).flatMap { place in (0..<groups).map { $0 * c / groups + place } }
      case .channelPermutation(let order): order
      case .channelPadding(let settings):
        Array(repeating: nil, count: settings.before) + Array(0..<c) + Array(repeating: nil, count: settings.after)
      default: []
      }
    return (0..<n).flatMap { image in
      channels.flatMap { channel in (0..<h * w).map { pixel in channel.map { index(image, $0, 0, 0) + pixel } } }
    }
  }
}

/// All pairs of a row and a column, row by row.
private func places(_ rows: Int, _ columns: Int) -> [(Int, Int)] {
  (0..<rows).flatMap { row in (0..<columns).map { (row, $0) } }
}

/// What a batch norm divides by and subtracts, one number a channel.
struct NormStatistics {
  var mean, variance: [Double]

  init(mean: [Double], variance: [Double]) { (self.mean, self.variance) = (mean, variance) }

  /// Those of the batch `x` itself; the variance is divided by how many numbers there are.
  init(of x: Batch) {
    (mean, variance) = ([], [])
    for channel in 0..<x.c {
      let numbers = x.indices(channel: channel).map { x.values[$0] }
      let center = numbers.reduce(0, +) / Double(numbers.count)
      mean.append(center)
      variance.append(numbers.reduce(0) { $0 + ($1 - center) * ($1 - center) } / Double(numbers.count))
    }
  }
}
