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
    let (pixels, taps) = (places(y.h, y.w), places(kernelSize, kernelSize))
    for n in 0..<y.n {
      for output in 0..<y.c {
        for input in 0..<inputs {
          for (row, column) in pixels {
            for (r, s) in taps {
              let (top, left) = (row * stride - padding + r, column * stride - padding + s)
              guard (0..<x.h).contains(top), (0..<x.w).contains(left) else { continue }
              body(
                x.index(n, output / outputs * inputs + input, top, left),
                ((output * inputs + input) * kernelSize + r) * kernelSize + s, y.index(n, output, row, column))
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
  /// For every output, in order, the inputs in its window and how many places the window has, padding included.
  func windows(from x: Batch, to y: Batch) -> (windows: [[Int]], area: Int) {
    let (height, width) = window(on: [x.c, x.h, x.w])
    var windows: [[Int]] = []
    for n in 0..<y.n {
      for c in 0..<y.c {
        for (row, column) in places(y.h, y.w) {
          let inside = places(height, width)
            .map { (row * stride - padding + $0.0, column * stride - padding + $0.1) }
            .filter { (0..<x.h).contains($0.0) && (0..<x.w).contains($0.1) }
          windows.append(inside.map { x.index(n, c, $0.0, $0.1) })
        }
      }
    }
    return (windows, height * width)
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
